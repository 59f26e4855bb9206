"""The page: reproducible notebooks, ids prefixed once, one file that loads nothing, in a real browser too."""

import ast
import base64
import copy
import csv
import hashlib
import itertools
import json
import re
import shutil

import pandas as pd
import pytest
from browsing import chromium, opened, violations
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from nbformat import read as read_notebook
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from analysis.build.page import TEMPLATES, Chapter, normalise, prefixed, render
from analysis.build.request import NOTEBOOKS
from analysis.inputs.assumptions import resolve
from analysis.inputs.tables import DATA, read_tables
from analysis.show import chapter as opening
from analysis.show import tables, whatif
from analysis.show.figures import plotting
from analysis.show.prose import Html, csv_link, format_quantity

META = {
    "name": "cheap",
    "scenario": {"name": "cheap", "title": "Cheap GPUs", "reason": "New capacity."},
    "changed": [("gpu_price", "0.9 USD/GPU-h")],
    "draws": 1000,
    "seed": 1,
    "evidence_until": "2026-11-22",
    "hash": "0123456789ab",
    "judgements": 3,
    "assumptions": 9,
}
FIGURE = f"""<figure class="plot" id="fig-a"><figcaption>One bar</figcaption><div class="canvas">
<svg viewBox="0 0 360 90" role="img" aria-labelledby="fig-a-title fig-a-desc"><title id="fig-a-title">One bar</title>
<desc id="fig-a-desc">A bar.</desc><defs><clipPath id="fig-a-c"><rect width="300" height="60"/></clipPath></defs>
<g clip-path="url(#fig-a-c)"><rect id="fig-a-r" width="200" height="40" fill="var(--s1,{plotting.SERIES[0]})"/></g>
<use href="#fig-a-r" y="45"/></svg></div><p class="note">How to read it.</p>{csv_link("a", pd.DataFrame({"a": [1]}))}</figure>"""
TABLE = tables.table(
    "a",
    "A wide table of numbers that asks for more room than a phone has",
    ["Name", *[("Some", "USD/generated_second")] * 9],
    [["A row", *[1234.5] * 9]] * 3,
)
GIVEN = '<data value="2.5" data-input="gpu_price" data-stat="value">USD 2.50</data>'
CLAIMED = '<data value="0.5" data-claim="pays/tv" data-stat="probability">50 %</data>'
RESULT = '<data value="2" data-result="tv/revenue/" data-stat="value">USD 2</data>'
RESULTS = [
    dict(
        segment="tv",
        metric="revenue",
        detail="",
        unit="USD/customer-month",
        value=2.0,
        p05=1.0,
        p50=1.5,
        p95=3.0,
    ),
    dict(
        segment="tv",
        metric="not shown",
        detail="",
        unit="count",
        value=1.0,
        p05=1.0,
        p50=1.0,
        p95=1.0,
    ),
]
VERDICT = f"""<div class="verdict"><p>A second pays with {CLAIMED}.</p><p>It costs {GIVEN}.</p></div>
<dl class="headline" data-segment="tv" data-model="workflow"><div><dt>Earned</dt><dd>{RESULT} <small>1 to 3</small></dd></div></dl>"""
VALUES = [3.0, float("nan"), 1e7, -2.0, 0.5, *range(100, 125)]
MANY = [
    [f'=row {i}, "{i}"', value, Html(f"<b>likely</b> ({CLAIMED})"), Html(GIVEN)]
    for i, value in enumerate(VALUES)
]
EVIDENCE = (
    tables.table(
        "assumptions",
        "Assumptions.",
        ["Name", "Best value", "Basis", "Evidence", "Why"],
        ids=["assumption-gpu_price"],
        folded="1 input",
        rows=[
            [
                "gpu_price",
                Html(GIVEN),
                Html('<span class="judgement">judgement</span>'),
                Html('<a href="#source-C1">C1</a>'),
                "Because.",
            ]
        ],
    )
    + tables.table(
        "sources",
        "Sources.",
        ["Id", "Figure", "Source", "Cited by", "Note"],
        ids=["source-C1", "source-C2"],
        folded="2 figures",
        rows=[
            [
                "C1",
                "Rent",
                Html(
                    '<a href="https://example.org/rent" data-source="C1">A publisher</a>, 2026-01 (press)'
                ),
                Html('<a href="#assumption-gpu_price">gpu_price</a>'),
                "",
            ],
            [
                "C2",
                "Unused",
                Html(
                    '<a href="https://example.org/unused" data-source="C2">Another</a>, 2026 (press)'
                ),
                "",
                "",
            ],
        ],
    )
    + tables.table(
        "worked-tv", "Line by line.", ["Metric", "Formula"], [["revenue", "seconds x price"]]
    )
    + tables.table(
        "glossary",
        "Names.",
        ["Name", "Meaning"],
        [["revenue", "what a customer pays"]],
        folded="1 name",
    )
    + tables.table(
        "many",
        "Many rows.",
        ["Name", ("Size", "m"), "Likelihood", "Given"],
        MANY,
        folded="Many rows",
    )
)


