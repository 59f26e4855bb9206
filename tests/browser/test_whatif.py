"""The panel in the browser: one model with Python's, used as a person would.

Oracle of numbers and words: a `Study` in Python with the same settings. The page holds the verdict
of the first chapter, its figure and the panel.
"""

import json
import re
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from browsing import NARROW, WIDE, opened, violations
from bs4 import BeautifulSoup
from chapters import shown
from nbformat.v4 import new_markdown_cell
from sample import META, cell, one_cell
from support import ROOT

from analysis.build.page import assemble, written
from analysis.findings.claims import BY_NAME, LIKELIHOODS, likelihood
from analysis.findings.study import Study
from analysis.inputs.assumptions import override
from analysis.model.distributions import SCALES
from analysis.show import figures, whatif
from analysis.show.chapter import open_chapter
from analysis.show.numbers import format_probability, format_quantity

pytestmark = pytest.mark.browser
N = 4096
REST = 700  # milliseconds, after which the hand has rested
GLUT = {"gpu_price": [1.41, 1.7, 1.93]}
MOVED = """async (label) => {
    const slider = document.querySelector(`input[aria-label="${label}, slider"]`), times = [];
    const channel = new MessageChannel();
    for (let i = 0; i < 50; i++) {
        const begin = performance.now();
        slider.value = 20 + (i * 37) % 160;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise((done) => requestAnimationFrame(() => {
            channel.port1.onmessage = done;
            channel.port2.postMessage(0);
        }));
        times.push(performance.now() - begin);
    }
    return times;
}"""
WATCH_SHIFTS = """() => {
    window.shifted = 0;
    const add = (list) => { for (const entry of list.getEntries()) window.shifted += entry.value; };
    new PerformanceObserver(add).observe({ type: "layout-shift" });
}"""
MARKS = """() => [...document.querySelectorAll("[data-claim] > [data-segment]")].map((mark) => {
    const { claim, zero, one } = mark.parentElement.dataset;
    const by = /translate\\(([-.\\d]+)/.exec(mark.getAttribute("transform"))?.[1] ?? 0;
    return [claim, mark.dataset.segment, by / (one - zero)];
})"""


@pytest.fixture(scope="module")
def full():
    """The base scenario with the draws of a report."""
    return open_chapter()


@pytest.fixture(scope="module")
def path(full, tmp_path_factory) -> Path:
    notebook = json.loads((ROOT / "notebooks" / "01-answer.ipynb").read_text("utf-8"))
    sources = ["".join(cell["source"]) for cell in notebook["cells"]]
    (live,) = [source for source in sources if source.startswith("%%prose live")]
    chapter = one_cell("answer", shown(live, {"study": full}), figures.verdict(full))
    chapter.notebook.cells.insert(0, new_markdown_cell("# The answer"))
    chapter.notebook.cells.append(new_markdown_cell("## Try it"))
    chapter.notebook.cells.append(cell("panel", whatif.panel(full)))
    results = full.results.to_dict("records")
    file = tmp_path_factory.mktemp("whatif") / "report.html"
    file.write_text(written(assemble([chapter], META, [whatif.script(full)], results)), "utf-8")
    return file


@contextmanager
def reader(browser, path, fragment="", **options):
    """A page at an address, still and without a complaint at the end."""
    options = {"viewport": WIDE, "reduced_motion": "reduce"} | options
    with opened(browser, path, **options) as page:
        if fragment:
            page.goto(f"{path.as_uri()}#what-if?{fragment}")
            page.reload()
        yield page
        assert page.heard == []


@pytest.fixture
def page(browser, path):
    with reader(browser, path) as one:
        yield one


def rest(page):
    page.wait_for_timeout(REST)


def address(page) -> dict:
    """The settings that the address carries."""
    found = re.findall(r"[?&]([^=]+)=([^&]+)", page.url.partition("#what-if")[2])
    return {name: [float(x) for x in given.split(",")] for name, given in found}


def field(page, label):
    return page.get_by_role("textbox", name=label)


def slider(page, label):
    return page.get_by_role("slider", name=f"{label}, slider")


def choose(page, segment, search="gpu price"):
    page.get_by_role("combobox", name="Segment").select_option(segment)
    page.get_by_label("Find an input").fill(search)


