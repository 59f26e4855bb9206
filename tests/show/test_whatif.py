"""The what-if panel: one model in Python and in the browser, the report's own numbers.

State in a link, hostile input, the keyboard alone, and no script at all are tried in the browser.
"""

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browsing import chromium, opened, violations
from bs4 import BeautifulSoup
from nbformat.v4 import new_markdown_cell
from sample import META, one_cell

from analysis.build.page import render
from analysis.findings.study import Study
from analysis.inputs.assumptions import Assumptions, override, resolve
from analysis.model.registry import METRICS
from analysis.show import whatif
from analysis.show.numbers import format_quantity

HOSTILE = "</script><script>alert('\u2028')</script> \"&<!--"
COMPUTED = """(all) => all.map((settings) => {
    const unit = (metric) => (metric.includes("second") ? "USD/s" : "ratio");
    const number = (value) => (Number.isFinite(value) ? value : null);
    const told = ([metric, value]) => [metric, number(value), whatif.said(value, unit(metric))];
    const segments = Object.entries(whatif.compute(settings));
    return segments.map(([segment, results]) => [segment, Object.entries(results).map(told)]);
})"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


def page_of(study, folder) -> Path:
    """A page of one chapter that holds nothing but the panel, as the report holds it."""
    chapter = one_cell("summary", whatif.panel(study), source="whatif.panel(study)")
    chapter.notebook.cells.insert(0, new_markdown_cell("# The verdict\n\nWords.\n\n## What if"))
    path = folder / "report.html"
    path.write_text(render([chapter], META, scripts=[whatif.script(study)]), "utf-8")
    return path


@pytest.fixture(scope="module")
def panel_page(study, tmp_path_factory):
    return page_of(study, tmp_path_factory.mktemp("whatif"))


@pytest.fixture
def page(browser, panel_page):
    with opened(browser, panel_page) as open_page:
        yield open_page
        assert open_page.heard == []


def settings_of(page) -> dict:
    """What the address carries, once the hand has rested."""
    page.wait_for_timeout(400)
    return {
        n: float(v)
        for n, v in re.findall(r"[?&]([^=]+)=([^&]+)", page.url.partition("#what-if")[2])
    }


def field(page, label):
    return page.get_by_role("spinbutton", name=label)


def slider(page, label):
    return page.get_by_role("slider", name=f"{label}, slider")


def shown(page) -> list[list[str]]:
    return [
        [cell.text_content() for cell in row.locator("[data-metric]").all()]
        for row in page.locator(".whatif tbody tr").all()
    ]


def at(study, segment, settings):
    """A segment's case with the panel's settings, by way of the model's own replace."""
    own = {
        p: np.float64(settings[q.name])
        for p, q in study.assumptions.of(segment).items()
        if q.name in settings
    }
    return study.point(segment).replace(**own)


def read_of(study) -> list:
    """Every quantity that the panel's model reads."""
    return [
        study.assumptions.quantities[name] for name in sorted(whatif.inputs(study)["quantities"])
    ]


def test_offered_are_the_inputs_that_move_most_and_those_of_lifetime_and_acquisition(study):
    """Oracle: the total indices in results.csv."""
    totals = study.results.query("metric == 'sobol_total'").set_index(["segment", "detail"])[
        "value"
    ]
    for segment in whatif.inputs(study)["segments"]:
        rows = totals[segment["name"]]
        names = [name.rpartition(".")[2] for name in segment["offered"]]
        offered, others = names[: whatif.OFFERED], names[whatif.OFFERED :]
        cost = "acquisition_ratio" if segment["model"] == "workflow" else "acquisition_cost"
        assert others == ["monthly_churn", cost]
        assert list(rows[offered]) == sorted(rows, reverse=True)[: whatif.OFFERED]


def test_the_command_makes_what_the_report_has_and_the_scenario_has_not(study):
    plain = {"start": "python -m analysis build --draws 2000", "given": {}}
    assert whatif.inputs(study)["command"] == plain
    own = {"gpu_price": [1.0, 1.5, 2.0], "utilisation": 0.5}
    scenario = replace(study.scenario, name="cheap", overrides=own)
    changes = {"utilisation": 0.6, "previs.retakes": [3, 5, 20]}
    changed = override(override(resolve(), own), changes)
    assert whatif.inputs(Study(changed, scenario, 100, 7))["command"] == {
        "start": "python -m analysis build cheap --draws 100 --seed 7",
        "given": {"utilisation": "0.6", "previs.retakes": "3,5,20"},
    }


