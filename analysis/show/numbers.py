"""Numbers as a reader sees them: three digits, a unit, and a mark that says where each comes from.

In: numbers, rows of results, assumptions, claims. Out: text, or HTML in which a number is a
`<data>` element that names its row of results.csv, assumptions.csv or claims.csv.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from analysis.findings.claims import Claim
from analysis.findings.study import Study
from analysis.show.html import Html

MINUS = "\N{MINUS SIGN}"
LARGE = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
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
    significant = 2 if 0.01 <= value <= 0.99 else 3
    return f"{format_significant(100 * value, significant)} %"


def format_quantity(value: float, unit: str) -> str:
    """A number with its unit, as a sentence says it.

    >>> format_quantity(-0.14, "USD/video-s"), format_quantity(0.5, "fraction")
    ('−USD 0.140', '50 %')
    """
    if value is None or not math.isfinite(value):
        return "undefined"
    if unit.startswith("USD") and "(" not in unit:  # a dollar for a dollar is a plain ratio
        sign = MINUS if value < 0 else ""
        return f"{sign}USD {format_significant(abs(value))}"
    if unit.startswith("fraction"):
        return format_percent(value) if 0 <= value <= 1 else f"{format_significant(100 * value)} %"
    number, word = format_significant(value), UNITS.get(unit, "")
    if number == "1":
        word = word.removesuffix("s")
    return f"{number} {word}".strip()


def join_and(names: Iterable[str]) -> str:
    """Names as a sentence lists them.

    >>> join_and(["a", "b", "c"])
    'a, b and c'
    """
    *names, last = list(names) or ["none"]
    return f"{', '.join(names)} and {last}" if names else last


def how_many(some: int, of: int) -> str:
    """A count beside its whole.

    >>> how_many(0, 8), how_many(3, 8), how_many(8, 8)
    ('none', '3', 'all')
    """
    if some == 0:
        return "none"
    return "all" if some == of else str(some)


def _marked(value: float, text: str, kind: str, key: str, stat: str) -> Html:
    """A number that names its row and column; one that is undefined is a word without a value."""
    if math.isfinite(value):
        element = Html('<data value="{:.12g}" data-{}="{}" data-stat="{}">{}</data>')
        return element.format(value, kind, key, stat, text)
    return Html('<span data-{}="{}" data-stat="{}">{}</span>').format(kind, key, stat, text)


def result_html(row: dict, stat: str = "value", text: str | None = None) -> Html:
    """One number of a row of results; `text` says it in other words."""
    unit = "fraction" if stat in ("probability_positive", "share_defined") else row["unit"]
    key = "/".join((row["segment"], row["metric"], row["detail"]))
    return _marked(row[stat], text or format_quantity(row[stat], unit), "result", key, stat)


def interval_html(row: dict) -> Html:
    """The interval of a row of results, "p05 to p95"."""
    if not math.isfinite(row["p05"]):
        return Html("no interval")
    return Html(f"{result_html(row, 'p05')} to {result_html(row, 'p95')}")


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
    low, high = (input_html(study, name, stat) for stat in ("low", "high"))
    return Html(f"between {low} and {high}")


def likelihood_html(claim: Claim) -> Html:
    """The likelihood word of a claim with both probabilities."""
    key = f"{claim.claim}/{claim.subject}"
    drawn, flat = (
        _marked(getattr(claim, stat), format_percent(getattr(claim, stat)), "claim", key, stat)
        for stat in ("probability", "probability_flat")
    )
    return Html(f"<b>{claim.likelihood}</b> ({drawn} of draws; {flat} with flat ranges)")


def published_value(row) -> str | float:
    """The value of a row of evidence as a cell: a number, or a day."""
    if row.unit != "date":
        return float(row.value)
    day = f"{row.value:.0f}"
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def source_link(row, text: str) -> Html:
    """A text linked to the address of a row of evidence."""
    return Html('<a href="{}" data-source="{}">{}</a>').format(row.url, row.id, text)