def told(page, segment, test) -> list[str]:
    """Probability and word now, and those of the report where they differ."""
    cell = page.locator(f"tr[data-segment={segment}] [data-test={test}]")
    return cell.evaluate("cell => [0, 2, 1, 3].map((i) => cell.children[i].textContent)")


def verdict(page) -> str:
    return " ".join(page.locator(".verdict p").all_inner_texts())


def in_words(text) -> str:
    """A text without its numbers."""
    return " ".join(re.sub(r"[−$]*\d[\d.,]*|cents?|million", "#", text).split())


def studied(full, settings) -> Study:
    return Study(override(full.assumptions, settings), full.scenario, full.draws, full.seed)


def asked(study, segment):
    """The panel's claims of a segment, each with its share of the draws."""
    for name in whatif.CLAIMS:
        if segment in BY_NAME[name].subjects(study):
            yield name, float(np.mean(BY_NAME[name].holds(study.drawn(segment), study, False)))


def drawn_value(rng, q):
    """A number or a range within the plausible one."""
    if q.scale == "fixed":
        return float(rng.choice([1.0, 1.25, 2.0]))
    if q.low == q.high:
        return q.value
    onto, back = SCALES[q.scale]
    ends = rng.uniform(float(onto(q.low)), float(onto(q.high)), 3)
    low, value, high = (float(np.clip(back(x), q.minimum, q.maximum)) for x in np.sort(ends))
    return value if rng.random() < 0.5 else [low, value, high]


def random_settings(full, count) -> list[dict]:
    """Settings of few inputs and of many, by turns."""
    rng = np.random.default_rng(5)
    known = [full.assumptions.quantities[name] for name in whatif.inputs(full)["quantities"]]
    settings = []
    for k in range(count):
        most = len(known) if k % 2 else 6
        some = rng.choice(known, size=rng.integers(1, most), replace=False)
        settings.append({q.name: drawn_value(rng, q) for q in some})
    return settings


def test_points_agree_with_python_at_random_settings(full, page):
    settings = random_settings(full, 200)
    found = page.evaluate("all => all.map((given) => whatif.compute(given))", settings)
    for given, results in zip(settings, found, strict=True):
        study = Study(override(full.assumptions, given), full.scenario, 100)
        for segment in study.segments:
            expected = {m: float(getattr(study.point(segment), m)) for m in whatif.POINTS}
            assert results[segment] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("count", [40, pytest.param(200, marks=pytest.mark.slow)])
def test_probabilities_and_words_agree_with_python_at_random_settings(full, page, count):
    settings = random_settings(full, count)
    found = page.evaluate("all => all.map((given) => whatif.draw(given))", settings)
    for given, results in zip(settings, found, strict=True):
        study = studied(full, given)
        for segment in study.segments:
            for name, expected in asked(study, segment):
                probability = results[segment][name]
                share = (expected * study.draws + probability * N + 1) / (study.draws + N + 2)
                error = np.sqrt(share * (1 - share) * (1 / N + 1 / study.draws))
                assert abs(probability - expected) <= 3 * error, (segment, name, given)
                both = np.array([[expected], [probability]])
                near = np.abs(both - [low for _, low, _ in LIKELIHOODS]).min()
                assert likelihood(probability) == likelihood(expected) or near <= 2 * error


def test_intervals_agree_with_python(full, page):
    given = {"gpu_price": [1, 2, 3], "previs.monthly_churn": 0.02}
    found, study = page.evaluate("whatif.draw", given), studied(full, given)
    for segment in study.segments:
        for metric in whatif.TABLED:
            expected = np.percentile(getattr(study.drawn(segment), metric), [5, 50, 95])
            wide = expected[2] - expected[0]
            assert found[segment][metric] == pytest.approx(expected, abs=0.06 * wide)


def test_a_setting_moves_only_whom_it_touches(page):
    own, found = page.evaluate("[whatif.draw(), whatif.draw({'previs.retakes': 9})]")
    moved = [segment for segment in own if own[segment] != found[segment]]
    assert moved == ["previs"]
    assert found["previs"]["net_value"][0] < found["previs"]["net_value"][2]


def test_what_no_input_may_have_is_refused(page):
    for given in ({"gpu_price": -1}, {"gpu_price": [3, 2, 1]}, {"widening": [1, 2, 3]}):
        with pytest.raises(Exception, match="RangeError"):
            page.evaluate("whatif.draw", given)
    assert page.evaluate("whatif.draw({nobody: 1}).previs") == page.evaluate("whatif.draw().previs")


