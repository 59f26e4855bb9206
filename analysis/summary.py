"""The verdict: the answer in three sentences and a few headline numbers, composed from claims and results.

In: a `Study`. Out: HTML for the first screen. "Pays" means that a customer repays what it costs to win
the customer, the stricter of the two tests that every segment meets.
"""
from __future__ import annotations

import html
import math
from collections.abc import Iterable

from analysis.findings import TESTS, Claim, claim
from analysis.prose import Html, between, listed, marked, say
from analysis.sensitivity import ranges
from analysis.study import Study
from analysis.tables import readable

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
    named = [claim(study, "repays_acquisition", s) for s in study.named()]
    every = [claim(study, "repays_acquisition", s) for s in study.segments]
    sentences = [f"<b>{html.escape(study.title(s))}: {_answer([claim(study, 'repays_acquisition', s)])}.</b> " + say(
        study, "A generated second earns {here/revenue_per_generated_second} and costs {here/full_cost_per_generated_second}; "
               "that a user repays what it takes to win and serve them is {claim repays_acquisition/here}.", s) for s in study.apps()]
    if named:
        parts = [f"{'all are' if len(g) == len(named) > 1 else 'one is' if len(g) == 1 else f'{len(g)} are'} {words} to pay ({_titles(study, g)})"
                 for g, words in zip(sorted_out(named), ("likely", "about as likely as not", "unlikely")) if g]
        sentences.append(f"<b>Professional work that the argument names: {_answer(named)}.</b> Of its {len(named)} uses {'; '.join(parts)}.")
    paying, best = sorted_out(every)[0], max(every, key=lambda c: c.probability + c.probability_flat)
    who = _titles(study, paying) if paying else "nobody at these numbers"
    sentences.append(f"<b>Who is at least likely to pay: {who}.</b> " + say(
        study, f"Of all {len(every)} segments the best chance has {{title here}}, for which it is {{claim repays_acquisition/here}}.", best.subject))
    return Html('<div class="verdict">' + "".join(f"<p>{s}</p>" for s in sentences) + "</div>")


def _answer(claims: list[Claim]) -> str:
    """Yes, no, open or mixed, for claims that are meant as one question."""
    likely, undecided, unlikely = sorted_out(claims)
    return "yes" if len(likely) == len(claims) else "no" if len(unlikely) == len(claims) else "open" if len(undecided) == len(claims) else "mixed"


def _titles(study: Study, group: Iterable[Claim]) -> str:
    return html.escape(listed(study.title(c.subject) for c in group))


def headline(study: Study) -> Html:
    """A few numbers with their intervals: what a second earns and costs in the app and in the best named vertical."""
    named = study.named() or study.workflows()
    best = max(named, key=lambda s: claim(study, "repays_acquisition", s).probability, default=None)
    cards = []
    for segment in study.apps() + ([best] if best else []):
        for metric, words in (("revenue_per_generated_second", "earned"), ("full_cost_per_generated_second", "spent")):
            row = study.result(segment, metric)
            cards.append(f"<div><dt>{html.escape(study.title(segment))}: {words} per generated second</dt><dd>{marked(row)} <small>{between(row)}</small></dd></div>")
    return Html(f'<dl class="headline">{"".join(cards)}</dl>')


def hangs_on(study: Study, most: int = 3) -> Html:
    """What the answer hangs on, a sentence each for the apps, the uses that the argument names and the segment most likely to pay.

    The inputs of the highest total Sobol' index, and how many could each, alone, bring contribution to zero within their range.
    """
    best = max(study.segments, key=lambda s: claim(study, "repays_acquisition", s).probability)
    return Html("<ul>" + "".join(f"<li>{_hangs_on(study, s, most)}</li>" for s in dict.fromkeys((*study.apps(), *study.named(), best))) + "</ul>")


def _hangs_on(study: Study, segment: str, most: int) -> str:
    spread = ranges(study, segment)
    totals = {p: study.result(segment, "sobol_total", p) for p in spread}
    top = sorted((p for p in totals if math.isfinite(totals[p]["value"])), key=lambda p: -totals[p]["value"])[:most]
    turning = [p for p, q in spread.items() if q.low <= study.result(segment, "break_even", p)["value"] <= q.high]
    moved = listed(f"{readable(p)} ({marked(totals[p])})" for p in top) if top else "nothing, since all inputs are certain"
    alone = "none" if not turning else listed(map(readable, turning)) if len(turning) <= most else len(turning)
    return (f"<b>{html.escape(study.title(segment))}</b>: moved most by {moved}. Of {len(spread)} uncertain inputs {alone} could, alone and within "
            "the plausible range, turn the sign of a customer's month.")


def argument(study: Study) -> Html:
    """How the claims of the argument come out, counted."""
    likely, undecided, unlikely = sorted_out(claim(study, t.name, s) for t in TESTS[2:] for s in t.subjects(study))
    total = len(likely) + len(undecided) + len(unlikely)
    return Html(f"<p>Put to the test one subject at a time, the argument makes {total} claims beside the question who pays: "
                f"{len(likely)} come out at least likely, {len(undecided)} about as likely as not and {len(unlikely)} at most unlikely.</p>")