def cell(source, *outputs):
    shown = [
        new_output("display_data", data={"text/html": output, "text/plain": "<Html at 0x7f>"})
        for output in outputs
    ]
    return new_code_cell(source, outputs=shown)


def chapter(key, title, *outputs, group=""):
    cells = [
        new_markdown_cell(f"# The title of {key}\n\nProse, see [a source](https://example.org/a)."),
        cell("open_chapter()", *outputs),
        new_markdown_cell("## A part\n\nMore prose, see [a table](#tab-a)."),
        cell("table(study)", TABLE),
        new_markdown_cell("## A part"),
    ]
    return Chapter(key, title, normalise(new_notebook(cells=cells)), group)


@pytest.fixture(scope="module")
def sample():
    runs = [
        chapter(
            f"vertical-{name}",
            name.capitalize(),
            FIGURE,
            f"<p>Paid: {CLAIMED.replace('tv', name)}</p>",
            group="vertical",
        )
        for name in ("previs", "tv")
    ]
    evidence = Chapter("evidence", "Evidence", new_notebook(cells=[cell("1", EVIDENCE)]))
    return [chapter("summary", "The answer", VERDICT, FIGURE), *runs, evidence]


@pytest.fixture(scope="module")
def sample_page(sample, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(sample, META, results=RESULTS), "utf-8")
    return path


