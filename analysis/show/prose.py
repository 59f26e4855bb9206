"""Sentences that follow numbers: Markdown with Jinja, in notebook cells that begin with `%%prose`.

In: a `Study` and a template such as `{{ consumer.contribution }}`; notebooks/README.md lists what
it may name. Out: HTML in which each number says where it comes from. A wrong name fails the cell
and says the nearest; templates are sandboxed, and what they show is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import mistune
import numpy as np
import pandas as pd
from IPython import get_ipython
from jinja2 import StrictUndefined, TemplateError
from jinja2.meta import find_undeclared_variables
from jinja2.nodes import Name
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from analysis.errors import InputError
from analysis.findings import claims as findings
from analysis.findings.backtests import WIDENINGS, reported
from analysis.findings.study import Study
from analysis.inputs.parsing import nearest
from analysis.model.distributions import Z95
from analysis.show.html import Html, plain_text
from analysis.show.live import following
from analysis.show.numbers import (
    MINUS,
    format_percent,
    format_quantity,
    how_many,
    input_html,
    interval_html,
    join_and,
    likelihood_html,
    number_of,
    number_word,
    published_value,
    range_html,
    result_html,
    source_link,
)

DIGITS = 2  # of a number in a sentence
MEDIAN = "p50"
POINT = "value"


def _unknown(what: str, name: object, known: Iterable[str]) -> InputError:
    return InputError(f"there is no {what}{nearest(name, filter(None, known))}")


def _pick(what: str, name: str, known: Mapping):
    """What is known under a name. Raises: InputError with the nearest name."""
    if name not in known:
        raise _unknown(f"{what} {name!r}", name, known)
    return known[name]


class Number(float):
    """A number in a sentence: shown as HTML, compared as a float; undefined compares as false.

    It is the median of the draws, or the value of what is not drawn. Other readings are attributes:
    `point`, `p05`, `p95`, of an input `low` and `high`.
    """

    def __new__(cls, study: Study, name: str | tuple[str, str, str], stat: str = ""):
        row = cls._found(study, name)
        if not stat:
            if math.isfinite(row.get(MEDIAN, math.nan)):
                stat = MEDIAN
            else:
                stat = POINT
        number = super().__new__(cls, row.get(stat, math.nan))
        number._study = study
        number._name = name
        number._stat = stat
        number._row = row
        return number

    def __getattr__(self, stat: str) -> Number:
        if stat.startswith("_"):
            raise AttributeError(stat)
        return type(self)(self._study, self._name, POINT if stat == "point" else stat)

    def __html__(self) -> str:
        if self._stat not in self._row:
            known = [*self._row, "point", "range"]
            raise _unknown(f"{self._stat!r} of {self._name}", self._stat, known)
        return self._shown()

    def __abs__(self) -> Markup:
        """Its size, for a sentence whose verb has the sign."""
        return Markup(str(self.__html__()).replace(f">{MINUS}", ">"))


class Result(Number):
    """A row of results; one without a row of its own may have details."""

    @staticmethod
    def _found(study: Study, name: tuple[str, str, str]) -> Mapping:
        try:
            return study.result(*name)
        except KeyError:
            return _without_row(study, *name)

    def __getitem__(self, detail: str) -> Result:
        return Result(self._study, (*self._name[:2], detail))

    @property
    def range(self) -> Html:
        """Its interval."""
        return interval_html(self._row, DIGITS)

    @property
    def percent(self) -> Html:
        """A ratio as a percentage."""
        return result_html(self._row, self._stat, format_percent(self))

    def _shown(self) -> Html:
        return result_html(self._row, self._stat, significant=DIGITS)


def _without_row(study: Study, segment: str, metric: str, detail: str) -> Mapping:
    """What stands for a metric that has details only. Raises: InputError for a name not there."""
    rows = study.results.query("segment == @segment")
    if metric not in set(rows["metric"]):
        raise _unknown(f"result {metric!r} of {segment}", metric, rows["metric"].unique())
    details = rows.query("metric == @metric")["detail"]
    if detail:
        raise _unknown(f"detail {detail!r} of {segment}.{metric}", detail, details)
    return {f'["{name}"]': math.nan for name in details}


class Input(Number):
    """An assumption."""

    @staticmethod
    def _found(study: Study, name: str) -> Mapping:
        quantity = study.assumptions.quantities[name]
        return {"value": quantity.value, "low": quantity.low, "high": quantity.high}

    @property
    def range(self) -> Html:
        """Low to high, or what it is set to."""
        return range_html(self._study, self._name)

    @property
    def meaning(self) -> str:
        """What it is, in words."""
        return self._study.assumptions.quantities[self._name].meaning

    def _shown(self) -> Html:
        return input_html(self._study, self._name, self._stat)


class Segment:
    """A segment, or `all` of them: what its row of segments.csv says, and its results."""

    def __init__(self, study: Study, name: str):
        self._study = study
        self._name = name

    def __str__(self) -> str:
        return self._name

    def __getattr__(self, name: str) -> str | Result:
        if name.startswith("_"):
            raise AttributeError(name)
        own = self._study.segments
        about = {}
        if self._name in own:
            about = self._study.assumptions.about(self._name)
        if name in about:
            return about[name]
        return Result(self._study, (self._name, name, ""))

    @property
    def worth_knowing(self) -> list[Input]:
        """Its inputs that are measurably worth knowing, the most first."""
        name = self._name
        rows = self._study.results.query("segment == @name and metric == 'evppi'")
        error = (rows["value"] - rows["p05"]) / Z95
        found = rows[rows["value"] > 2 * error].sort_values("value", ascending=False)
        own = self._study.assumptions.of(name)
        return [Input(self._study, own[parameter].name) for parameter in found["detail"]]

    @property
    def in_the_way(self) -> tuple[str, ...]:
        """What keeps it from repaying: compute, selling, both or neither."""
        return findings.in_the_way(self._study, self._name)


class Claims:
    """What the draws say of one claim about several segments, but for those too rare to tell."""

    def __init__(self, found: Mapping[Segment, findings.Claim]):
        self._found = {s: claim for s, claim in found.items() if claim.likelihood}

    def __getattr__(self, answer: str) -> list[Segment]:
        """The segments of which the answer is `yes`, `no` or `open`."""
        if answer not in ("yes", "no", "open"):
            raise AttributeError(answer)
        return [s for s, claim in self._found.items() if claim.answer == answer]

    @property
    def answer(self) -> str:
        """Yes, no or open where all agree, else mixed."""
        answers = {claim.answer for claim in self._found.values()}
        if len(answers) == 1:
            return answers.pop()
        return "mixed"

    @property
    def ranked(self) -> list[Segment]:
        """The segments, the likeliest first."""
        return sorted(self._found, key=lambda s: -self._found[s].probability)


def _mean(chances: Iterable[float]) -> float:
    return float(np.mean([*chances]))


def _confidences(study: Study, names: Iterable[str]) -> str:
    """The confidence in these claims about every segment, as the start of a sentence."""
    about = [findings.claim(study, name, s) for name in names for s in study.segments]
    found = {c.confidence for c in about if c.confidence}
    grades = [grade for grade in ("low", "medium", "high") if grade in found]
    if len(grades) == 1:
        return f"Confidence is {grades[0]} throughout"
    return f"Confidence is {' to '.join(grades[:: len(grades) - 1])}"


def _vocabulary(study: Study, here: str) -> dict[str, object]:
    """Every name that a sentence may use."""
    views = {name: Segment(study, name) for name in study.segments}
    apps = study.consumer_segments()

    def listed(names: Iterable[str]) -> list[Segment]:
        return [views[name] for name in names]

    def found(name: str, subject: object) -> findings.Claim:
        subjects = _pick("claim", name, findings.BY_NAME).subjects(study)
        if str(subject) not in subjects:
            raise _unknown(f"claim {name} about {str(subject)!r}", str(subject), subjects)
        return findings.claim(study, name, str(subject))

    def input(name: str, segment: object = "") -> Input:
        if segment:
            name = f"{segment}.{name}"
        return Input(study, _pick("input", name, study.assumptions.quantities).name)

    def figure(key: str) -> Html:
        evidence = study.assumptions.tables.evidence
        row = _pick("published figure", key, {row.id: row for row in evidence.itertuples()})
        if row.unit == "date":
            return source_link(row, published_value(row))
        return source_link(row, format_quantity(row.value, row.unit, DIGITS))

    words = {
        "shared": Segment(study, study.shared),
        "segments": listed(study.segments),
        "apps": listed(apps),
        "paying": listed(s for s in study.segments if s not in apps),
        "verticals": listed(study.workflow_segments()),
        "named": listed(study.thesis_segments()),
        "draws": f"{study.draws:,}",
        "input": input,
        "figure": figure,
        "claim": lambda name, subject: likelihood_html(found(name, subject)),
        "confidences": lambda *names: _confidences(study, names),
        "answer": lambda name, subject: found(name, subject).answer,
        "mean_chance": lambda name, segments: _mean(found(name, s).probability for s in segments),
        "claims": lambda name, segments: Claims({s: found(name, s) for s in segments}),
        "reports": lambda: reported(study).to_dict("records"),
        "how_many": how_many,
        "number_of": number_of,
        "likelihoods": findings.LIKELIHOODS,
        "widenings": WIDENINGS,
    }
    special = {"here": here or study.segment, "app": apps[0] if apps else None}
    return views | words | {name: views[s] for name, s in special.items() if s in views}


def _capital(text: str) -> str:
    """A text with a capital at its beginning; the rest stays."""
    return text[:1].upper() + text[1:]


def _phrases(segments: Iterable[Segment]) -> str:
    return join_and(segment.phrase for segment in segments)


def _titles(segments: Iterable[Segment]) -> str:
    return join_and(segment.title for segment in segments)


def _environment(finalize: Callable | None = None) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
    environment.globals.clear()  # a sentence needs none of Jinja's own
    environment.filters.update(
        capital=_capital,
        join_and=join_and,
        number_word=number_word,
        percent=format_percent,
        phrases=_phrases,
        titles=_titles,
    )
    return environment


def _filled(environment: ImmutableSandboxedEnvironment, template: str, names: Mapping) -> Html:
    try:
        parsed = environment.parse(template)
        own = {name.name for name in parsed.find_all(Name) if name.ctx == "store"}
        for name in sorted(find_undeclared_variables(parsed) - own):
            _pick("name", name, names)
        return Html(environment.from_string(template).render(names))
    except TemplateError as error:
        raise InputError(f"this sentence cannot be filled: {error}") from None


LINE = _environment()
MARKDOWN = mistune.create_markdown(  # as nbconvert renders it
    escape=False, plugins=["strikethrough", "table", "url", "task_lists", "def_list"]
)


def render(study: Study, template: str, here: str = "", **values: object) -> Html:
    """A line of Jinja, as in a title or a caption, filled from a study.

    Parameters: here, the segment that `here` stands for (the chapter's own when empty); values,
    further names. Raises: InputError for a name that is not there, with the nearest.
    """
    return _filled(LINE, template, _vocabulary(study, here) | values)


def render_markdown(study: Study, template: str, here: str = "") -> Html:
    """Paragraphs of Markdown with Jinja, filled from a study; no text of the tables is Markdown."""
    shown: dict[str, str] = {}

    def hold(value: object) -> Markup:
        place = f"\ue000{len(shown)}\ue001"
        shown[place] = str(escape(value))
        return Markup(place)

    text = MARKDOWN(_filled(_environment(hold), template, _vocabulary(study, here)))
    for place, html in reversed(shown.items()):  # what holds an earlier place comes first
        text = text.replace(place, html)
    return Html(text)


def sentence(study: Study, claim: findings.Claim) -> Html:
    """A claim in one sentence that follows its numbers."""
    here = ""
    if claim.subject in study.segments:
        here = claim.subject
    return render(
        study,
        claim.definition.sentence,
        here,
        likelihood=likelihood_html(claim),
        condition=format_percent(claim.condition),
        who=findings.who(study, claim.subject),
    )


def claims_table(study: Study) -> pd.DataFrame:
    """Every claim in the columns of claims.csv, its sentence as bare text."""
    columns = ["claim", "subject", "probability", "probability_wide", "likelihood", "confidence"]
    found = findings.claims(study)
    rows = pd.DataFrame([[getattr(c, name) for name in columns] for c in found], columns=columns)
    return rows.assign(sentence=[plain_text(sentence(study, c)) for c in found])


def fill_cell(study: Study, line: str, cell: str) -> Html:
    """A cell that begins with `%%prose`; if the line goes on with `live`, it follows the panel."""
    html = render_markdown(study, cell)
    if line.strip() == "live":
        return following(study, LINE.parse(cell), html, markdown=True)
    return html


def register_magic() -> None:
    """Teach the notebook that is running, if any, the cell magic `%%prose`."""
    shell = get_ipython()

    def prose(line: str, cell: str) -> Html:
        """Markdown with Jinja, filled from the notebook's `study`."""
        return fill_cell(shell.user_ns["study"], line, cell)

    if shell:
        shell.register_magic_function(prose, "cell")