def drawn(rng, quantity, possible) -> float:
    """A value of an input between its bounds, or within its plausible range."""
    ends = (quantity.minimum, quantity.maximum) if possible else (quantity.low, quantity.high)
    return float(np.exp(rng.uniform(*np.log(ends))) if ends[0] > 0 else rng.uniform(*ends))


def tolerance(case, metric) -> float:
    """1e-9 of revenue plus costs, in the metric's own scale."""
    scale = {
        "headroom": 1 / case.compute_cost,
        "contribution": 1.0,
        "ltv_to_cac": abs(case.ltv_to_cac / case.contribution),
    }
    turnover = case.revenue + case.compute_cost + case.service_cost
    return 1e-9 * turnover * scale.get(metric, 1 / case.generated_seconds)


@pytest.mark.browser
def test_browser_and_python_agree_at_random_settings(study, page):
    """Oracle: the model in Python: values, what is undefined, and the words for both."""
    rng, quantities, settings, markets = np.random.default_rng(5), read_of(study), [], set()
    for k in range(200):
        some = rng.choice(quantities, size=rng.integers(1, 40), replace=False)
        settings.append({q.name: drawn(rng, q, k % 2) for q in some})
    for setting, segments in zip(settings, page.evaluate(COMPUTED, settings), strict=True):
        assert [segment for segment, _ in segments] == list(study.segments)
        for segment, results in segments:
            case = at(study, segment, setting)
            markets.add(bool(case.has_market))
            assert [m for m, _, _ in results] == list(whatif.SHOWN)
            for metric, value, text in results:
                expected = float(getattr(case, metric)) if case.has_market else np.nan
                assert (value is None) == (not np.isfinite(expected)), (segment, metric, setting)
                if value is not None:
                    unit = METRICS[metric].unit if "second" in metric else "ratio"
                    assert value == pytest.approx(expected, rel=0, abs=tolerance(case, metric))
                    assert text == format_quantity(value, unit)
    assert markets == {True, False}


@pytest.mark.browser
def test_untouched_it_computes_and_shows_the_reports_own_numbers(study, page):
    found = page.evaluate("window.whatif.compute()")
    for s in study.segments:
        assert found[s] == pytest.approx(
            {m: study.result(s, m)["value"] for m in whatif.SHOWN}, rel=1e-12
        )
    assert shown(page) == [
        [format_quantity(r["value"], r["unit"]) for r in (study.result(s, m) for m in whatif.SHOWN)]
        for s in study.segments
    ]
    assert page.locator(".whatif .moved").count() == 0 and "#" not in page.url
    assert page.locator("textarea").input_value() == "python -m analysis build --draws 2000"
    names = whatif.inputs(study)["segments"][0]["offered"]
    offered = [study.assumptions.quantities[name] for name in names]
    expected = [q.value * (100 if q.unit.startswith("fraction") else 1) for q in offered]
    fields = page.locator(".whatif input[type=number]").all()
    assert [float(field.input_value()) for field in fields] == pytest.approx(expected)


@pytest.mark.browser
def test_a_change_moves_whom_it_touches_and_a_reload_keeps_it(study, page):
    before = shown(page)
    page.locator(".whatif select").select_option("previs")
    assert settings_of(page) == {} and "#" not in page.url
    field(page, "Incumbent cost").fill("300")
    settings = settings_of(page)
    assert settings["previs.incumbent_cost"] == 300
    after, row = shown(page), study.segments.index("previs")
    assert [i for i in range(len(after)) if after[i] != before[i]] == [row]
    headroom = format_quantity(at(study, "previs", settings).headroom, "ratio")
    assert after[row][0] == headroom
    assert headroom in page.locator(".whatif .status").text_content()
    sets = "".join(f" --set {name}={value:g}" for name, value in settings.items())
    assert page.locator("textarea").input_value().endswith(f" --name my-case{sets}")
    page.reload()
    assert shown(page) == after and page.locator(".whatif select").input_value() == "previs"
    assert float(field(page, "Incumbent cost").input_value()) == 300
    page.get_by_role("button", name="Reset to the report").click()
    assert settings_of(page) == {} and page.url.endswith("#what-if") and shown(page) == before
    assert page.locator(".whatif .status").text_content() == "As in the report."


