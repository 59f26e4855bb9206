"""Tables as markup: the oracle is what an HTML parser finds in them."""

import math

from bs4 import BeautifulSoup

from analysis.show.html import Html
from analysis.show.markup import plausible, readable, table, with_range
from analysis.show.numbers import format_quantity

EVIL = "<script>alert('&')</script>\""
NUMBER = Html('<data value="2">2</data>')


def read(*given, **options):
    return BeautifulSoup(table("t", *given, **options), "html.parser")


def test_a_table_has_a_caption_heads_and_a_name():
    page = read("Two <b>numbers</b>", ["Name", ("Size", "m")], [["a", 1.0], ["b", 1234567.0]])
    assert page.figure["id"] == "tab-t" and page.caption.text == "Two numbers"
    assert page.select_one(".scroll")["aria-label"] == "Two numbers"
    heads = [(h.text, h["scope"], h.get("class")) for h in page.select("thead th")]
    assert heads == [("Name", "col", None), ("Size m", "col", ["number"])]
    assert page.select_one("thead .unit").text == "m"
    assert [th["scope"] for th in page.select("tbody th")] == ["row", "row"]


def test_numbers_show_three_digits_and_keep_their_exact_value():
    page = read("c", ["Name", "Value"], [["a", 1 / 3], ["b", math.nan], ["c", 2]])
    cells = [(td.text, td.get("data-value")) for td in page.select("td")]
    assert cells == [("0.333", f"{1 / 3:.12g}"), ("undefined", None), ("2", "2")]
    assert all(td["class"] == ["number"] for td in page.select("td"))


def test_a_column_is_of_numbers_when_each_cell_is_one():
    rows = [["a", NUMBER, 1.0, NUMBER], ["b", NUMBER, "x", 3.0]]
    page = read("c", ["n", "all marked", "mixed", "both kinds"], rows)
    assert [h.get("class") for h in page.select("thead th")] == [None, ["number"], None, ["number"]]
    assert [td.get("class") for td in page.select("tr:last-child td")] == [
        ["number"],
        None,
        ["number"],
    ]


def test_text_is_escaped_and_finished_markup_is_not():
    page = read("c", [EVIL, (EVIL, EVIL)], [[EVIL, EVIL]], folded=EVIL, ids=[EVIL])
    assert not page.select("script")
    assert page.select_one("tbody th").text == page.td.text == page.summary.text == EVIL
    assert page.select_one("tbody tr")["id"] == EVIL
    assert read("c", ["a"], [[NUMBER]]).select_one("th data")["value"] == "2"


def test_a_long_table_is_folded_under_its_words_and_rows_are_pointed_at():
    page = read("c", ["a"], [["x"], ["y"], ["z"]], folded="3 rows", ids=["one", ""])
    assert page.details.summary.text == "3 rows" and page.details.figure
    assert [row.get("id") for row in page.select("tbody tr")] == ["one", None, None]


def test_a_table_without_rows_has_its_heads():
    page = read("c", ["a", "b"], [])
    assert [h.text for h in page.select("th")] == ["a", "b"] and not page.select("td")


def test_a_value_stands_over_its_interval_where_it_has_one(study):
    row = study.result("previs", "contribution")
    ends = " to ".join(format_quantity(row[end], row["unit"]) for end in ("p05", "p95"))
    assert BeautifulSoup(with_range(row), "html.parser").small.text == ends
    assert "<small>" not in with_range(row | {"p05": math.nan})


def test_a_range_is_that_of_the_assumption(study):
    quantity = study.assumptions.gpu_price
    found = BeautifulSoup(plausible(study, "gpu_price"), "html.parser").find_all("data")
    assert [float(tag["value"]) for tag in found] == [quantity.low, quantity.high]


def test_names_of_the_files_read_as_words():
    assert readable("gpu_price") == "gpu price"