def test_untouched_it_shows_the_reports_own_numbers(full, page):
    found = page.evaluate("whatif.draw()")
    for segment in full.segments:
        for name, probability in asked(full, segment):
            assert found[segment][name] == probability
            text = [format_probability(probability), likelihood(probability), "", ""]
            assert told(page, segment, name) == text
        for metric in whatif.TABLED:
            row = full.result(segment, metric)
            shown = page.locator(f"tr[data-segment={segment}] [data-metric={metric}] b")
            assert shown.text_content() == format_quantity(row["p50"], row["unit"], 2)
    assert page.locator(".moved").count() == 0 and "#" not in page.url
    assert page.locator("textarea").input_value() == "python -m analysis build"


def test_numbers_read_as_in_python(page):
    rng = np.random.default_rng(1)
    values = [*(10 ** rng.uniform(-8, 16, 300) * rng.choice([-1, 1], 300)), 0.0, 9.1, 9.0, 999.9]
    units = ["USD/customer", "ratio", "fraction"]
    said = page.evaluate(
        "([values, units]) => units.map((unit) => values.map((x) => whatif.said(x, unit, 2)))",
        [values, units],
    )
    for unit, texts in zip(units, said, strict=True):
        assert texts == [format_quantity(x, unit, 2) for x in values]


def test_a_slider_moves_panel_verdict_and_figure(full, page):
    before = verdict(page)
    choose(page, "previs")
    slider(page, "GPU price").focus()
    page.keyboard.press("End")
    rest(page)
    settings = address(page)
    found, own = page.evaluate("given => [whatif.draw(given), whatif.draw()]", settings)
    low, value, high = settings["gpu_price"]
    q = full.assumptions.gpu_price
    assert value == q.high and low / value == pytest.approx(q.low / q.value, rel=0.01)
    for name, probability in asked(full, "previs"):
        now = found["previs"][name]
        texts = [format_probability(now), likelihood(now)]
        report = [format_probability(probability), likelihood(probability)]
        differs = [was if was != is_now else "" for was, is_now in zip(report, texts, strict=True)]
        assert told(page, "previs", name) == [*texts, *differs]
    moves = {(claim, segment): by for claim, segment, by in page.evaluate(MARKS)}
    assert len(moves) == 3 * len(full.segments)
    for (claim, segment), by in moves.items():
        assert by == pytest.approx(found[segment][claim] - own[segment][claim], abs=1e-4)
    heard = page.locator(".heard").text_content()
    assert likelihood(found["previs"]["covers_running_cost"]) in heard
    assert verdict(page) != before and page.locator(".verdict p.moved").count()
    page.get_by_role("button", name="Reset to the report").first.click()
    rest(page)
    assert verdict(page) == before and page.locator(".moved").count() == 0
    assert address(page) == {} and page.locator(".heard").text_content() == ("As in the report.")


@pytest.mark.parametrize(
    "given",
    [
        {"gpu_price": 8.0},
        {"gpu_price": 0.1},
        {"served_intensity": 0.1, "discount_rate": 0.9},
        {"widening": 0.0},
        {"consumer.paid_conversion": 0.2, "previs.second_price": 0.001},
        {f"{s}.acquisition_cost": 900_000.0 for s in ("previs", "archviz", "training")},
    ],
    ids=str,
)
def test_the_verdict_and_its_figure_say_what_python_writes(full, browser, path, given):
    """But for how sure the report is, which the panel leaves, and for digits."""
    study = studied(full, given)
    notebook = json.loads((ROOT / "notebooks" / "01-answer.ipynb").read_text("utf-8"))
    live = "".join(notebook["cells"][3]["source"])
    expected = shown(live, {"study": study})
    query = "&".join(f"{name}={value}" for name, value in given.items())
    with reader(browser, path, query) as page:
        there = [p.get_text() for p in BeautifulSoup(expected, "html.parser").select(".verdict p")]
        here = page.locator(".verdict p").all_text_contents()
        assert [in_words(p) for p in here[:-1]] == [in_words(p) for p in there[:-1]]
        title = page.locator("figcaption [data-live]").text_content()
        assert in_words(title) in in_words(figures.verdict(study).striptags())


