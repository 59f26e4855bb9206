"""The page: reproducible notebooks, ids prefixed once, one file that loads nothing, in a real browser too."""
import base64
import copy
import hashlib
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium, opened
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from analysis.figures import plotting
from analysis.page import TEMPLATES, Chapter, index, normalise, prefixed, render

META = {
    "name": "cheap", "scenario": {"name": "cheap", "title": "Cheap GPUs", "reason": "New capacity."},
    "changed": [("gpu_price", "0.9 USD/GPU-h")], "draws": 1000, "seed": 1, "evidence_until": "2026-11-22",
    "hash": "0123456789ab", "judgements": 3, "assumptions": 9,
}
FIGURE = f"""<figure class="plot" id="fig-a"><figcaption>One bar</figcaption><div class="canvas">
<svg viewBox="0 0 360 90" role="img" aria-labelledby="fig-a-title fig-a-desc"><title id="fig-a-title">One bar</title>
<desc id="fig-a-desc">A bar.</desc><defs><clipPath id="fig-a-c"><rect width="300" height="60"/></clipPath></defs>
<g clip-path="url(#fig-a-c)"><rect id="fig-a-r" width="200" height="40" fill="var(--s1,{plotting.SERIES[0]})"/></g>
<use href="#fig-a-r" y="45"/></svg></div><p class="note">How to read it.</p></figure>"""
HEAD = '<th scope="col">Name</th>' + '<th scope="col" class="number">Some <span class="unit">USD</span></th>' * 9
ROWS = ('<tr><th scope="row">A row</th>' + '<td class="number">1,234.5</td>' * 9 + "</tr>") * 30
TABLE = f"""<figure class="table" id="tab-a"><div class="scroll" role="region" tabindex="0" aria-label="Wide"><table>
<caption>A wide table of numbers that asks for more room than a phone has</caption>
<thead><tr>{HEAD}</tr></thead><tbody>{ROWS}</tbody></table></div></figure>"""
VERDICT = """<div class="verdict"><p>A second earns <data value="1">USD 1</data>.</p><p>It costs less.</p></div>
<dl class="headline"><div><dt>Earned</dt><dd>USD 1 <small>0.5 to 2</small></dd></div></dl>"""


def cell(source, *outputs):
    shown = [new_output("display_data", data={"text/html": output, "text/plain": "<Html at 0x7f>"}) for output in outputs]
    return new_code_cell(source, outputs=shown)


def chapter(key, title, *outputs, group=""):
    cells = [
        new_markdown_cell("# The title\n\nProse, see [a source](https://example.org/a)."), cell("open_chapter()", *outputs),
        new_markdown_cell("## A part\n\nMore prose, see [a table](#tab-a)."), cell("table(study)", TABLE), new_markdown_cell("## A part"),
    ]
    return Chapter(key, title, normalise(new_notebook(cells=cells)), group)


@pytest.fixture(scope="module")
def sample():
    runs = [chapter(f"vertical-{name}", name.capitalize(), FIGURE, group="vertical") for name in ("previs", "tv")]
    return [chapter("summary", "The answer", VERDICT, FIGURE), *runs]


@pytest.fixture(scope="module")
def sample_page(sample, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(sample, META), "utf-8")
    return path