@pytest.fixture(params=["sample_page", "base_report"])
def report_page(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def report(browser, base_report):
    """The base report, opened once; a test leaves it as it was."""
    with opened(browser, base_report, viewport=WIDE, reduced_motion="reduce") as page:
        yield page


WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
KERNEL = {"name": "python3", "display_name": "Python 3"}


def test_normalise_takes_out_what_differs_between_runs_and_nothing_else():
    def run(moment):
        made = new_notebook(
            cells=[new_markdown_cell("Words"), cell("1", "<p>1</p>")],
            metadata={"kernelspec": dict(KERNEL)},
        )
        made.metadata.update(
            papermill={"start_time": moment}, language_info={"name": "python", "version": moment}
        )
        made.cells[1].metadata.update(
            papermill={"duration": moment}, execution={"t": moment}, tags=["parameters"]
        )
        made.cells[1].outputs += [
            new_output("stream", name=n, text=t)
            for n, t in (("stderr", f"/tmp/{moment}"), ("stdout", "said"))
        ]
        made.cells[1].outputs[0].data["text/plain"] = f"<Html at {moment}>"
        made.cells[1].outputs.append(
            new_output("display_data", data={"text/plain": "kept, as nothing is richer"})
        )
        return made

    first, second = run("a"), run("b")
    before = copy.deepcopy(first)
    assert normalise(first) == normalise(second)
    assert first == before
    made = normalise(first)
    assert made.metadata == {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    assert made.cells[1].metadata == {"tags": ["parameters"]}
    kept = [output.get("text") or output.data for output in made.cells[1].outputs]
    assert kept == [{"text/html": "<p>1</p>"}, "said", {"text/plain": "kept, as nothing is richer"}]
    assert normalise(made) == made


def test_a_notebook_with_an_error_is_refused():
    error = new_output("error", ename="ZeroDivisionError", evalue="division", traceback=[])
    with pytest.raises(ValueError, match="cell 1 .*ZeroDivisionError"):
        normalise(new_notebook(cells=[new_code_cell("1/0", outputs=[error])]))


names = st.from_regex(r"[a-z][a-z0-9_-]{0,6}", fullmatch=True)


prefixes = st.from_regex(r"[a-z]{1,6}-", fullmatch=True)


@given(
    own=st.lists(names, unique=True, min_size=1, max_size=5),
    other=names,
    prefix=prefixes,
    quote=st.sampled_from("\"'"),
)
def test_every_id_and_reference_is_prefixed_once_and_nothing_else(own, other, prefix, quote):
    def page(p):
        def q(text):
            return f"{quote}{text}{quote}"

        each = "".join(
            f"<p id={q(p + i)} class={q(i)} data-result={q(i + '/x')}>id={i} #{i} url(#{i})</p>"
            f"<a href={q('#' + p + i)}>{i}</a><a href={q('https://example.org/#' + i)}>{i}</a>"
            f"<g clip-path={q(f'url(#{p}{i})')} style={q(f'fill:url(#{p}{i})')}></g>"
            f"<label for={q(p + i)}></label><use xlink:href={q('#' + p + i)} />"
            for i in own
        )
        listed = " ".join(p + i for i in own)
        return (
            f"<!-- id={q(own[0])} -->{each}<svg aria-labelledby={q(listed)}></svg><td headers={q(listed)}></td>"
            f"<b title={q('> id=' + own[0])}></b>"
            f"<style>#{p}{own[0]} {{}}</style>"
        )

    elsewhere = "" if other in own else f'<a href="#{other}">there</a>'
    assert prefixed(page("") + elsewhere, prefix) == page(prefix) + elsewhere


def test_render_is_one_file_that_loads_nothing(report_page):
    text = report_page.read_text("utf-8")
    soup = BeautifulSoup(text, "html.parser")
    assert not soup.select(
        "link[rel=stylesheet], iframe, object, embed, [src^=http], [src^='//'], [srcset]"
    )
    assert all(link["href"].startswith("data:") for link in soup.select("link[href]"))
    assert not re.search(
        r"@import|url\(\s*[\"']?(?!#|data:)\w", "".join(s.text for s in soup.select("style"))
    )
    assert not re.search(
        r"\b(fetch|XMLHttpRequest|import)\b\s*\(", "".join(s.text for s in soup.select("script"))
    )
    assert len(text.encode()) < 3_000_000
    assert all(image["alt"] for image in soup.select("img"))
    assert len(soup.select("h1")) == 1 and len(soup.select("main")) == 1
    levels = [int(h.name[1]) for h in soup.select("h1, h2, h3, h4, h5, h6")]
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:]))
    used = dict(re.findall(r"var\(--(\w+),\s*(#[0-9a-f]{6})\)", text))
    assert (
        used.items()
        <= {**plotting.NAMED, **{f"s{i}": c for i, c in enumerate(plotting.SERIES, 1)}}.items()
    )


def test_policy_allows_exactly_the_scripts_of_the_page(sample):
    soup = BeautifulSoup(
        render(sample, META, scripts=["document.title += ' < &amp;';"]), "html.parser"
    )
    policy = soup.select_one("meta[http-equiv]")["content"]
    made = [
        base64.b64encode(hashlib.sha256(s.string.encode()).digest()).decode()
        for s in soup.select("script")
    ]
    assert re.findall(r"sha256-([^']+)", policy) == made and len(made) == 2
    assert "default-src 'none'" in policy and "unsafe-eval" not in policy


def test_equal_chapters_make_equal_bytes(sample):
    assert render(sample, META) == render(copy.deepcopy(sample), META)


def test_text_of_others_is_escaped(sample):
    evil = "<script>alert(1)</script>\"'&"
    meta = {
        **META,
        "name": evil,
        "scenario": {"name": evil, "title": evil, "reason": evil},
        "changed": [(evil, evil)],
        "hash": evil,
    }
    chapters = [Chapter("k", evil, new_notebook(cells=[new_code_cell(evil)])), *sample]
    soup = BeautifulSoup(render(chapters, meta), "html.parser")
    assert len(soup.select("script")) == 1
    assert soup.select_one("#k h2").text == soup.select_one("#k code").text == evil
    assert evil in soup.select_one(".scenario").text
    results = [RESULTS[0] | {"unit": evil}]
    (facts,) = BeautifulSoup(render(sample, META, results=results), "html.parser").select(
        "script[type='application/json']"
    )
    assert json.loads(facts.string) == {"tv/revenue/": [evil, "2", "1", "1.5", "3"]}


