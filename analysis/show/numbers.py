"""Numbers as a reader sees them: two or three digits, a unit, a mark that says where each is from.

In: numbers, rows of results, assumptions, claims. Out: text, or HTML in which a number is a
`<data>` element that names its row of results.csv, assumptions.csv or claims.csv.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from analysis.findings.claims import Claim, likelihood
from analysis.findings.study import Study
from analysis.show.html import Html

MINUS = "\N{MINUS SIGN}"
LARGE = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
UNITS = {
    "month": "months",
    "year": "years",
    "GPU-s/video-s": "GPU-seconds",
    "GPU-h/customer-month": "GPU-hours",
    "video-s/customer-month": "seconds",
    "video-s/finished-s": "generated seconds",
    "h/finished-min": "hours",
    "h": "hours",
    "day": "days",
    "day/customer-month": "days",
    "clip/day": "clips",
    "video-s/clip": "seconds",
}


def format_significant(value: float, significant: int = 3) -> str:
    """A number with so many significant digits, a true minus sign and grouped thousands.

    >>> format_significant(0.0123456), format_significant(-1234567.0), format_significant(math.nan)
    ('0.0123', '−1.23 million', 'undefined')
    """
    if value is None or not math.isfinite(value):
        return "undefined"
    sign = MINUS if value < 0 else ""
    return sign + _format_size(abs(value), significant)


def _format_size(size: float, significant: int) -> str:
    if size == 0:
        return "0"
    if size < 1e-6 or size >= 1e15:
        return f"{size:.{significant - 1}e}"
    for limit, word in LARGE:
        if size >= limit * (1 - 0.5 * 10**-significant):
            return f"{_format_size(size / limit, significant)} {word}"
    rounded = float(f"{size:.{significant}g}")
    places = max(0, significant - 1 - math.floor(math.log10(rounded)))
    text = f"{rounded:,.{places}f}"
    if places and rounded >= 1:
        text = text.rstrip("0").rstrip(".")
    return text


def format_percent(value: float, significant: int = 2) -> str:
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
    if 0.99 < value < 1:
        digits = max(significant, 3)
    else:
        digits = significant
    return f"{format_significant(100 * value, digits)} %"


def format_probability(value: float) -> str:
    """A probability in whole per cent, or in as many digits as its likelihood word asks for.

    >>> format_probability(0.2879), format_probability(0.6596), format_probability(0.0)
    ('29 %', '65.96 %', 'under 1 %')
    """
    if not math.isfinite(value):
        return "undefined"
    if value < 0.01 or value > 0.99:
        return "under 1 %" if value < 0.5 else "over 99 %"
    for places in range(3):
        if likelihood(round(value, places + 2)) == likelihood(value):
            break
    return f"{100 * value:.{places}f} %"


def format_money(value: float, significant: int = 2) -> str:
    """Dollars as people say them.

    >>> format_money(9.1), format_money(0.112), format_money(0.003), format_money(-1_234_567)
    ('$9.10', '11 cents', '0.3 cents', '−$1.2 million')
    """
    sign = MINUS if value < 0 else ""
    size = abs(value)
    rounded = float(f"{size:.{significant}g}")
    if 0 < rounded < 1:
        cents = _format_size(100 * size, significant)
        if "." in cents and "e" not in cents:
            cents = cents.rstrip("0").rstrip(".")
        return f"{sign}{cents} {'cent' if cents == '1' else 'cents'}"
    if 1 <= rounded < 10 ** (significant - 1) and rounded % 1:
        return f"{sign}${rounded:.2f}"
    return f"{sign}${_format_size(size, significant)}"


def format_quantity(value: float, unit: str, significant: int = 3) -> str:
    """A number with its unit: three digits as in a table, or two as in a sentence.

    >>> format_quantity(-0.14, "USD/video-s", 2), format_quantity(0.5, "fraction")
    ('−14 cents', '50 %')
    """
    if value is None or not math.isfinite(value):
        return "undefined"
    if unit.startswith("USD") and "(" not in unit:  # a dollar for a dollar is a plain ratio
        return format_money(value, significant)
    if unit.startswith("fraction") or unit == "payer/customer":
        return format_percent(value)
    if unit == "count":
        return f"{value:,.0f}"
    number = format_significant(value, significant)
    word = UNITS.get(unit, "")
    if number == "1":
        word = word.removesuffix("s")
    return f"{number} {word}".strip()


def join_and(names: Iterable[str]) -> str:
    """Names as a sentence lists them: "a, b and c"."""
    *names, last = list(names) or ["none"]
    if names:
        return f"{', '.join(names)} and {last}"
    return last


def number_word(count: int) -> str:
    """A count in a sentence: a word up to nine, then digits."""
    if count < len(WORDS):
        return WORDS[count]
    return f"{count:,}"


def number_of(some: int, of: int) -> str:
    """A count where its whole is told before: "none", "three", "both", "all"."""
    if some == of > 0:
        return "both" if of == 2 else "all"
    if some:
        return number_word(some)
    return "none"


def how_many(some: int, of: int) -> str:
    """A count beside its whole, as the subject of a sentence.

    >>> how_many(0, 8), how_many(3, 8), how_many(8, 8), how_many(2, 2), how_many(1, 1)
    ('none of the eight', 'three of the eight', 'all eight', 'both', 'the only one')
    """
    if of == 1:
        return "the only one" if some else "none"
    if some < of:
        return f"{number_of(some, of)} of the {number_word(of)}"
    if of == 2:
        return "both"
    return f"all {number_word(of)}"


def _marked(value: float, text: str, kind: str, key: str, stat: str) -> Html:
    """A number that names its row and column; one that is undefined is a word without a value."""
    if math.isfinite(value):
        element = Html('<data value="{:.12g}" data-{}="{}" data-stat="{}">{}</data>')
        return element.format(value, kind, key, stat, text)
    return Html('<span data-{}="{}" data-stat="{}">{}</span>').format(kind, key, stat, text)


def result_html(
    row: dict, stat: str = "value", text: str | None = None, significant: int = 3
) -> Html:
    """One number of a row of results; `text` says it in other words."""
    if stat in ("probability_positive", "share_defined"):
        unit = "fraction"
    else:
        unit = row["unit"]
    key = "/".join((row["segment"], row["metric"], row["detail"]))
    said = text or format_quantity(row[stat], unit, significant)
    return _marked(row[stat], said, "result", key, stat)


def interval_html(row: dict, significant: int = 3) -> Html:
    """The interval of a row of results, "p05 to p95"."""
    if not math.isfinite(row["p05"]):
        return Html("no interval")
    return _range(*(result_html(row, stat, significant=significant) for stat in ("p05", "p95")))


def input_html(study: Study, name: str, stat: str = "value") -> Html:
    """An assumption's number: `gpu_price` or `previs.retakes`; stat is value, low or high."""
    quantity = study.assumptions.quantities[name]
    value = getattr(quantity, stat)
    return _marked(value, format_quantity(value, quantity.unit), "input", name, stat)