@pytest.fixture(params=["sample_page", "base_report"])
def report_page(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


KERNEL = {"name": "python3", "display_name": "Python 3"}


def test_normalise_takes_out_what_differs_between_runs_and_nothing_else():
    def run(moment):
        made = new_notebook(cells=[new_markdown_cell("Words"), cell("1", "<p>1</p>")], metadata={"kernelspec": dict(KERNEL)})
        made.metadata.update(papermill={"start_time": moment}, language_info={"name": "python", "version": moment})
        made.cells[1].metadata.update(papermill={"duration": moment}, execution={"t": moment}, tags=["parameters"])
        made.cells[1].outputs += [new_output("stream", name=n, text=t) for n, t in (("stderr", f"/tmp/{moment}"), ("stdout", "said"))]
        made.cells[1].outputs[0].data["text/plain"] = f"<Html at {moment}>"
        made.cells[1].outputs.append(new_output("display_data", data={"text/plain": "kept, as nothing is richer"}))
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


@given(own=st.lists(names, unique=True, min_size=1, max_size=5), other=names, prefix=prefixes, quote=st.sampled_from("\"'"))
def test_every_id_and_reference_is_prefixed_once_and_nothing_else(own, other, prefix, quote):
    def page(p):
        def q(text):
            return f"{quote}{text}{quote}"
        each = "".join(f"<p id={q(p + i)} class={q(i)} data-result={q(i + '/x')}>id={i} #{i} url(#{i})</p>"
                       f"<a href={q('#' + p + i)}>{i}</a><a href={q('https://example.org/#' + i)}>{i}</a>"
                       f"<g clip-path={q(f'url(#{p}{i})')} style={q(f'fill:url(#{p}{i})')}></g>"
                       f"<label for={q(p + i)}></label><use xlink:href={q('#' + p + i)} />" for i in own)
        listed = " ".join(p + i for i in own)
        return (f"<!-- id={q(own[0])} -->{each}<svg aria-labelledby={q(listed)}></svg><td headers={q(listed)}></td>"
                f"<b title={q('> id=' + own[0])}></b>"
                f"<style>#{p}{own[0]} {{}}</style>")

    elsewhere = "" if other in own else f'<a href="#{other}">there</a>'
    assert prefixed(page("") + elsewhere, prefix) == page(prefix) + elsewhere


def test_render_is_one_file_that_loads_nothing(report_page):
    text = report_page.read_text("utf-8")
    soup = BeautifulSoup(text, "html.parser")
    assert not soup.select("link[rel=stylesheet], iframe, object, embed, [src^=http], [src^='//'], [srcset]")
    assert all(link["href"].startswith("data:") for link in soup.select("link[href]"))
    assert not re.search(r"@import|url\(\s*[\"']?(?!#|data:)\w", "".join(s.text for s in soup.select("style")))
    assert not re.search(r"\b(fetch|XMLHttpRequest|import)\b\s*\(", "".join(s.text for s in soup.select("script")))
    assert len(text.encode()) < 3_000_000
    assert all(image["alt"] for image in soup.select("img"))
    assert len(soup.select("h1")) == 1 and len(soup.select("main")) == 1
    levels = [int(h.name[1]) for h in soup.select("h1, h2, h3, h4, h5, h6")]
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:]))
    used = dict(re.findall(r"var\(--(\w+),\s*(#[0-9a-f]{6})\)", text))
    assert used.items() <= {**plotting.NAMED, **{f"s{i}": c for i, c in enumerate(plotting.SERIES, 1)}}.items()


def test_policy_allows_exactly_the_scripts_of_the_page(sample):
    soup = BeautifulSoup(render(sample, META, scripts=["document.title += ' < &amp;';"]), "html.parser")
    policy = soup.select_one("meta[http-equiv]")["content"]
    made = [base64.b64encode(hashlib.sha256(s.string.encode()).digest()).decode() for s in soup.select("script")]
    assert re.findall(r"sha256-([^']+)", policy) == made and len(made) == 2
    assert "default-src 'none'" in policy and "unsafe-eval" not in policy


def test_equal_chapters_make_equal_bytes(sample):
    assert render(sample, META) == render(copy.deepcopy(sample), META)


def test_text_of_others_is_escaped(sample):
    evil = "<script>alert(1)</script>\"'&"
    meta = {**META, "name": evil, "scenario": {"name": evil, "title": evil, "reason": evil}, "changed": [(evil, evil)], "hash": evil}
    chapters = [Chapter("k", evil, new_notebook(cells=[new_code_cell(evil)])), *sample]
    soup = BeautifulSoup(render(chapters, meta), "html.parser")
    assert len(soup.select("script")) == 1
    assert soup.select_one("#k h2").text == soup.select_one("#k code").text == evil
    assert evil in soup.select_one(".scenario").text
    builds = [{"name": "a b", "scenario": evil, "changed": [evil], "sentences": [evil]}]
    listed = BeautifulSoup(index(builds), "html.parser")
    assert len(listed.select("script")) == 1
    assert listed.select_one("li").text == evil
    assert listed.select_one("h2 a")["href"] == "a%20b/report.html"


@pytest.mark.parametrize("output, fault", [
    ("<img src='data:image/png;base64,AA=='>", "no description"),
    ("<a href='#gone'>x</a>", "#gone.* leads nowhere"),
    ("<p id='b'></p><p id='b'></p>", "'k-b' stands 2 times"),
    ("<img alt='x' src='https://example.org/a.png'>", "would be loaded"),
    ("<script>alert(1)</script>", "not allowed"),
])
def test_what_no_reader_should_meet_stops_the_page(output, fault):
    with pytest.raises(ValueError, match=fault):
        render([Chapter("k", "A chapter", new_notebook(cells=[cell("1", output)]))], META)