@pytest.mark.parametrize(
    "output, fault",
    [
        ("<img src='data:image/png;base64,AA=='>", "no description"),
        ("<a href='#gone'>x</a>", "#gone.* leads nowhere"),
        ("<p id='b'></p><p id='b'></p>", "'k-b' stands 2 times"),
        ("<img alt='x' src='https://example.org/a.png'>", "would be loaded"),
        ("<script>alert(1)</script>", "not allowed"),
    ],
)
def test_what_no_reader_should_meet_stops_the_page(output, fault):
    with pytest.raises(ValueError, match=fault):
        render([Chapter("k", "A chapter", new_notebook(cells=[cell("1", output)]))], META)


def test_runs_of_one_notebook_stand_under_one_heading_and_may_be_pointed_at(sample):
    link = '<p><a href="#vertical-previs-tab-a">the table</a></p>'
    linking = Chapter("last", "Last", new_notebook(cells=[cell("1", link)]))
    soup = BeautifulSoup(render([*sample, linking], META), "html.parser")
    assert [s["id"] for s in soup.select("main > section")] == [
        "summary",
        "vertical",
        "evidence",
        "last",
    ]
    assert [s["id"] for s in soup.select("#vertical section")] == ["vertical-previs", "vertical-tv"]
    assert (
        soup.select_one("#vertical-previs h3").text == "Previs"
        and len(soup.select("#vertical h2")) == 1
    )
    assert [h["id"] for h in soup.select("#summary h3")] == ["summary-A-part", "summary-A-part-2"]
    assert all(soup.find(id=s["aria-labelledby"]) for s in soup.select("section[aria-labelledby]"))
    folded = [details.summary.text for details in soup.select("details.code")]
    assert folded == [
        "Code of this chapter",
        "Code of this chapter, as run for Previs",
        "Code of this chapter",
        "Code of this chapter",
    ]
    linked = [a["href"] for a in soup.select("#vertical details.code a")]
    assert linked == ["notebooks/vertical-previs.ipynb", "notebooks/vertical-tv.ipynb"]


def test_inputs_claims_and_sources_lead_to_each_other(sample):
    soup = BeautifulSoup(render(sample, META), "html.parser")
    given = soup.select_one(".verdict a.input")
    assert given["href"] == "#evidence-assumption-gpu_price" and "judgement" in given["class"]
    assert soup.select_one(".verdict a.claim")["href"] == "#vertical-tv-title"
    assert not soup.select("tr[id] a.input, #vertical-tv p > a.claim")
    back = soup.select_one("tr#evidence-assumption-gpu_price .shown")
    assert back.a["href"] == "#summary-title" and back.a.text == "The title of summary"
    assert soup.select_one("tr#evidence-source-C1 a[href='#evidence-assumption-gpu_price']")
    assert [row["id"] for row in soup.select("tr.idle")] == [
        "evidence-source-C2"
    ] and "1 of 2" in soup.select_one(".paper").text
    alone = BeautifulSoup(render(sample[:1], META), "html.parser")
    assert (
        not alone.select("a.input, a.claim")
        and alone.select_one("data[data-input]").text == "USD 2.50"
    )


def test_every_section_figure_and_table_has_a_link_to_itself_and_a_number_in_order(report_page):
    """Oracle: the headings, figures and tables themselves, as an HTML parser finds them."""
    soup = BeautifulSoup(report_page.read_text("utf-8"), "html.parser")
    for kind, word in (("plot", "Figure"), ("table", "Table")):
        figures = soup.select(f"main figure.{kind}")
        links = [figure.select("figcaption a.permalink, caption a.permalink") for figure in figures]
        assert [[(a["href"], a.text) for a in of] for of in links] == [
            [(f"#{f['id']}", f"{word} {n}.")] for n, f in enumerate(figures, 1)
        ]
    for heading in soup.select("main :is(h2, h3, h4, h5)"):
        link = heading.find_next_sibling("a", class_="permalink")
        assert link["aria-label"] == f"Link to this section: {' '.join(heading.text.split())}"
        assert heading["id"] in (link["href"][1:], f"{link['href'][1:]}-title")