def range_html(study: Study, name: str) -> Html:
    """The range of an assumption, or what it is set to where that is certain."""
    quantity = study.assumptions.quantities[name]
    if quantity.low == quantity.high:
        return Html(f"set to {input_html(study, name)}")
    return _range(*(input_html(study, name, stat) for stat in ("low", "high")))


def _range(low: Html, high: Html) -> Html:
    """Two numbers as a range; a unit that both end in is said once."""
    unit = str(high.striptags()).rpartition(" ")[-1]
    if unit.replace("-", "").isalpha():
        low = Html(str(low).replace(f" {unit}</data>", "</data>"))
    return Html("{} to {}").format(low, high)


def likelihood_html(claim: Claim) -> Html:
    """The likelihood word of a claim with its probability."""
    key = f"{claim.claim}/{claim.subject}"
    text = format_probability(claim.probability)
    drawn = _marked(claim.probability, text, "claim", key, "probability")
    word = claim.likelihood or "too rare to tell"
    return Html('<b data-word="{}">{}</b> ({})').format(key, word, drawn)


def published_value(row) -> str | float:
    """The value of a row of evidence as a cell: a number, or a day."""
    if row.unit != "date":
        return float(row.value)
    day = f"{row.value:.0f}"
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def source_link(row, text: str) -> Html:
    """A text linked to the address of a row of evidence."""
    return Html('<a href="{}" data-source="{}">{}</a>').format(row.url, row.id, text)
