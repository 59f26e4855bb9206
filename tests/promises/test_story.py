"""The story is short: words, figures, tables and sentences of the chapters that are not appendix.

Oracle: the page as a parser reads it, against the budget of the design.
"""

import re

import pytest
from bs4 import BeautifulSoup

from analysis.show.html import plain_text

WORDS, PROSE_WORDS, FIGURES, TABLES, SENTENCE = 4000, 2600, 16, 8, 18
HIDDEN = "svg, script, style, details, nav, p.download, section.whatif"


@pytest.fixture(scope="module")
def chapters(base_report):
    """The chapters of the story, without what is drawn, folded away or the panel's."""
    page = BeautifulSoup(base_report.read_text("utf-8"), "html.parser")
    found = page.select("section.chapter:not(.appendix)")
    for tag in [tag for chapter in found for tag in chapter.select(HIDDEN)]:
        tag.extract()
    return found


def paragraphs(chapter):
    """What is told in sentences, beside figures and tables."""
    told = [p for p in chapter.find_all("p") if not p.find_parent(["figure", "table"])]
    return [" ".join(p.get_text().split()) for p in told]


def test_a_reader_finishes_it(chapters, record_property):
    prose = [text for chapter in chapters for text in paragraphs(chapter)]
    sentences = [s for text in prose for s in re.split(r"(?<=[.?!:])\s+", text) if s]
    lengths = [len(sentence.split()) for sentence in sentences]
    figures = sum(len(chapter.select("figure.plot")) for chapter in chapters)
    tables = [table.extract() for chapter in chapters for table in chapter.find_all("table")]
    outside = sum(len(chapter.get_text(" ").split()) for chapter in chapters)
    captions = sum(len(table.caption.get_text(" ").split()) for table in tables)
    record_property("figure", f"{sum(lengths)} words of prose, {outside + captions} in all")
    assert sum(lengths) <= PROSE_WORDS and outside + captions <= WORDS
    assert figures <= FIGURES and len(tables) <= TABLES
    assert sum(lengths) / len(lengths) <= SENTENCE


def test_each_chapter_opens_with_its_finding(chapters):
    assert len(chapters) == 8
    for chapter in chapters:
        first = chapter.find("p")
        assert first.find("strong") or chapter.select_one(".verdict strong"), chapter["id"]


def test_words_of_our_own_making_are_gone(chapters):
    """What readers of the first edition stumbled over (and what the field has a word for)."""
    unwanted = (
        r"pays? off|flat ranges|best values?|at most unlikely|of draws;|USD \d|"
        r"value capture|compute intensity|compute factor|acquisition ratio"
    )
    for chapter in chapters:
        for text in paragraphs(chapter):
            assert not re.search(unwanted, plain_text(text)), text