def test_each_figure_leads_to_its_data_and_to_its_code(base_report):
    soup = BeautifulSoup(base_report.read_text("utf-8"), "html.parser")
    named = {tag["id"]: tag for tag in soup.find_all(id=True)}
    for figure in soup.find_all("figure", class_="plot"):
        how, data = figure.select(".download a")
        assert (
            data["href"].startswith("data:text/csv") and "figures." in named[how["href"][1:]].text
        )
    assert (
        len(soup.find_all("a", class_="claim")) > 10
        and len(soup.find_all("a", class_="judgement")) > 10
    )
    inputs = [row for name, row in named.items() if name.startswith("evidence-assumption-")]
    cited = {a["href"][1:] for row in inputs for a in row.find_all("a", class_="id")}
    assert cited and all(
        a["href"].startswith("#evidence-assumption-")
        for name in cited
        for a in named[name].find_all("a", class_="id")
    )
    assert all(named[name].find("a", class_="id") for name in cited)


def test_the_dark_palette_has_a_light_value_equal_to_that_of_the_figures():
    style = (TEMPLATES / "report" / "style.css").read_text("utf-8")
    light = dict(re.findall(r"--(\w+): light-dark\((#[0-9a-f]{6})", style))
    assert {
        **plotting.NAMED,
        **{f"s{i}": c for i, c in enumerate(plotting.SERIES, 1)},
    }.items() <= light.items()


def test_every_colour_has_contrast_in_both_modes():
    """WCAG 2.2: 3:1 for graphics, 4.5:1 for text; the formula is that of the recommendation."""
    style = (TEMPLATES / "report" / "style.css").read_text("utf-8")
    modes = {
        name: values
        for name, *values in re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", style)
    }

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        return sum(
            w * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
            for w, c in zip((0.2126, 0.7152, 0.0722), parts)
        )

    for name in modes.keys() - {"surface", "raised", "line"}:
        for mode in (0, 1):
            for background in ("surface", "raised"):
                low, high = sorted(
                    (luminance(modes[name][mode]), luminance(modes[background][mode]))
                )
                assert (high + 0.05) / (low + 0.05) >= (3 if re.fullmatch(r"s\d", name) else 4.5), (
                    name,
                    background,
                    mode,
                )


def is_quiet_fits_and_shows_the_verdict_first(page):
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.wait_for_timeout(100)
        assert page.heard == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        box, last = (
            page.locator(".verdict p").first.bounding_box(),
            page.locator(".headline dd").last.bounding_box(),
        )
        assert (
            box["y"] + box["height"] < size["height"] and last["y"] + 24 < size["height"]
        )  # a line of it: fonts differ


@pytest.mark.browser
def test_the_report_is_quiet_fits_and_shows_verdict_and_headline_first(report):
    is_quiet_fits_and_shows_the_verdict_first(report)


@pytest.mark.browser
def test_any_page_is_quiet_fits_and_shows_verdict_and_headline_first(browser, sample_page):
    with opened(browser, sample_page) as page:
        is_quiet_fits_and_shows_the_verdict_first(page)


@pytest.mark.browser
def test_the_theme_is_toggled_and_remembered(browser, sample_page):
    with opened(browser, sample_page, color_scheme="light") as page:

        def state():
            background = page.evaluate("getComputedStyle(document.body).backgroundColor")
            return page.locator("button.theme").get_attribute("aria-pressed"), background

        light = state()
        page.locator("button.theme").click()
        dark = state()
        assert light[0] == "false" and dark[0] == "true" and light[1] != dark[1]
        page.reload()
        assert state() == dark
        page.locator("button.theme").click()
        assert state() == light


@pytest.mark.browser
def test_the_contents_follow_the_reader(browser, sample_page):
    with opened(
        browser, sample_page, viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
    ) as page:
        current = page.locator(".wide [aria-current]")
        assert current.get_attribute("href") == "#summary"
        page.locator(".wide a[href='#vertical-tv']").click()
        page.wait_for_function(
            "document.querySelector('.wide [aria-current]').hash === '#vertical-tv'"
        )
        assert current.count() == 1