def test_a_typed_range_a_word_beside_the_field_and_the_command(page):
    choose(page, "previs")
    price = field(page, "GPU price")
    note = page.locator(".input", has=price).locator(".word")
    for text, word in (
        ("2, 1, 3", "have to rise"),
        ("500", "no such value is possible: 0.01 to 100"),
        ("cheap", "one number, or low, median, high"),
        ("1, 2", "one number, or low, median, high"),
    ):
        price.fill(text)
        assert price.get_attribute("aria-invalid") == "true" and word in note.text_content()
        assert page.evaluate("location.hash") == "" and price.input_value() == text
    price.fill("9")
    assert not price.get_attribute("aria-invalid")
    assert note.text_content() == "Outside the plausible range"
    price.fill("1, 2.5, 4")
    rest(page)
    assert address(page) == {"gpu_price": [1, 2.5, 4]} and note.text_content() == ""
    command = "python -m analysis build --name my-case --set gpu_price=1,2.5,4"
    assert page.locator("textarea").input_value() == command
    price.fill("2")
    assert note.text_content() == "Taken as certain"
    price.fill("1.6, 2.65, 4.1")
    rest(page)
    assert address(page) == {}


def test_all_inputs_are_found(page):
    choose(page, "previs", "")
    sliders = page.locator(".whatif [type=range]")
    assert sliders.count() == whatif.OFFERED
    search = page.get_by_label("Find an input")
    search.fill("discount")
    assert sliders.count() == 1
    field(page, "Discount rate").fill("20")
    rest(page)
    assert address(page) == {"discount_rate": [0.2]}
    search.fill("widening")
    field(page, "Widening").fill("1")
    rest(page)
    assert address(page)["widening"] == [1]
    search.fill("")
    assert field(page, "Discount rate").input_value() == "20"


def test_a_scenario_with_its_reason_then_back_and_forth(page):
    page.get_by_role("combobox", name="Scenario").select_option("gpu_glut")
    rest(page)
    assert address(page) == GLUT
    assert page.locator("textarea").input_value() == "python -m analysis build gpu_glut"
    page.get_by_text("Why these numbers").click()
    assert "Rents fall again" in page.locator(".why p").inner_text()
    choose(page, "previs")
    slider(page, "GPU price").press("ArrowRight")
    rest(page)
    changed = address(page)
    assert changed != GLUT
    page.go_back()
    rest(page)
    assert (
        address(page) == GLUT
        and page.get_by_role("combobox", name="Scenario").input_value() == "gpu_glut"
    )
    page.go_back()
    rest(page)
    assert address(page) == {} and page.locator(".moved").count() == 0
    page.go_forward()
    page.go_forward()
    rest(page)
    assert address(page) == changed
    page.reload()
    assert address(page) == changed
    page.evaluate("location.hash = '#answer'")
    rest(page)
    assert page.locator(".moved").count() > 0
    page.reload()
    assert page.locator(".moved").count() > 0


@pytest.mark.parametrize(
    "fragment, expected",
    [
        ("gpu_price=NaN&utilisation=1e999&served_intensity=-Infinity&discount_rate=", {}),
        ("__proto__=1&constructor=2&previs=4&nobody.gpu_price=5&gpu_price=1,2", {}),
        ("<img src=x onerror=alert(1)>=1&gpu_price=<script>alert(1)</script>&%E0%A4%A=1", {}),
        ("gpu_price=1e300&utilisation=-7&horizon=36,12,84", {}),
        (
            "gpu_price=2&gpu_price=3&previs.retakes=2,3,4",
            {"gpu_price": 3, "previs.retakes": [2, 3, 4]},
        ),
        ("?&&==&=1", {}),
    ],
)
def test_a_hostile_link_is_read_as_possible_numbers_or_not_at_all(
    browser, path, fragment, expected
):
    with reader(browser, path, fragment) as page:
        found, own = page.evaluate("given => [whatif.draw(given), whatif.draw()]", expected)
        now = format_probability(found["previs"]["repays_acquisition"])
        assert told(page, "previs", "repays_acquisition")[0] == now
        assert (page.locator(".moved").count() > 0) == bool(expected) == (found != own)
        assert page.locator("img").count() == 0 and page.evaluate("({}).gpu_price") is None
        assert page.get_by_role("combobox", name="Segment").input_value() == (
            "previs" if expected else "consumer"
        )


