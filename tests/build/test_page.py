"""The page: one file that loads nothing, the same for the same chapters, and fit to be read."""

import base64
import copy
import hashlib
import itertools
import json
import re

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_notebook, new_output
from sample import META, one_cell, render

from analysis.build.page import TEMPLATES, Chapter
from analysis.show.figures import plotting

LOADS = "link[rel=stylesheet], iframe, object, embed, [src^=http], [src^='//'], [srcset]"
COLOURS = {**plotting.NAMED, **{f"s{i}": c for i, c in enumerate(plotting.SERIES, 1)}}
STYLE = (TEMPLATES / "report" / "style.css").read_text("utf-8")


def read(path):
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def rendered(chapters, meta=META, **options):
    return BeautifulSoup(render(chapters, meta, **options), "html.parser")


def test_render_is_one_file_that_loads_nothing(report_page):
    page = read(report_page)
    assert not page.select(LOADS)
    assert all(link["href"].startswith("data:") for link in page.select("link[href]"))
    styles, scripts = ("".join(s.text for s in page.select(n)) for n in ("style", "script"))
    assert not re.search(r"@import|url\(\s*[\"']?(?!#|data:)\w", styles)
    assert not re.search(r"\b(fetch|XMLHttpRequest|import)\b\s*\(", scripts)
    assert report_page.stat().st_size < 2_500_000


def test_the_outline_has_one_top_and_no_gap(report_page):
    page = read(report_page)
    assert len(page.select("h1")) == 1 and len(page.select("main")) == 1
    levels = [int(h.name[1]) for h in page.select("h1, h2, h3, h4, h5, h6")]
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    assert all(image["alt"] for image in page.select("img"))


def test_policy_allows_exactly_the_scripts_of_the_page(sample):
    page = rendered(sample, scripts=["document.title += ' < &amp;';"])
    policy = page.select_one("meta[http-equiv]")["content"]
    run = page.select("script:not([type])")
    digests = [hashlib.sha256(s.string.encode()).digest() for s in run]
    allowed = [base64.b64encode(digest).decode() for digest in digests]
    assert re.findall(r"'sha256-([^']+)'", policy) == allowed and len(allowed) == 2
    assert "default-src 'none'" in policy and "unsafe-eval" not in policy


def test_equal_chapters_make_equal_bytes(sample):
    assert render(sample, META) == render(copy.deepcopy(sample), META)


def test_text_of_others_is_escaped(sample):
    evil = "<script>alert(1)</script>\"'&"
    scenario = dict.fromkeys(("name", "title", "reason"), evil)
    meta = META | {"name": evil, "scenario": scenario, "changed": [(evil, evil)], "hash": evil}
    first = Chapter("k", evil, new_notebook(cells=[new_code_cell(evil)]))
    page = rendered([first, *sample], meta)
    assert len(page.select("script:not([type])")) == 1
    assert page.select_one("#k h2").text == page.select_one("#k code").text == evil
    assert evil in page.select_one(".scenario").text


@pytest.mark.parametrize(
    "output, fault",
    [
        ("<img src='data:image/png;base64,AA=='>", "no description"),
        ("<a href='#gone'>x</a>", "#gone.* leads nowhere"),
        ("<p id='b'></p><p id='b'></p>", "'k-b' stands 2 times"),
        ("<img alt='x' src='https://example.org/a.png'>", "would be loaded"),
        ("<video poster='a.png'></video>", "would be loaded"),
        ("<script>alert(1)</script>", "not allowed"),
    ],
)
def test_what_no_reader_should_meet_stops_the_page(output, fault):
    with pytest.raises(ValueError, match=fault):
        render([one_cell("k", output)], META)


def test_a_picture_without_a_description_stops_the_page():
    def shown(metadata):
        data = {"image/png": "AA=="}
        output = new_output("display_data", data=data, metadata=metadata)
        return [Chapter("k", "K", new_notebook(cells=[new_code_cell("1", outputs=[output])]))]

    with pytest.raises(ValueError, match="no description"):
        render(shown({}), META)
    assert rendered(shown({"image/png": {"alt": "A bar."}})).img["alt"] == "A bar."


def test_runs_of_one_notebook_stand_under_one_heading_and_may_be_pointed_at(sample):
    link = '<p><a href="#vertical-previs-tab-a">the table</a></p>'
    page = rendered([*sample, one_cell("last", link)])
    chapters = [section["id"] for section in page.select("main > section")]
    assert chapters == ["summary", "vertical", "last", "evidence"]
    runs = [section["id"] for section in page.select("#vertical section")]
    assert runs == ["vertical-previs", "vertical-tv"]
    assert page.select_one("#vertical-previs h3").text == "Previs"
    assert len(page.select("#vertical h2")) == 1
    assert [h["id"] for h in page.select("#summary h3")] == ["summary-A-part", "summary-A-part-2"]
    assert all(page.find(id=s["aria-labelledby"]) for s in page.select("section[aria-labelledby]"))