def test_runs_of_one_notebook_stand_under_one_heading_and_may_be_pointed_at(sample):
    link = '<p><a href="#vertical-previs-tab-a">the table</a></p>'
    linking = Chapter("last", "Last", new_notebook(cells=[cell("1", link)]))
    soup = BeautifulSoup(render([*sample, linking], META), "html.parser")
    assert [s["id"] for s in soup.select("main > section")] == ["summary", "vertical", "last"]
    assert [s["id"] for s in soup.select("#vertical section")] == ["vertical-previs", "vertical-tv"]
    assert soup.select_one("#vertical-previs h3").text == "Previs" and len(soup.select("#vertical h2")) == 1
    assert [h["id"] for h in soup.select("#summary h3")] == ["summary-A-part", "summary-A-part-2"]
    assert all(soup.find(id=s["aria-labelledby"]) for s in soup.select("section[aria-labelledby]"))
    folded = [details.summary.text for details in soup.select("details.code")]
    assert folded == ["Code of this chapter", "Code of this chapter, as run for Previs", "Code of this chapter"]


def test_the_dark_palette_has_a_light_value_equal_to_that_of_the_figures():
    style = (TEMPLATES / "report" / "style.css").read_text("utf-8")
    light = dict(re.findall(r"--(\w+): light-dark\((#[0-9a-f]{6})", style))
    assert {**plotting.NAMED, **{f"s{i}": c for i, c in enumerate(plotting.SERIES, 1)}}.items() <= light.items()


def test_every_colour_has_contrast_in_both_modes():
    """WCAG 2.2: 3:1 for graphics, 4.5:1 for text; the formula is that of the recommendation."""
    style = (TEMPLATES / "report" / "style.css").read_text("utf-8")
    modes = {name: values for name, *values in re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", style)}

    def luminance(colour):
        parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        return sum(w * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for w, c in zip((0.2126, 0.7152, 0.0722), parts))

    for name in modes.keys() - {"surface", "raised", "line"}:
        for mode in (0, 1):
            for background in ("surface", "raised"):
                low, high = sorted((luminance(modes[name][mode]), luminance(modes[background][mode])))
                assert (high + 0.05) / (low + 0.05) >= (3 if re.fullmatch(r"s\d", name) else 4.5), (name, background, mode)


@pytest.mark.browser
@pytest.mark.parametrize("width, height", [(1280, 800), (360, 740)])
def test_the_page_is_quiet_fits_and_shows_the_verdict_first(browser, report_page, width, height):
    with opened(browser, report_page, viewport={"width": width, "height": height}) as page:
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.wait_for_timeout(200)
        assert page.heard == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        box = page.locator(".verdict p").first.bounding_box()
        assert box["y"] + box["height"] < height


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
    with opened(browser, sample_page, viewport={"width": 1280, "height": 800}, reduced_motion="reduce") as page:
        current = page.locator(".wide [aria-current]")
        assert current.get_attribute("href") == "#summary"
        page.locator(".wide a[href='#vertical-tv']").click()
        page.wait_for_function("document.querySelector('.wide [aria-current]').hash === '#vertical-tv'")
        assert current.count() == 1


@pytest.mark.browser
def test_without_scripts_everything_can_be_read(browser, sample_page):
    with opened(browser, sample_page, java_script_enabled=False) as page:
        assert page.locator(".wide a[href='#vertical-tv']").is_visible() and page.locator("#vertical-tv table").is_visible()
        assert not page.locator("button.theme").is_visible()


@pytest.mark.browser
def test_print_opens_what_is_folded_but_not_the_code(browser, sample, tmp_path):
    fold = '<details class="fold"><summary>All rows</summary><p id="inside">Rows</p></details>'
    folded = Chapter("more", "More", new_notebook(cells=[cell("1", fold)]))
    path = tmp_path / "report.html"
    path.write_text(render([*sample, folded], META), "utf-8")
    with opened(browser, path) as page:
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("#more-inside").is_visible() and not page.locator("details.code").first.is_visible()
        assert page.pdf().startswith(b"%PDF")
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert not page.evaluate("document.querySelector('.fold').open")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_no_accessibility_violation(browser, report_page, scheme, width):
    with opened(browser, report_page, bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}) as page:
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        found = Axe().run(page, options={"resultTypes": ["violations"],
                                         "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
        assert [(v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in found.response["violations"]] == []