@pytest.mark.browser
def test_a_shared_input_moves_every_segment(study, page):
    page.evaluate("location.hash = '#what-if?gpu_price=1.1'")
    page.wait_for_timeout(100)
    assert [row[0] for row in shown(page)] == [
        format_quantity(at(study, s, {"gpu_price": 1.1}).headroom, "ratio") for s in study.segments
    ]
    assert float(field(page, "Gpu price").input_value()) == 1.1


@pytest.mark.browser
@pytest.mark.parametrize(
    "fragment, expected",
    [
        ("gpu_price=NaN&utilisation=1e999&compute_intensity=-Infinity&api_price=", {}),
        ("__proto__=1&constructor=2&toString=3&previs=4&nobody.gpu_price=5&staffing_factor=6", {}),
        ("<img src=x onerror=alert(1)>=1&gpu_price=<script>alert(1)</script>&%E0%A4%A=1", {}),
        ("gpu_price=1e300&utilisation=-7", {"gpu_price": "maximum", "utilisation": "minimum"}),
        ("gpu_price=2&gpu_price=3", {"gpu_price": 3}),
        ("?&&==&=1", {}),
    ],
)
def test_a_hostile_link_is_read_as_bounded_numbers_or_not_at_all(
    study, browser, panel_page, fragment, expected
):
    with opened(browser, panel_page) as page:
        page.goto(f"{panel_page.as_uri()}#what-if?{fragment}")
        page.reload()
        wanted = {
            n: getattr(study.assumptions.quantities[n], v) if isinstance(v, str) else v
            for n, v in expected.items()
        }
        assert settings_of(page) == wanted and page.heard == []
        assert [row[1] for row in shown(page)] == [
            format_quantity(at(study, s, wanted).contribution, "USD") for s in study.segments
        ]
        assert page.locator("img").count() == 0 and page.evaluate("({}).gpu_price") is None


@pytest.mark.browser
def test_a_field_takes_what_is_possible_and_nothing_else(study, page):
    label, q = "Compute intensity", study.assumptions.compute_intensity
    field(page, label).fill(str(q.maximum * 10))
    assert field(page, label).get_attribute("aria-invalid") == "true" and settings_of(page) == {}
    field(page, label).blur()
    assert (
        settings_of(page) == {q.name: q.maximum}
        and float(field(page, label).input_value()) == q.maximum
    )
    assert (
        "beyond the plausible range"
        in page.locator(".whatif .input").filter(has_text=label).text_content()
    )
    field(page, label).fill("")
    field(page, label).blur()
    assert settings_of(page) == {q.name: q.maximum}
    field(page, label).fill(str(q.value))
    assert settings_of(page) == {}


