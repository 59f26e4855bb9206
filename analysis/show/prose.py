"""Sentences that follow numbers: Markdown with Jinja, in notebook cells that begin with `%%prose`.

In: a `Study` and a template such as `{{ consumer.contribution }}`; notebooks/README.md lists what
it may name. Out: HTML in which each number says where it comes from. A wrong name fails the cell
and says the nearest; templates are sandboxed, and what they show is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import mistune
from IPython import get_ipython
from jinja2 import StrictUndefined, TemplateError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from analysis.errors import InputError
from analysis.findings import claims as findings
from analysis.findings.study import Study
from analysis.inputs.parsing import nearest
from analysis.show.html import Html
from analysis.show.numbers import (
    format_quantity,
    how_many,
    input_html,
    interval_html,
    join_and,
    likelihood_html,
    published_value,
    range_html,
    result_html,
    source_link,
)


def _unknown(what: str, name: object, known: Iterable[str]) -> InputError:
    return InputError(f"there is no {what}{nearest(name, filter(None, known))}")


def _pick(what: str, name: str, known: Mapping):
    """What is known under a name. Raises: InputError with the nearest name."""
    if name not in known:
        raise _unknown(f"{what} {name!r}", name, known)
    return known[name]


class Number:
    """A number in a sentence: shown as HTML, compared as a float; undefined compares as false."""

    def __init__(self, study: Study, name: str | tuple[str, str, str], stat: str = "value"):
        self._study, self._name, self._stat = study, name, stat

    def __getattr__(self, stat: str) -> Number:
        if stat.startswith("_"):
            raise AttributeError(stat)
        return type(self)(self._study, self._name, stat)

    @property
    def _row(self) -> Mapping:
        row = self._found()
        if self._stat not in row:
            raise _unknown(f"{self._stat!r} of a number", self._stat, [*row, "range"])
        return row

    def __html__(self) -> str:
        return self._shown(self._row)

    def __float__(self) -> float:
        return float(self._row[self._stat])

    def __lt__(self, other) -> bool:
        return float(self) < float(other)

    def __le__(self, other) -> bool:
        return float(self) <= float(other)

    def __gt__(self, other) -> bool:
        return float(self) > float(other)

    def __ge__(self, other) -> bool:
        return float(self) >= float(other)


class Result(Number):
    """A row of results, looked up when it is shown or compared."""

    def __getitem__(self, detail: str) -> Result:
        return Result(self._study, (*self._name[:2], detail), self._stat)

    @property
    def range(self) -> Html:
        """Its interval."""
        return interval_html(self._row)

    def _shown(self, row: Mapping) -> Html:
        return result_html(row, self._stat)

    def _found(self) -> Mapping:
        try:
            return self._study.result(*self._name)
        except KeyError:
            segment, metric, detail = self._name
        rows = self._study.results.query("segment == @segment")
        if metric not in set(rows["metric"]):
            raise _unknown(f"result {metric!r} of {segment}", metric, rows["metric"].unique())
        details = rows.query("metric == @metric")["detail"]
        raise _unknown(f"detail {detail!r} of {segment}.{metric}", detail, details)


class Input(Number):
    """An assumption."""

    @property
    def range(self) -> Html:
        """ "between low and high", or what it is set to."""
        return range_html(self._study, self._name)

    def _shown(self, row: Mapping) -> Html:
        return input_html(self._study, self._name, self._stat)

    def _found(self) -> Mapping:
        quantity = self._study.assumptions.quantities[self._name]
        return {"value": quantity.value, "low": quantity.low, "high": quantity.high}


class Segment:
    """A segment, or `all` of them, and its results by attribute."""

    def __init__(self, study: Study, name: str):
        self._study, self._name = study, name

    def __str__(self) -> str:
        return self._name

    def __getattr__(self, metric: str) -> Result:
        if metric.startswith("_"):
            raise AttributeError(metric)
        return Result(self._study, (self._name, metric, ""))

    @property
    def title(self) -> str:
        """Its name as a reader sees it."""
        return self._study.title(self._name)

    @property
    def about(self) -> str:
        """Its description as a sentence."""
        return f"{self._study.assumptions.about(self._name)['description']}."


class Claims:
    """What the draws say of one claim about several segments."""

    def __init__(self, found: Mapping[Segment, findings.Claim]):
        self._found = found

    @property
    def answer(self) -> str:
        """Yes, no or open where all agree, else mixed."""
        answers = {claim.answer for claim in self._found.values()}
        return answers.pop() if len(answers) == 1 else "mixed"

    @property
    def best(self) -> Segment:
        """The segment with the best chance by both readings of the ranges."""
        chances = {s: c.probability + c.probability_flat for s, c in self._found.items()}
        return max(chances, key=chances.get)

    def titles(self, answer: str) -> str:
        """The segments of which this is the answer, as a sentence lists them; empty for none."""
        titles = [s.title for s, claim in self._found.items() if claim.answer == answer]
        return join_and(titles) if titles else ""


def _vocabulary(study: Study, here: str) -> dict[str, object]:
    """Every name that a sentence may use."""
    views = {name: Segment(study, name) for name in study.segments}
    apps = study.consumer_segments()

    def listed(names: Iterable[str]) -> list[Segment]:
        return [views[name] for name in names]

    def found(name: str, segment: object) -> findings.Claim:
        subjects = _pick("claim", name, findings.BY_NAME).subjects(study)
        if str(segment) not in subjects:
            raise _unknown(f"claim {name} about {str(segment)!r}", str(segment), subjects)
        return findings.claim(study, name, str(segment))

    def input(name: str, segment: object = "") -> Input:
        name = f"{segment}.{name}" if segment else name
        return Input(study, _pick("input", name, study.assumptions.quantities).name)

    def figure(key: str) -> Html:
        evidence = study.assumptions.tables.evidence
        row = _pick("published figure", key, {row.id: row for row in evidence.itertuples()})
        if row.unit == "date":
            return source_link(row, published_value(row))
        return source_link(row, format_quantity(row.value, row.unit))

    words = {
        "shared": Segment(study, study.shared),
        "segments": listed(study.segments),
        "apps": listed(apps),
        "workflows": listed(study.workflow_segments()),
        "named": listed(study.thesis_segments()),
        "draws": f"{study.draws:,}",
        "input": input,
        "figure": figure,
        "claim": lambda name, segment: likelihood_html(found(name, segment)),
        "claims": lambda name, segments: Claims({s: found(name, s) for s in segments}),
        "how_many": how_many,
    }
    special = {"here": here or study.segment, "app": apps[0] if apps else None}
    return views | words | {name: views[s] for name, s in special.items() if s in views}


def _at_low(segment: Segment, parameter: str):
    """The model of a segment at the best values but for one input, which is at its low end."""
    quantity = _pick("input", parameter, segment._study.assumptions.of(str(segment)))
    return segment._study.point(str(segment)).replace(**{parameter: quantity.low})


def _environment(finalize: Callable | None = None) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
    environment.filters.update(join_and=join_and, at_low=_at_low)
    return environment


def _filled(environment: ImmutableSandboxedEnvironment, template: str, names: Mapping) -> Html:
    known = {**environment.globals, **names}
    try:
        for name in sorted(find_undeclared_variables(environment.parse(template))):
            _pick("name", name, known)
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


def register_magic() -> None:
    """Teach the notebook that is running, if any, the cell magic `%%prose`."""
    shell = get_ipython()

    def prose(line: str, cell: str) -> Html:
        """Markdown with Jinja, filled from the notebook's `study`."""
        return render_markdown(shell.user_ns["study"], cell)

    if shell:
        shell.register_magic_function(prose, "cell")