def test_each_chapter_shows_the_code_of_one_run_and_leads_to_all_notebooks(sample):
    page = rendered(sample)
    folded = [details.summary.text for details in page.select("details.code")]
    plain = "Code of this chapter"
    assert folded == [plain, f"{plain}, as run for Previs", plain]
    linked = [a["href"] for a in page.select("#vertical details.code a")]
    assert linked == ["notebooks/vertical-previs.ipynb", "notebooks/vertical-tv.ipynb"]
    for run in ("previs", "tv"):
        how = page.select_one(f"#vertical-{run} .download a")
        assert page.find(id=how["href"][1:]).text == "open_chapter()"


def test_every_section_figure_and_table_has_a_link_to_itself_and_a_number_in_order(report_page):
    """Oracle: the headings, figures and tables themselves, as an HTML parser finds them."""
    page = read(report_page)
    for kind, word in (("plot", "Figure"), ("table", "Table")):
        for number, figure in enumerate(page.select(f"main figure.{kind}"), 1):
            (link,) = figure.select("figcaption a.permalink, caption a.permalink")
            assert (link["href"], link.text) == (f"#{figure['id']}", f"{word} {number}.")
    for heading in page.select("main :is(h2, h3, h4, h5)"):
        link = heading.find_next_sibling("a", class_="permalink")
        assert link["aria-label"] == f"Link to this section: {' '.join(heading.text.split())}"
        assert heading["id"] in (link["href"][1:], f"{link['href'][1:]}-title")


def test_each_figure_leads_to_its_data_and_to_its_code(base_report):
    page = read(base_report)
    for figure in page.find_all("figure", class_="plot"):
        how, data = figure.select(".download a")
        assert data["href"].startswith("data:text/csv")
        assert "figures." in page.find(id=how["href"][1:]).text


def test_inputs_lead_to_their_sources_and_back(base_report):
    page = read(base_report)
    named = {tag["id"]: tag for tag in page.find_all(id=True)}
    assert len(page.select("a.judgement")) > 3 and len(page.select("a.input")) > 20
    inputs = [row for name, row in named.items() if name.startswith("evidence-assumption-")]
    cited = {a["href"][1:] for row in inputs for a in row.select("a.id")}
    assert cited <= named.keys()
    published = [
        named[name] for name in cited if named[name].find_parent(id="evidence-tab-evidence")
    ]
    assert len(published) > 50
    for row in published:
        back = [a["href"] for a in row.select("a.id")]
        assert back and all("-assumption-" in href for href in back)


def test_the_appendix_comes_last_and_is_folded_below_its_headings(sample):
    """Oracle: what stands outside every fold, as a parser finds it."""
    page = rendered([sample[-1], *sample[:-1]])
    assert [s["id"] for s in page.select("main > section")] == ["summary", "vertical", "evidence"]
    (fold,) = page.select("#evidence > details.fold")
    assert page.select_one("#evidence h2").find_parent("details") is None
    assert fold.find(id="evidence-tab-many") and not page.select("#summary .fold, #vertical .fold")
    assert page.select_one(".divider").find_next_sibling("section")["id"] == "evidence"


def test_every_run_of_an_appendix_has_a_fold_of_its_own():
    runs = [one_cell(f"s-{name}", f"<p>{name}</p>", appendix=True) for name in "ab"]
    page = rendered([Chapter(r.key, r.title, r.notebook, "s", True) for r in runs])
    folded = [fold.p.text for fold in page.select("#s section.run > details.fold")]
    assert folded == ["a", "b"] and len(page.select("details.fold")) == 2


def test_the_head_says_what_the_page_is(sample):
    page = rendered(sample)
    assert page.select_one("meta[name=description]")["content"] == META["description"]
    linked = page.select_one("script[type='application/ld+json']").string
    assert json.loads(linked) == META["linked"]
    cited = page.select_one("footer .cite").text
    assert "edition 2" in cited and META["evidence_until"] in cited


def test_the_contents_list_every_chapter_and_its_parts(sample):
    page = rendered(sample)
    for contents in page.select(".contents"):
        listed = [a["href"] for a in contents.select("a")]
        assert listed == [
            *("#summary", "#summary-A-part", "#summary-A-part-2"),
            *("#vertical", "#vertical-previs", "#vertical-tv", "#evidence"),
        ]


def test_the_dark_palette_has_a_light_value_equal_to_that_of_the_figures(base_report):
    light = dict(re.findall(r"--(\w+): light-dark\((#[0-9a-f]{6})", STYLE))
    used = dict(re.findall(r"var\(--(\w+),\s*(#[0-9a-f]{6})\)", base_report.read_text("utf-8")))
    assert used.items() <= COLOURS.items() <= light.items()


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("background", ["surface", "raised"])
def test_every_colour_has_contrast_in_both_modes(mode, background):
    """WCAG 2.2: 3:1 for graphics, 4.5:1 for text; the formula is that of the recommendation."""
    found = re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", STYLE)
    colours = {name: luminance(values[mode]) for name, *values in found}
    for name in colours.keys() - {"surface", "raised", "line"}:
        low, high = sorted((colours[name], colours[background]))
        wanted = 3 if re.fullmatch(r"s\d", name) else 4.5
        assert (high + 0.05) / (low + 0.05) >= wanted, name