@pytest.mark.browser
def test_without_scripts_and_network_everything_can_be_read(browser, sample_page):
    with opened(browser, sample_page, java_script_enabled=False, offline=True) as page:
        assert (
            page.locator(".wide a[href='#vertical-tv']").is_visible()
            and page.locator("#vertical-tv table").is_visible()
        )
        assert page.locator("button, input").filter(visible=True).count() == 0
        page.locator(".verdict a.input").click()
        assert page.locator("#evidence-assumption-gpu_price").is_visible()


@pytest.mark.browser
def test_a_note_tells_the_source_and_gives_the_focus_back(browser, sample_page):
    with opened(browser, sample_page, reduced_motion="reduce") as page:
        note, link = page.get_by_role("dialog"), page.locator(".verdict a.input")
        link.press("Enter")
        assert all(
            word in note.inner_text()
            for word in (
                "gpu_price",
                "judgement",
                "Rent",
                "A publisher, 2026-01 (press)",
                "Because.",
            )
        )
        assert note.locator("a[href='https://example.org/rent']").is_visible()
        box = note.bounding_box()
        assert (
            box["x"] >= 0
            and box["y"] >= 0
            and box["x"] + box["width"] <= 1280
            and box["y"] + box["height"] <= 720
        )
        page.keyboard.press("Escape")
        assert not note.is_visible() and link.evaluate("link => link === document.activeElement")
        link.click()
        note.get_by_text("Its row among").click()
        assert not note.is_visible() and page.locator("#evidence-assumption-gpu_price").is_visible()
        page.go_back()
        assert page.url.endswith("report.html") and page.heard == []


@pytest.mark.browser
def test_a_note_tells_where_a_computed_number_comes_from_by_mouse_and_by_keyboard(
    browser, sample_page
):
    with opened(browser, sample_page, reduced_motion="reduce") as page:
        note, number = page.get_by_role("dialog"), page.locator(".headline data")
        told = (
            "what a customer pays",
            "USD 2",
            "USD/customer-month",
            "USD 1 to USD 3, median USD 1.5",
            "seconds x price",
            "segment tv, metric revenue, column value",
        )
        number.click()
        assert all(word in note.inner_text() for word in told)
        page.keyboard.press("Escape")
        button = page.locator(".headline + button")
        button.press("Enter")
        assert all(word in note.inner_text() for word in told)
        page.keyboard.press("Escape")
        assert not note.is_visible() and button.evaluate(
            "button => button === document.activeElement"
        )
        page.locator("#vertical-tv p data").click()
        assert "claim pays, subject tv, column probability" in note.inner_text()
        page.keyboard.press("Escape")
        number.click()
        note.get_by_role("link", name="line by line").click()
        assert (
            not note.is_visible()
            and page.locator(":target").inner_text().startswith("revenue")
            and page.heard == []
        )


@pytest.mark.browser
def test_the_report_tells_of_each_computed_number(report):
    """Oracle: the interval that the sentence shows beside the number, one of each model; formula and meaning come from chapter 9."""
    for segment in ("consumer", "previs"):
        number = report.locator(
            f"main p data[data-result='{segment}/contribution/'][data-stat=value]"
        ).first
        number.click()
        text = report.get_by_role("dialog").inner_text()
        beside = [
            number.locator(f"xpath=../data[@data-stat='{stat}']").first for stat in ("p05", "p95")
        ]
        interval = [end.get_attribute("value") for end in beside]
        assert "revenue - compute_cost - service_cost" in text and "contribution (glossary)" in text
        assert " to ".join(format_quantity(float(end), "USD") for end in interval) in text
        report.keyboard.press("Escape")


