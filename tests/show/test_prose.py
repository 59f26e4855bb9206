"""Sentences. Oracle: rows of results typed here, and what a person would write by hand."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from analysis.errors import InputError
from analysis.findings.claims import AT_LEAST_LIKELY, AT_MOST_UNLIKELY, claim
from analysis.findings.study import Study
from analysis.inputs.assumptions import resolve
from analysis.inputs.scenarios import read_scenario
from analysis.show.html import plain_text
from analysis.show.numbers import likelihood_html
from analysis.show.prose import claims_table, render, render_markdown

NAN = float("nan")
ROW = dict(
    segment="previs",
    detail="",
    unit="USD/customer-month",
    p50=NAN,
    p95=2e6,
    probability_positive=0.25,
    share_defined=1.0,
)


@pytest.fixture
def world(assumptions, monkeypatch):
    """A study with rows typed by hand: a = 2 (in x 3), b = -2, c = 0, d undefined, m drawn."""
    study = Study(assumptions, read_scenario("base"), 100, segment="previs")
    values = {("a", ""): 2.0, ("a", "x"): 3.0, ("b", ""): -2.0, ("c", ""): 0.0, ("d", ""): NAN}
    rows = {
        ("previs", metric, detail): ROW
        | dict(metric=metric, detail=detail, value=value, p05=value - 1)
        for (metric, detail), value in values.items()
    }
    drawn = dict(metric="m", detail="", value=6.0, p05=5.0, p50=7.0)
    rows["previs", "m", ""] = ROW | drawn

    def result(segment, metric, detail=""):
        return rows[segment, metric, detail]

    monkeypatch.setattr(study, "result", result)
    return study


@pytest.mark.parametrize(
    "template, text",
    [
        ("{{ previs.a }}", "$2"),
        ("{{ here.a }}", "$2"),
        ("{{ here.b }}", "−$2"),
        ("{{ here.d }}", "undefined"),
        ("{{ here.a['x'] }}", "$3"),
        ("{{ here.b | abs }}", "$2"),
        ("{{ here.m }}", "$7"),
        ("{{ here.m.point }}", "$6"),
        ("{{ here.m > 6.5 }}", "True"),
        ("{{ here.a.p05 }}", "$1"),
        ("{{ here.a['x'].p05 }}", "$2"),
        ("{{ here.a.range }}", "$1 to $2 million"),
        ("{{ here.d.range }}", "no interval"),
        ("{{ here.a.probability_positive }}", "25 %"),
        ("It {{ 'earns' if here.a > 0 else 'loses' }}.", "It earns."),
        ("It {{ 'earns' if here.b > 0 else 'loses' }}.", "It loses."),
        ("It {{ 'may earn' if here.b.p95 > 0 else 'must lose' }}.", "It may earn."),
        ("{{ here.c > 0 }} {{ here.c < 0 }} {{ here.c >= 0 }} {{ here.c <= 0 }}",)
        + ("False False True True",),
        ("{{ here.d > 0 }} {{ here.d < 0 }} {{ here.d >= 0 }} {{ here.d <= 0 }}",)
        + ("False False False False",),
        ("{{ here.a > here.b }}", "True"),
        ("{{ [here.a, here.b] | select('gt', 0) | join }}", "$2"),
        ("{{ draws }}", "100"),
        ("nothing to fill", "nothing to fill"),
        ("{{ word }} <b>stays</b>", "ready & <set> stays"),
    ],
)
def test_what_a_sentence_says(world, template, text):
    assert plain_text(render(world, template, word="ready & <set>")) == text


@pytest.mark.parametrize(
    "template, said",
    [
        ("{{ cosumer.revenue }}", "name 'cosumer'; the nearest name is consumer"),
        ("{% if false %}{{ cosumer }}{% endif %}", "the nearest name is consumer"),
        ("{{ consumer.revenu }}", "result 'revenu' of consumer; the nearest name is revenue"),
        ("{% if consumer.revenu > 0 %}{% endif %}", "the nearest name is revenue"),
        ("{{ consumer.break_even['gpu_prise'] }}", "the nearest name is gpu_price"),
        ("{{ shared.compute_dollar['clod'] }}", "the nearest name is cloud"),
        ("{{ consumer.revenue.p96 }}", "the nearest name is p95"),
        ("{{ input('gpu_prize') }}", "input 'gpu_prize'; the nearest name is gpu_price"),
        ("{{ input('retake', previs) }}", "the nearest name is previs.retakes"),
        ("{{ input('gpu_price').lo }}", "the nearest name is low"),
        ("{{ claim('cover_running_cost', previs) }}", "the nearest name is covers_running_cost"),
        ("{{ claim('covers_running_cost', 'prvis') }}", "the nearest name is previs"),
        ("{{ claim('scale_does_not_mend', previs) }}", "names are consumer"),
        ("{{ figure('C05') }}", "published figure 'C05'; the nearest name is"),
        ("{{ here.title }}", "name 'here'"),
        ("{% if %}", "cannot be filled"),
        ("{{ consumer.title.nothing }}", "cannot be filled"),
    ],
)
def test_a_wrong_name_fails_and_says_the_nearest(study, template, said):
    for fill in (render, render_markdown):
        with pytest.raises(InputError) as caught:
            fill(study, template)
        assert said in str(caught.value) and len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "template",
    [
        "{{ consumer._study }}",
        "{{ consumer.revenue._row }}",
        "{{ input.__globals__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ segments.append(1) }}",
        "{% for n in range(10 ** 9) %}{% endfor %}",
        "{% include 'README.md' %}",
    ],
)
def test_a_template_reaches_nothing_but_its_words(study, template):
    with pytest.raises((InputError, OverflowError, TypeError)):
        render(study, template)


def test_inputs_claims_and_figures(study):
    here = render(study, "{{ input('retakes', here) }}", "previs")
    assert here == render(study, "{{ input('previs.retakes') }}")
    assert 'data-input="previs.retakes"' in here
    found = claim(study, "covers_running_cost", "previs")
    for template in (
        "claim('covers_running_cost', previs)",
        "claim('covers_running_cost', 'previs')",
    ):
        assert render(study, f"{{{{ {template} }}}}") == likelihood_html(found)
    figure = next(study.assumptions.tables.evidence.itertuples())
    link = BeautifulSoup(render(study, "{{ figure(key) }}", key=figure.id), "html.parser").a
    assert (link["href"], link["data-source"]) == (figure.url, figure.id)


def test_lists_of_segments(study):
    template = "{% for s in chosen %}{{ s.title }}|{% endfor %}"
    for word, segments in {
        "segments": study.segments,
        "apps": study.consumer_segments(),
        "verticals": study.workflow_segments(),
        "paying": [s for s in study.segments if s not in study.consumer_segments()],
        "named": study.thesis_segments(),
    }.items():
        said = plain_text(render(study, template.replace("chosen", word)))
        assert said == "".join(f"{study.title(s)}|" for s in segments)
    app = study.consumer_segments()[0]
    assert plain_text(render(study, "{{ app.title }}")) == study.title(app)


def test_claims_about_several_segments(study):
    """Oracle: each claim asked alone."""
    found = {s: claim(study, "repays_acquisition", s) for s in study.segments}
    words = {"yes": AT_LEAST_LIKELY, "no": AT_MOST_UNLIKELY}
    for answer, chosen in words.items():
        listed = f"claims('repays_acquisition', segments).{answer}"
        said = plain_text(render(study, f"{{{{ {listed} | map(attribute='title') | join('|') }}}}"))
        expected = [study.title(s) for s, c in found.items() if c.likelihood in chosen]
        assert said == "|".join(expected)
    one = render(study, "{{ claims('repays_acquisition', [previs]).answer }}")
    assert (
        one == found["previs"].answer == render(study, "{{ answer('repays_acquisition', previs) }}")
    )
    best = max(found, key=lambda s: found[s].probability)
    said = render(study, "{{ (claims('repays_acquisition', segments).ranked | first).phrase }}")
    assert plain_text(said) == study.assumptions.about(best)["phrase"]


def test_phrases_stand_in_sentences(study):
    template = (
        "{{ [previs, consumer] | phrases | capital }}: {{ 3 | number_word }}, {{ previs.customer }}"
    )
    assert plain_text(render(study, template)) == (
        "Film pre-visualisation and the consumer app: three, an account"
    )


def test_a_name_set_in_a_branch_is_known(study):
    text = "{% if draws %}{% set n = 1 %}{% else %}{% set n = 2 %}{% endif %}{{ n }}"
    assert plain_text(render(study, text)) == "1"


def test_each_claim_has_a_sentence_of_its_own(study):
    """Oracle: what is in the sentence of a claim stands in its row of claims.csv."""
    rows = claims_table(study)
    assert rows["sentence"].is_unique and not rows["sentence"].str.contains(r"[{}]|nan").any()
    for row in rows.itertuples():
        assert f"{row.likelihood} (" in row.sentence and row.sentence.endswith(".")


def test_what_is_worth_knowing_is_measurable_and_ranked(study):
    """Oracle: the rows of results, two standard errors above nothing."""
    rows = study.results.query("segment == 'previs' and metric == 'evppi'")
    error = (rows["value"] - rows["p05"]) / 1.6449
    rows = rows[rows["value"] > 2 * error].sort_values("value", ascending=False)
    template = "{% for i in previs.worth_knowing %}{{ i.meaning }}|{% endfor %}"
    said = plain_text(render(study, template)).split("|")[:-1]
    quantities = study.assumptions.of("previs")
    assert said == [quantities[p].meaning for p in rows["detail"]]


@pytest.mark.parametrize(
    "text, html",
    [
        ("One *item*.\nA line.\n\nTwo.", "<p>One <em>item</em>.\nA line.</p>\n<p>Two.</p>\n"),
        ("## A part\n\n- one", "<h2>A part</h2>\n<ul>\n<li>one</li>\n</ul>\n"),
        ('<div class="x">\n\nOne.\n\n</div>', '<div class="x">\n\n<p>One.</p>\n</div>\n'),
        ("**{{ word }}:** {{ draws }}.", "<p><strong>a *b* [c](d):</strong> 100.</p>\n"),
        ("{% set x %}{{ word }}!{% endset %}{{ x }}", "<p>a *b* [c](d)!</p>\n"),
        ("{% if true %}\nOne\n{% endif %}\ntwo.", "<p>One\ntwo.</p>\n"),
    ],
)
def test_markdown(world, monkeypatch, text, html):
    """Oracle: CommonMark by hand; what is filled in is text, whatever it looks like."""
    about = world.assumptions.about("previs").to_dict() | {"title": "a *b* [c](d)"}
    monkeypatch.setattr(type(world.assumptions), "about", lambda own, segment: about)
    filled = text.replace("word", "here.title")
    assert str(render_markdown(world, filled)).strip() == html.strip()


def test_markdown_is_that_of_nbconvert():
    """Oracle: nbconvert's own filter, on what chapters hold."""
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    from analysis.show.prose import MARKDOWN

    text = (
        "One *a* and **b**, `c`.\n\n- d\n- e\n\n| f | g |\n|---|---|\n| 1 | 2 |\n\n<i>h</i> ~~j~~"
    )
    assert MARKDOWN(text) == markdown2html_mistune(text)


