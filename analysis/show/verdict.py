"""The verdict: the answer in three sentences and a few headline numbers, composed from claims and results.

In: a `Study`. Out: HTML for the first screen. "Pays" means that a customer repays what it costs to win
the customer, the stricter of the two tests that every segment meets.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from analysis.findings.claims import CLAIMS, Claim, claim
from analysis.findings.study import Study
from analysis.show.markup import table
from analysis.show.prose import (
    Html,
    interval_html,
    join_and,
    result_html,
    say,
    sentence,
    source_link,
)
from analysis.show.prose import likelihood_html as told

AT_LEAST_LIKELY = ("likely", "very likely", "virtually certain")
AT_MOST_UNLIKELY = ("unlikely", "very unlikely", "exceptionally unlikely")


def sorted_out(claims: Iterable[Claim]) -> tuple[list[Claim], list[Claim], list[Claim]]:
    """Claims that are at least likely, those that are open, and those that are at most unlikely."""
    claims = list(claims)
    likely = [c for c in claims if c.likelihood in AT_LEAST_LIKELY]
    unlikely = [c for c in claims if c.likelihood in AT_MOST_UNLIKELY]
    return likely, [c for c in claims if c not in likely and c not in unlikely], unlikely


def verdict(study: Study) -> Html:
    """The answer in three sentences: the consumer app, the uses that the argument names, and everybody together."""
    named = [claim(study, "repays_acquisition", s) for s in study.thesis_segments()]
    every = [claim(study, "repays_acquisition", s) for s in study.segments]
    sentences = [
        f"<b>{html.escape(study.title(s))}: {_answer([claim(study, 'repays_acquisition', s)])}.</b> "
        + say(
            study,
            "A generated second earns {here/revenue_per_generated_second} and costs {here/full_cost_per_generated_second}; "
            "it is {claim repays_acquisition/here} that a user pays off.",
            s,
        )
        for s in study.consumer_segments()
    ]
    if named:
        earning = [
            s for s in study.thesis_segments() if study.result(s, "contribution")["value"] > 0
        ]
        parts = [
            f"{words} for {_titles(study, g)}"
            for g, words in zip(
                sorted_out(named), ("at least likely", "about as likely as not", "at most unlikely")
            )
            if g
        ]
        sentences.append(
            f"<b>Professional work said to carry the cost: {_answer(named)}.</b> At the best values {_of(len(earning), len(named))} uses {_verb(earning, 'cover')} "
            f"the running cost; repaying what winning the customer costs, too, is {', '.join(parts)}."
        )
    paying, best = (
        sorted_out(every)[0],
        max(every, key=lambda c: c.probability + c.probability_flat),
    )
    who = _titles(study, paying) if paying else "nobody at these numbers"
    sentences.append(
        f"<b>At least likely to pay off: {who}.</b> "
        + say(
            study,
            f"Of {len(every)} segments {{title here}} has the best chance: {{claim repays_acquisition/here}}.",
            best.subject,
        )
    )
    return Html('<div class="verdict">' + "".join(f"<p>{s}</p>" for s in sentences) + "</div>")


def _of(some: int, all: int) -> str:
    return f"{'none' if not some else 'all' if some == all else some} of the {all}"


def _verb(subjects: list, many: str) -> str:
    return f"{many}s" if len(subjects) == 1 else many


def _answer(claims: list[Claim]) -> str:
    """Yes, no, open or mixed, for claims that are meant as one question."""
    likely, undecided, unlikely = sorted_out(claims)
    return (
        "yes"
        if len(likely) == len(claims)
        else "no"
        if len(unlikely) == len(claims)
        else "open"
        if len(undecided) == len(claims)
        else "mixed"
    )


def _titles(study: Study, group: Iterable[Claim]) -> str:
    return html.escape(join_and(study.title(c.subject) for c in group))


def headline(study: Study) -> Html:
    """A few numbers with their intervals: what a second earns and costs in the app and in the best named vertical."""
    named = study.thesis_segments() or study.workflow_segments()
    best = max(named, key=lambda s: claim(study, "repays_acquisition", s).probability, default=None)
    cards = []
    for segment in study.consumer_segments() + ([best] if best else []):
        for metric, words in (
            ("revenue_per_generated_second", "earned"),
            ("full_cost_per_generated_second", "spent"),
        ):
            row = study.result(segment, metric)
            cards.append(
                f"<div><dt>{html.escape(study.title(segment))}: {words} a generated second</dt><dd>{result_html(row)} <small>{interval_html(row)}</small></dd></div>"
            )
    return Html(f'<dl class="headline">{"".join(cards)}</dl>')


def unobserved(study: Study) -> Html:
    """What decides for professionals and that nobody has published, and how many segments pay at what list prices imply."""
    sellers = study.workflow_segments()
    losing = [
        s
        for s in sellers
        if study.point(s)
        .replace(value_capture=study.assumptions.own(s)["value_capture"].low)
        .contribution
        < 0
    ]
    return Html(
        "<p>Two numbers decide for professionals that nobody has published: what share of a customer's saving a vendor can charge, and what winning an "
        f"account costs. At the low end of that share, which is what list prices of today's tools imply, {_of(len(losing), len(sellers))} professional "
        f"segments {_verb(losing, 'lose')} money on the customer's month.</p>"
    )


def claims_of_the_argument(study: Study) -> Html:
    """A row for each claim beyond the two tests: what the draws say of each subject, and the published figures that speak against it."""
    evidence, rows = study.assumptions.tables.evidence, []
    for test in CLAIMS[2:]:
        found = [claim(study, test.name, s) for s in test.subjects(study)]
        contrary = [
            source_link(e, e.quantity)
            for e in evidence.itertuples()
            if test.name in e.against.split()
        ]
        said = (
            sentence(study, found[0])
            if len(found) == 1
            else Html("; ".join(f"{html.escape(study.title(c.subject))} {told(c)}" for c in found))
        )
        if found:
            rows.append(
                [
                    f"{study.title(found[0].subject) if len(found) == 1 else f'Each of {len(found)} segments'} {test.claimed}",
                    said,
                    Html(", ".join(contrary)),
                ]
            )
    return table(
        "claims",
        "What the numbers say of each claim of the argument, and published figures that speak against it.",
        ["Claimed", "How likely", "Against it"],
        rows,
    )