@pytest.mark.browser
def test_long_tables_are_sorted_searched_and_taken_away(browser, sample_page):
    with opened(browser, sample_page) as page:
        page.locator("summary").get_by_text("Many rows").click()
        figure = page.locator("#evidence-tab-many")

        def shown():
            return [
                float(v or "nan")
                for v in figure.locator("tbody tr").evaluate_all(
                    "rows => rows.map((r) => r.cells[1].dataset.value)"
                )
            ]

        head, button = figure.locator("th").nth(1), figure.locator("thead button").nth(1)
        for state, expected in (
            ("ascending", sorted(VALUES[:1] + VALUES[2:])),
            ("descending", sorted(VALUES[:1] + VALUES[2:])[::-1]),
        ):
            button.press("Enter")
            assert (
                head.get_attribute("aria-sort") == state
                and shown()[:-1] == expected
                and shown()[-1] != shown()[-1]
            )
        button.press("Space")
        assert head.get_attribute("aria-sort") is None and shown()[2:] == VALUES[2:]
        figure.get_by_label("Search").fill("ROW 29")
        assert (
            figure.locator("tbody tr").filter(visible=True).count() == 1
            and "1 of 30" in figure.locator("output").inner_text()
        )
        with page.expect_download() as taken:
            figure.get_by_role("button", name="Data (CSV)").click()
        with open(taken.value.path(), encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        assert head == ["Name", "Size (m)", "Likelihood", "Likelihood, probability", "Given"]
        assert rows[0] == ['=row 0, "0"', "3", "likely (50 %)", "0.5", "2.5"] and len(rows) == 30
        assert [row[1] for row in rows[1:4]] == ["", "10000000", "-2"]
        assert [heard for heard in page.heard if not heard.startswith("blob:")] == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize(
    "which", ["sample_page", pytest.param("base_report", marks=pytest.mark.slow)]
)
def test_everything_is_reached_by_keyboard_with_visible_focus(browser, request, which, width):
    with opened(
        browser,
        request.getfixturevalue(which),
        viewport={"width": width, "height": 800},
        reduced_motion="reduce",
    ) as page:
        wanted = page.evaluate("""() => {
            const found = [...document.querySelectorAll("a[href], :is(button, input, select, textarea):enabled, summary, [tabindex='0']")];
            return found.filter((e) => e.checkVisibility()).map((e, i) => { e.dataset.stop = i; return i; }); }""")
        reached = []
        for _ in wanted:
            page.keyboard.press("Tab")
            stop, seen = page.evaluate("""() => {
                const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
                return [Number(e.dataset.stop), e.checkVisibility({ opacityProperty: true })
                        && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
                        && box.bottom > 0 && box.top < innerHeight && box.right > 0]; }""")
            assert seen, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
            reached.append(stop)
        assert reached == wanted


@pytest.mark.browser
def test_print_opens_what_is_folded_but_not_the_code(browser, sample_page):
    with opened(browser, sample_page) as page:
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("#evidence-tab-many").is_visible()
        assert page.locator("details.code, p button, input").filter(visible=True).count() == 0
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert not page.evaluate("document.querySelector('#evidence details').open")


@pytest.mark.browser
def test_paper_leaves_out_what_nothing_leads_to_and_says_so(browser, sample_page):
    with opened(browser, sample_page) as page:
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert (
            page.locator("#evidence-source-C1").is_visible()
            and not page.locator("#evidence-source-C2").is_visible()
        )
        assert (
            page.locator(".paper").is_visible()
            and page.locator(".headed a, .numbers").filter(visible=True).count() == 0
        )


@pytest.mark.browser
def test_the_report_is_printed_on_a_sane_number_of_pages_and_cuts_no_chart(report):
    """A4 within its margins is 176 mm by 259 mm, at 96 CSS pixels an inch."""
    report.set_viewport_size({"width": 665, "height": 979})
    report.emulate_media(media="print")
    tallest = max(
        report.locator("figure.plot").evaluate_all(
            "figures => figures.map((f) => f.getBoundingClientRect().height)"
        )
    )
    report.emulate_media(media="null")
    printed = report.pdf(prefer_css_page_size=True)
    assert (
        20 < max(int(n) for n in re.findall(rb"/Count (\d+)", printed)) <= 75
        and 100 < tallest < 979
    )


@pytest.mark.browser
def test_no_accessibility_violation(browser, sample_page):
    with opened(browser, sample_page) as page:
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        for size, scheme in itertools.product((WIDE, NARROW), ("light", "dark")):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            page.locator(".verdict a.input").press("Enter")
            assert violations(page) == [], (size, scheme)
            page.keyboard.press("Escape")
        page.locator(".headline + button").press("Enter")
        assert page.get_by_role("dialog").is_visible() and violations(page) == []


@pytest.mark.browser
def test_no_accessibility_violation_in_the_report(report):
    """What is folded away, hundreds of rows alike, is opened in the sample, and in the slow test."""
    report.set_viewport_size(NARROW)
    report.emulate_media(color_scheme="dark")
    assert violations(report) == []


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_violation_in_the_report_with_all_of_it_open(
    browser, base_report, size, scheme
):
    with opened(browser, base_report, viewport=size, color_scheme=scheme) as page:
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        page.locator(".whatif input[type=number]").first.press("ArrowUp")
        page.locator(".verdict data[data-result]").first.click()
        assert violations(page) == []


EVIL = """<Film> & "pre" 'vis'"""
EXTREMES = {
    "nothing pays": {"gpu_price": 100, "value_capture": 1e-5, "paid_conversion": 0},
    "everything pays": {
        "gpu_price": 0.01,
        "value_capture": 1,
        "displaced_share": 1,
        "paid_conversion": 1,
        "acquisition_cost": 1e-4,
    },
    "no revenue": {"displaced_share": 0, "paid_conversion": 0, "other_revenue": 0},
}


def executed(path, **parameters):
    """A notebook run in this process, which takes a tenth of a kernel's time: what each cell's last line gives is its output."""
    notebook, space = read_notebook(path, 4), {}
    for part in notebook.cells:
        if part.cell_type == "code":
            tree = ast.parse(part.source)
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, path.name, "exec"), space)
            space |= parameters if "parameters" in part.metadata.get("tags", []) else {}
            shown = (
                eval(compile(ast.Expression(last.value), path.name, "eval"), space)
                if last
                else None
            )
            part.outputs = (
                [new_output("display_data", data={"text/html": str(shown)})] if shown else []
            )
    return notebook