def test_text_of_the_tables_is_escaped_and_no_markdown(tables):
    hostile = (
        "<script>alert('{{ draws }}')</script> & \"co\" *a* [b](javascript:c)\n\n# d \ue0000\ue001"
    )
    chosen = tables.segments["segment"] == "previs"
    named = tables.segments.copy()
    named.loc[chosen, ["title", "description"]] = hostile
    study = Study(resolve(replace(tables, segments=named)), read_scenario("base"), 100)
    for fill, around in ((render, []), (render_markdown, ["p"])):
        for template in ("{{ previs.title }}", "{{ previs.description }}"):
            read = BeautifulSoup(fill(study, template), "html.parser")
            assert [tag.name for tag in read.find_all()] == around
            assert read.text.strip().removesuffix(".") == hostile


def test_without_a_consumer_app_its_name_is_unknown(study):
    alone = SimpleNamespace(
        assumptions=study.assumptions,
        draws=100,
        segment=None,
        segments=study.segments,
        shared=study.shared,
        consumer_segments=list,
        workflow_segments=list,
        thesis_segments=list,
    )
    assert render(alone, "{% for app in apps %}{{ app.title }}{% endfor %}{{ draws }}") == "100"
    with pytest.raises(InputError, match="no name 'app'"):
        render(alone, "{{ app.title }}")
