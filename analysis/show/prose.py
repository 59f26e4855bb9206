"""Sentences that follow numbers: a template names results, and the numbers are filled in from them.

In: a template such as "a second costs {consumer/cost_per_generated_second}". Out: HTML in which each
computed number is a `<data value data-result>` element that can be traced back to results.csv.

| written                                   | becomes                                                   |
|-------------------------------------------|-----------------------------------------------------------|
| `{consumer/contribution}`                 | the value; `{.../break_even/gpu_price}` with a detail     |
| `{consumer/contribution@p95}`             | another column of the row                                 |
| `{consumer/contribution@range}`           | "p05 to p95"                                              |
| `{consumer/contribution? leaves | loses}` | the first when above zero, else the second; a third when undefined |
| `{claim covers_running_cost/previs}`      | the likelihood word with both probabilities               |
| `{input gpu_price}`, `{input gpu_price@low}` | an assumption                                          |
| `{range gpu_price}`                       | "between low and high", or "set to" its value             |
| `{figure C005}`                           | a published figure, linked to its source                  |
| `{title previs}`, `{about previs}`        | the segment's name, its description; `here` is the chapter's segment, `app` the consumer app |
| `{draws}`                                 | the number of draws                                       |
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable
from urllib.parse import quote

import pandas as pd

from analysis.findings.claims import Claim, claim, claims
from analysis.findings.study import Study

MINUS = "\N{MINUS SIGN}"
WORDS = {
    "month": "months",
    "year": "years",
    "GPU-s/video-s": "GPU-seconds",
    "GPU-h/customer-month": "GPU-hours",
    "video-s/customer-month": "seconds",
    "video-s/finished-s": "generated seconds",
    "h/finished-min": "hours",
    "h": "hours",
    "day": "days",
}


class Html(str):
    """Text that is already HTML and shows as such in a notebook."""

    def _repr_html_(self) -> str:
        return str(self)


def plain_text(text: str) -> str:
    """HTML as bare text, for CSV files, titles and alternative text."""
    return html.unescape(re.sub(r"<[^>]+>", "", text))


def join_and(names: Iterable[str]) -> str:
    """Names as a sentence lists them.

    >>> join_and(["a", "b", "c"])
    'a, b and c'
    """
    names = list(names)
    return (
        names[0]
        if len(names) == 1
        else f"{', '.join(names[:-1])} and {names[-1]}"
        if names
        else "none"
    )


def csv_link(name: str, data: pd.DataFrame) -> Html:
    """A link that holds a table as CSV."""
    content = data.replace([math.inf, -math.inf], math.nan).to_csv(
        index=False, float_format="%.6g", lineterminator="\n"
    )
    return Html(
        f'<p class="download"><a download="{html.escape(name)}.csv" href="data:text/csv;charset=utf-8,{quote(content)}">Data (CSV)</a></p>'
    )


def format_significant(value: float, significant: int = 3) -> str:
    """A number with three significant digits, a true minus sign and grouped thousands; "undefined" if it is none.

    >>> format_significant(0.0123456), format_significant(1234567.0), format_significant(0.0), format_significant(float("nan"))
    ('0.0123', '1.23 million', '0', 'undefined')
    """
    if value is None or not math.isfinite(value):
        return "undefined"
    sign, size = MINUS if value < 0 else "", abs(value)
    if size == 0:
        return "0"
    for limit, unit in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if size >= limit * (1 - 0.5 * 10**-significant):
            return (
                sign + format_significant(size / limit, significant) + unit
                if size < 1e15
                else f"{sign}{size:.{significant - 1}e}"
            )
    if size < 1e-6:
        return f"{sign}{size:.{significant - 1}e}"
    rounded = float(f"{size:.{significant}g}")
    places = max(0, significant - 1 - math.floor(math.log10(rounded)))
    text = f"{rounded:,.{places}f}"
    return sign + (text.rstrip("0").rstrip(".") if "." in text and rounded >= 1 else text)


def format_percent(value: float) -> str:
    """A share as a percentage that never rounds to certainty.

    >>> format_percent(0.5), format_percent(0.99999), format_percent(0.0004), format_percent(0.0)
    ('50 %', 'over 99.9 %', 'under 0.1 %', '0 %')
    """
    if value is None or not math.isfinite(value):
        return "undefined"
    if 0 < value < 0.001:
        return "under 0.1 %"
    if 0.999 < value < 1:
        return "over 99.9 %"
    return f"{format_significant(100 * value, 2 if 0.01 <= value <= 0.99 else 3)} %"


def format_quantity(value: float, unit: str) -> str:
    """A number with its unit, as a sentence says it.

    >>> format_quantity(-0.14, "USD/video-s"), format_quantity(0.5, "fraction"), format_quantity(2.77, "ratio")
    ('−USD 0.140', '50 %', '2.77')
    """
    if value is None or not math.isfinite(value):
        return "undefined"
    if unit.startswith("USD") and "(" not in unit:  # a dollar for a dollar is a plain ratio
        return (
            format_significant(value)
            .replace(MINUS, "")
            .join((MINUS + "USD " if value < 0 else "USD ", ""))
        )
    if unit.startswith("fraction"):
        return format_percent(value) if 0 <= value <= 1 else f"{format_significant(100 * value)} %"
    word = WORDS.get(unit, "")
    return f"{format_significant(value)} {word.removesuffix('s') if format_significant(value) == '1' else word}".strip()


def result_html(row: dict, stat: str = "value", text: str | None = None) -> Html:
    """One number of a row of results, marked with where it comes from."""
    value = row[stat]
    key = html.escape("/".join((row["segment"], row["metric"], row["detail"])))
    if not math.isfinite(value):
        return Html(
            f'<span data-result="{key}" data-stat="{stat}">{html.escape(text or "undefined")}</span>'
        )
    unit = "fraction" if stat in ("probability_positive", "share_defined") else row["unit"]
    return Html(
        f'<data value="{value:.12g}" data-result="{key}" data-stat="{stat}">{html.escape(text or format_quantity(value, unit))}</data>'
    )


def interval_html(row: dict) -> Html:
    """The interval of a row, "p05 to p95"."""
    if not math.isfinite(row["p05"]):
        return Html("no interval")
    return Html(f"{result_html(row, 'p05')} to {result_html(row, 'p95')}")


def say(study: Study, template: str, here: str = "", **ready: str) -> Html:
    """Fill a template from a study's results.

    Parameters: template, as in the table above; here, the segment that `here` stands for (the chapter's own
    when empty); ready, further names with their finished HTML. Raises: KeyError where a result does not exist.
    """
    here = here or study.segment or ""

    def fill(match: re.Match) -> str:
        name = match[1].strip()
        return ready[name] if name in ready else _fill(study, name, here)

    return Html(re.sub(r"\{([^{}]+)\}", fill, template))


def paragraph(study: Study, *templates: str) -> Html:
    """Templates as paragraphs of the report."""
    return Html("".join(f"<p>{say(study, template)}</p>" for template in templates))


def likelihood_html(claim: Claim) -> Html:
    """The likelihood word with both probabilities, marked with where they come from."""

    def number(stat: str) -> str:
        p = getattr(claim, stat)
        return f'<data value="{p:.12g}" data-claim="{claim.claim}/{claim.subject}" data-stat="{stat}">{format_percent(p)}</data>'

    return Html(
        f"<b>{claim.likelihood}</b> ({number('probability')} of draws; {number('probability_flat')} with flat ranges)"
    )


def sentence(study: Study, claim: Claim) -> Html:
    """A claim in one sentence that follows its numbers."""
    return say(study, claim.template, claim.subject, verdict=likelihood_html(claim))


def claims_table(study: Study) -> pd.DataFrame:
    """The claims in the columns of claims.csv, sentences as bare text."""
    return pd.DataFrame(
        [
            dict(
                claim=c.claim,
                subject=c.subject,
                probability=c.probability,
                probability_flat=c.probability_flat,
                likelihood=c.likelihood,
                sentence=plain_text(sentence(study, c)),
            )
            for c in claims(study)
        ]
    )


def _fill(study: Study, name: str, here: str) -> str:
    standing_for = {"here": here, "app": next(iter(study.consumer_segments()), "")}
    kind, _, rest = name.partition(" ")
    if kind in ("title", "about"):
        row = study.assumptions.about(standing_for.get(rest, rest))
        return html.escape(row["title"] if kind == "title" else f"{row['description']}.")
    if kind == "draws":
        return f"{study.draws:,}"
    if kind == "claim":
        which, _, subject = rest.partition("/")
        return likelihood_html(claim(study, which, standing_for.get(subject, subject)))
    if kind == "figure":
        return published_figure_html(study, rest)
    if kind in ("input", "range"):
        return (input_html if kind == "input" else range_html)(
            study, rest.replace("here.", f"{here}.").replace("app.", f"{standing_for['app']}.")
        )
    reference, _, choice = name.partition("?")
    reference, _, stat = reference.strip().partition("@")
    segment, metric, detail = (reference.split("/") + [""])[:3]
    row = study.result(standing_for.get(segment, segment), metric, detail)
    if choice:
        words = [word.strip() for word in choice.split("|")]
        value = row[stat or "value"]
        return (
            words[0]
            if value > 0
            else words[1]
            if math.isfinite(value)
            else (*words, "undefined")[2]
        )
    return interval_html(row) if stat == "range" else result_html(row, stat or "value")


def published_value(e) -> str | float:
    """The value of a row of evidence as a cell: a number, or a day."""
    day = f"{e.value:.0f}"
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if e.unit == "date" else float(e.value)


def source_link(e, text: str) -> Html:
    """A text linked to the address of a row of evidence."""
    return Html(
        f'<a href="{html.escape(e.url)}" data-source="{html.escape(e.id)}">{html.escape(text)}</a>'
    )


def published_figure_html(study: Study, key: str) -> Html:
    """A published figure by the id of its row, linked to where it was read. Raises: KeyError where there is none."""
    e = next((row for row in study.assumptions.tables.evidence.itertuples() if row.id == key), None)
    if e is None:
        raise KeyError(f"no published figure {key}")
    return source_link(
        e, published_value(e) if e.unit == "date" else format_quantity(e.value, e.unit)
    )


def range_html(study: Study, name: str) -> Html:
    """The range of an assumption, "between low and high", or "set to" its value where that is certain."""
    quantity = study.assumptions.quantities[name]
    if quantity.low == quantity.high:
        return Html(f"set to {input_html(study, name)}")
    return Html(
        f"between {input_html(study, name + '@low')} and {input_html(study, name + '@high')}"
    )


def input_html(study: Study, reference: str) -> Html:
    """An assumption's number, marked as an input: `gpu_price` or `previs.retakes@low`."""
    name, _, stat = reference.partition("@")
    quantity = study.assumptions.quantities[name]
    value = getattr(quantity, stat or "value")
    return Html(
        f'<data value="{value:.12g}" data-input="{name}" data-stat="{stat or "value"}">{format_quantity(value, quantity.unit)}</data>'
    )