def test_everything_is_done_by_keyboard(full, page):
    choose(page, "previs")
    q, handle = full.assumptions.gpu_price, slider(page, "GPU price")
    handle.focus()
    page.keyboard.press("ArrowRight")
    rest(page)
    low, up, high = address(page)["gpu_price"]
    assert q.value < up < q.value * 1.02
    assert handle.get_attribute("aria-valuetext") == f"{up:g}, from {low:g} to {high:g} USD/GPU-h"
    page.keyboard.press("ArrowLeft")
    rest(page)
    assert address(page) == {}
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.type") == "text"
    page.keyboard.press("ArrowUp")
    rest(page)
    assert address(page)["gpu_price"][1] > q.value
    page.locator(".whatif textarea").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "copy"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    rest(page)
    assert address(page) == {} and page.evaluate("document.activeElement.className") == "reset"


@pytest.mark.parametrize(
    "clipboard, said",
    [
        ("{ writeText: async (text) => { window.taken = text; } }", "copied"),
        ("{ writeText: async () => { throw new Error('not here'); } }", "selected, ready to copy"),
        ("undefined", "selected, ready to copy"),
    ],
)
def test_the_command_is_copied_or_at_least_selected(page, clipboard, said):
    page.evaluate(f"Object.defineProperty(navigator, 'clipboard', {{ value: {clipboard} }})")
    page.get_by_role("button", name="Copy the command").click()
    page.get_by_text(f"The command is {said}.").wait_for(state="attached")
    command = page.locator("textarea").input_value()
    assert page.evaluate("window.taken ?? getSelection().toString()") == command


def test_nothing_shifts_and_the_outcome_stays_in_sight(browser, path):
    for size in (WIDE, NARROW):
        with reader(browser, path, viewport=size) as page:
            choose(page, "previs")
            handle = slider(page, "GPU price")
            handle.scroll_into_view_if_needed()
            rest(page)
            page.evaluate(WATCH_SHIFTS)
            page.evaluate(MOVED, "GPU price")
            rest(page)
            assert page.evaluate("window.shifted") == 0
            box = page.locator(".whatif .now").bounding_box()
            assert box["y"] > 0 and box["y"] + box["height"] <= size["height"] + 1
            assert box["height"] < size["height"] / 4
            assert handle.bounding_box()["height"] >= (44 if size is NARROW else 24)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_paper_has_the_reports_own_numbers(page):
    before = verdict(page)
    page.get_by_role("combobox", name="Scenario").select_option("gpu_squeeze")
    rest(page)
    assert verdict(page) != before
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert verdict(page) == before and not page.locator(".whatif").is_visible()
    assert page.locator("main .moved").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert verdict(page) != before


def test_far_from_the_panel_a_button_brings_the_report_back(page):
    page.get_by_role("combobox", name="Scenario").select_option("gpu_squeeze")
    rest(page)
    page.evaluate("scrollTo(0, 0)")
    button = page.locator(".yours button")
    button.wait_for()
    button.click()
    rest(page)
    assert page.locator(".moved").count() == 0 and not button.is_visible()


def test_without_scripts_the_panel_hides_itself(browser, path):
    with opened(browser, path, java_script_enabled=False) as page:
        assert not page.locator(".whatif").is_visible() and page.locator(".instead").is_visible()


MODES = [(NARROW, "dark"), (NARROW, "light"), (WIDE, "dark"), (WIDE, "light")]


@pytest.mark.parametrize(
    "size, scheme", [MODES[0], *(pytest.param(*mode, marks=pytest.mark.slow) for mode in MODES[1:])]
)
def test_no_accessibility_violation_with_the_panel_in_use(browser, path, size, scheme):
    with reader(browser, path, "gpu_price=9", viewport=size, color_scheme=scheme) as page:
        field(page, "GPU price").fill("500")
        rest(page)
        assert violations(page) == []


@pytest.mark.slow
@pytest.mark.parametrize("label, limit", [("GPU price", 150), ("Retakes", 50)])
def test_a_move_is_seen_at_once(page, record_property, label, limit):
    """Median of fifty moves from the event to the frame's last pixel; ten moves come before."""
    choose(page, "previs", label)
    slider(page, label).scroll_into_view_if_needed()
    times = page.evaluate(MOVED, label)
    record_property("figure", f"{label}: {median(times):.0f} ms")
    assert median(times) < limit