@pytest.mark.browser
def test_everything_is_done_by_keyboard(study, page):
    q = study.assumptions.compute_intensity
    slider(page, "Compute intensity").focus()
    page.keyboard.press("ArrowRight")
    (up,) = settings_of(page).values()
    assert q.value < up < q.value * (q.high / q.low) ** 0.02
    assert slider(page, "Compute intensity").get_attribute("aria-valuetext") == f"{up:g} {q.unit}"
    page.keyboard.press("ArrowLeft")
    assert settings_of(page) == {}
    for key, end in (("Home", q.low), ("End", q.high)):
        page.keyboard.press(key)
        assert settings_of(page) == {q.name: end}
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.type") == "number"
    for key in ("ArrowUp", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    assert 0 < q.high - settings_of(page)[q.name] <= q.value
    page.locator(".whatif textarea").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "copy"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert settings_of(page) == {} and page.evaluate("document.activeElement.className") == "reset"


@pytest.mark.browser
@pytest.mark.parametrize(
    "clipboard, said_of_it",
    [
        ("{ writeText: async (text) => { window.taken = text; } }", "copied"),
        ("{ writeText: async () => { throw new Error('not here'); } }", "selected, ready to copy"),
        ("undefined", "selected, ready to copy"),
    ],
)
def test_the_command_is_copied_or_at_least_selected(page, clipboard, said_of_it):
    page.evaluate(f"Object.defineProperty(navigator, 'clipboard', {{ value: {clipboard} }})")
    page.get_by_role("button", name="Copy the command").click()
    page.wait_for_function(
        f"document.querySelector('.whatif .status').textContent === 'The command is {said_of_it}.'"
    )
    command = page.locator("textarea").input_value()
    assert page.evaluate("window.taken ?? getSelection().toString()") == command


@pytest.mark.browser
def test_without_scripts_the_panel_hides_itself(browser, panel_page):
    with opened(browser, panel_page, java_script_enabled=False) as page:
        assert not page.locator(".whatif").is_visible() and page.locator(".instead").is_visible()


@pytest.mark.browser
def test_a_new_segment_with_a_hostile_title_has_its_row_and_its_inputs(study, browser, tmp_path):
    book = study.assumptions.tables
    extra = book.segments.query("segment == 'previs'").assign(segment="extra", title=HOSTILE)
    own = book.assumptions.query("segment == 'previs'").assign(segment="extra")
    quantities = {
        **study.assumptions.quantities,
        **{
            f"extra.{p}": replace(q, segment="extra", meaning=HOSTILE)
            for p, q in study.assumptions.own("previs").items()
        },
    }
    book = replace(
        book,
        segments=type(extra)([*book.segments.to_dict("records"), *extra.to_dict("records")]),
        assumptions=type(own)([*book.assumptions.to_dict("records"), *own.to_dict("records")]),
    )
    other = Study(Assumptions(book, quantities), study.scenario, 100)
    script = whatif.script(other)
    assert (
        "</" not in script.partition('{"segments"')[2] and "<!--" not in script and script.isascii()
    )
    with opened(browser, page_of(other, tmp_path)) as page:
        page.locator(".whatif select").select_option("extra")
        field(page, "Incumbent cost").fill("300")
        assert settings_of(page) == {"extra.incumbent_cost": 300.0}
        assert page.locator(".whatif tr.chosen th").text_content() == HOSTILE
        assert page.locator(".whatif .meaning").first.text_content() in (
            HOSTILE,
            study.assumptions.compute_intensity.meaning,
        )
        assert page.heard == []


@pytest.mark.browser
def test_a_customer_who_saves_nothing_has_no_numbers(study, page):
    page.evaluate("location.hash = '#what-if?previs.displaced_share=0&previs.labour_hours=1'")
    page.wait_for_timeout(100)
    assert set(shown(page)[study.segments.index("previs")]) == {"undefined"}
    assert "nan" not in page.locator(".whatif").text_content().lower().replace("finance", "")


def test_a_report_without_ranges_offers_nothing_and_says_undefined(study):
    fixed = {q.name: q.value for q in study.assumptions.quantities.values()}
    other = Study(
        override(study.assumptions, {**fixed, "previs.displaced_share": 0.0}), study.scenario, 100
    )
    assert all(s["offered"] == [] for s in whatif.inputs(other)["segments"])
    row = BeautifulSoup(whatif.panel(other), "html.parser").select_one("tr[data-segment=previs]")
    assert {span.text for span in row.select("[data-metric]")} == {"undefined"}
    data = re.search(r"\n\}, (\{.*\})\);\n$", whatif.script(other))[1]
    assert (
        json.loads(data)["command"]["given"]["gpu_price"]
        == f"{study.assumptions.gpu_price.value:.12g}"
    )


@pytest.mark.browser
def test_it_fits_and_meets_the_rules_of_accessibility(browser, panel_page):
    with opened(browser, panel_page) as page:
        field(page, "Compute intensity").fill("9000")
        page.wait_for_timeout(400)
        for width, scheme in itertools.product((1280, 360), ("light", "dark")):
            page.set_viewport_size({"width": width, "height": 740})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert violations(page) == [], (width, scheme)
        assert (
            page.locator("[role=region]").count() == 0
            and page.get_by_role("group", name="Results with these inputs").count() == 1
        )