@pytest.fixture(scope="module")
def evil_codebook(tmp_path_factory):
    """The tables with a vertical whose title is markup."""
    folder = tmp_path_factory.mktemp("evil") / "data"
    shutil.copytree(DATA, folder)
    with open(DATA / "segments.csv", encoding="utf-8", newline="") as file:
        rows = [
            [EVIL if row[0] == "previs" and i == 1 else text for i, text in enumerate(row)]
            for row in csv.reader(file)
        ]
    with open(folder / "segments.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return read_tables(folder)


@pytest.mark.parametrize(
    "extreme, chapters, figures",
    [
        ("no revenue", "0[!8]", 20),
        ("everything pays", "0[15]", 4),
        ("nothing pays", "0[15]", 4),  # 8 takes as long as the others together
        *(pytest.param(extreme, "0?", 25, marks=pytest.mark.slow) for extreme in EXTREMES),
    ],
)
def test_extreme_inputs_leave_nothing_undefined_or_unescaped_in_any_chapter(
    extreme, chapters, figures, evil_codebook, monkeypatch
):
    """Chapters of one study, in this process."""
    known = resolve(evil_codebook).quantities
    overrides = {
        name: EXTREMES[extreme][q.parameter]
        for name, q in known.items()
        if q.parameter in EXTREMES[extreme]
    }
    monkeypatch.setattr(opening, "read_codebook", lambda: evil_codebook)
    study = opening.open_chapter(overrides=overrides, draws=100)
    monkeypatch.setattr(
        opening,
        "open_chapter",
        lambda *given: setattr(study, "segment", (*given, None)[4]) or study,
    )
    made = [
        Chapter(path.stem[3:], path.stem, executed(path))
        for path in sorted(NOTEBOOKS.glob(f"{chapters}-*.ipynb"))
    ]
    soup = BeautifulSoup(
        render(made, META, [whatif.script(study)], study.results.to_dict("records")), "html.parser"
    )
    said = " ".join(tag.text for tag in soup.select("main, svg title, svg desc"))
    assert EVIL in said and not re.search(r"\b(nan|NaN|inf)\b|[∞]|&(lt|gt|amp|quot);", said)
    facts = [json.loads(s.string) for s in soup.select("script[type='application/json']")]
    assert facts and not re.search(r"\b(nan|NaN|inf)\b|∞", str(facts))
    assert (
        not soup.select("film")
        and len(soup.select("figure.plot svg[role=img]"))
        == len(soup.select("figure.plot"))
        >= figures
    )
    drawn = " ".join(
        str(value)
        for shape in soup.select("svg path, svg use, svg g, svg text")
        for value in shape.attrs.values()
    )
    assert not re.search(r"\b(nan|inf)\b", drawn, re.IGNORECASE)
