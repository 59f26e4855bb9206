"""Comparison of built reports, against numbers worked by hand from small reports written here."""

import csv
import json
import re

import pandas as pd
import pytest

from analysis.commands import compare, output
from analysis.errors import InputError

INPUTS = "segment,parameter,low,value,high,unit,basis,evidence,note\n"
CLAIMS = "claim,subject,probability,probability_flat,likelihood,sentence\n"
RESULTS = "segment,metric,detail,unit,value,p05,p50,p95,probability_positive,share_defined\n"
A = {
    "assumptions": f"""{INPUTS}all,gpu_price,1,2,5,USD/GPU-h,reported,E1,
all,wage,40,50,60,USD/h,measured,E2,
old,retakes,3,8,20,video-s/finished-s,judgement,,
ads,retakes,3,8,20,video-s/finished-s,judgement,,
ads,gone,1,1,1,ratio,judgement,,
""",
    "claims": f"""{CLAIMS}covers,ads,0.80,0.70,likely,"A, said"
repays,ads,0.5,0.5,about as likely as not,x
covers,old,0.1,0.1,unlikely,x
""",
    "results": f"""{RESULTS}ads,contribution,,USD/customer-month,100,-50,90,150,0.8,1
ads,revenue,,USD/customer-month,200,100,200,300,1,1
ads,payback_months,,month,,10,20,30,1,0.4
ads,break_even,gpu_price,USD/GPU-h,4,,,,,
ads,margin,,ratio,0,0,0,0,0,1
ads,daily_burn,1000,USD/day,10,5,10,15,1,1
ads,headroom,,ratio,2,1,2,3,1,1
old,contribution,,USD/customer-month,1,0,1,2,1,1
""",
}
B = {
    "assumptions": f"""{INPUTS}all,gpu_price,1,3,5,USD/GPU-h,reported,E1,
all,wage,40,50,60,USD/h,reported,E9,
ads,retakes,3,8,20,video-s/finished-s,judgement,,new note
ads,fresh,1,1,1,ratio,judgement,,
news,retakes,3,8,20,video-s/finished-s,judgement,,
""",
    "claims": f"""{CLAIMS}covers,ads,0.60,0.40,about as likely as not,x
repays,ads,0.6,0.5,about as likely as not,x
covers,news,0.1,0.1,unlikely,x
""",
    "results": f"""{RESULTS}ads,contribution,,USD/customer-month,50,-50,90,150,0.7,1
ads,revenue,,USD/customer-month,200.0000001,100,200,300,1,1
ads,payback_months,,month,12,10,20,30,1,0.5
ads,break_even,gpu_price,USD/GPU-h,5,,,,,
ads,margin,,ratio,1,1,1,1,1,1
ads,daily_burn,1000,USD/day,40,5,10,15,1,1
ads,headroom,,USD,2,1,2,3,1,1
news,contribution,,USD/customer-month,1,0,1,2,1,1
""",
}


def written(folder, files, **provenance):
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    (folder / "provenance.json").write_text(
        json.dumps({"draws": 100, "inputs": {"x.csv": "1"}, "overrides": {}, **provenance})
    )
    return folder


@pytest.fixture
def two(tmp_path):
    return written(tmp_path / "r" / "a", A), written(
        tmp_path / "r" / "b",
        B,
        draws=200,
        inputs={"x.csv": "2"},
        overrides={"gpu_price": [1, 3, 5]},
    )


MEASURES = ["change", "difference", "relative", "against_interval"]


def found(a, b):
    """The differences, and the measures of each number by its kind, segment, name, detail, stat."""
    d = compare.differences(compare.read(a), compare.read(b))
    keys = d[["kind", "segment", "name", "detail", "stat"]].itertuples(index=False, name=None)
    return d, dict(zip(keys, d[MEASURES].itertuples(index=False, name=None), strict=True))


def undefined(measures):
    """Which of the measures say nothing."""
    return [pd.isna(measure) for measure in measures[1:]]


def test_what_moved_and_by_how_much_is_as_worked_by_hand(two):
    _, by = found(*two)
    price = by["input", "all", "gpu_price", "", "value"]
    assert price == ("moved", 1.0, 0.5, 0.25)  # 2 -> 3, of 2, of 5 - 1
    contribution = by["result", "ads", "contribution", "", "value"]
    assert contribution == ("moved", -50.0, -0.5, -0.25)  # 100 -> 50, of 100, of 150 + 50
    change, difference, relative, against = by["claim", "ads", "covers", "", "probability_flat"]
    assert change == "word" and pd.isna(against)
    assert (difference, relative) == pytest.approx((-0.3, -3 / 7))
    assert by["claim", "ads", "repays", "", "probability"][0] == "moved"
    assert by["input", "all", "wage", "", "value"][:2] == ("basis", 0.0)


def test_what_cannot_be_divided_is_left_empty(two):
    _, by = found(*two)
    no_interval = by["result", "ads", "break_even", "gpu_price", "value"]
    assert undefined(no_interval) == [False, False, True]
    was_zero = by["result", "ads", "margin", "", "value"]
    assert undefined(was_zero) == [False, True, True]
    was_undefined = by["result", "ads", "payback_months", "", "value"]
    assert undefined(was_undefined) == [True, True, True]
    other_unit = by["result", "ads", "headroom", "", "value"]
    assert other_unit[0] == "unit" and undefined(other_unit) == [True, True, True]
    share = by["result", "ads", "contribution", "", "probability_positive"]
    assert undefined(share) == [False, False, True]  # it has no interval in the result's unit


def test_equal_numbers_and_notes_are_no_difference(two):
    d, by = found(*two)
    assert ("input", "ads", "retakes", "", "value") not in by  # only its note is another
    assert ("result", "ads", "revenue", "", "value") not in by  # within what machines agree on
    assert found(two[0], two[0])[0].empty
    assert (
        "Different: 0 of A's 5 inputs, 0 of A's 3 claims and 0 of A's 8 results"
        in compare.compare_reports(two[0], two[0], two[0].parent)[1]
    )


def test_what_came_and_went_is_told(two):
    d, by = found(*two)
    assert (
        by["input", "old", "retakes", "", "value"][0] == "removed"
        and by["input", "news", "retakes", "", "value"][0] == "added"
    )
    assert (
        by["input", "ads", "gone", "", "value"][0] == "removed"
        and by["input", "ads", "fresh", "", "value"][0] == "added"
    )
    text = compare.compare_reports(*two, two[0].parent)[1]
    assert (
        "Segment added: news (1 input, 1 claim and 1 result)." in text
        and "Segment removed: old" in text
    )
    assert "1 input added: fresh." in text and "1 input removed: gone." in text
    assert "old.retakes" not in text and "news.contribution" not in text


def test_results_are_ranked_by_how_far_they_moved_those_with_a_detail_last(two):
    """By hand: what appeared, then by share of A's interval, what has none, and a detail."""
    d, _ = found(*two)
    ranked = list(dict.fromkeys(d[(d["kind"] == "result") & (d["segment"] == "ads")]["name"]))
    assert ranked[:3] == ["payback_months", "contribution", "margin"]
    assert ranked[3:] == ["headroom", "daily_burn", "break_even"]


def test_the_terminal_shows_words_with_both_probabilities_and_how_the_builds_differ(two):
    text = compare.compare_reports(*two, two[0].parent)[1]
    assert (
        "likely (80 %; flat 70 %)" in text
        and "about as likely as not (60 %; flat 40 %)" in text
        and "1 claim changed its word" in text
    )
    assert "ads.repays" not in text
    assert "Built with draws 100, then 200." in text and "Built with other inputs: x.csv." in text
    line = next(line for line in text.splitlines() if line.startswith("gpu_price"))
    assert line.split("  ")[-1].strip() == "+25 %" and "2 (1 to 5)" in line and "+50 %" in line


def test_what_differs_is_counted_among_what_was_there(two):
    """By hand: all of A's but ads.retakes and revenue; what came is told by itself."""
    assert (
        "Different: 4 of A's 5 inputs, 3 of A's 3 claims and 7 of A's 8 results"
        in compare.compare_reports(*two, two[0].parent)[1]
    )


def test_a_narrow_terminal_gets_a_row_in_a_few_lines(two):
    """The oracle is the wide table: every cell of its first row is there."""
    wide, narrow = (
        compare.compare_reports(*two, two[0].parent, width)[1].split("Inputs that differ\n")[1]
        for width in (200, 80)
    )
    assert (
        wide.startswith("Input ")
        and narrow.startswith("gpu_price\n")
        and max(map(len, narrow.splitlines())) <= 80
    )
    row = re.split("  +", wide.splitlines()[1])
    assert len(row) == 7 and all(cell in " ".join(narrow.split()) for cell in row)


def test_a_result_of_which_only_the_interval_moved_says_so(tmp_path):
    wider = {**A, "results": A["results"].replace("100,-50,90,150", "100,-80,90,150")}
    text = compare.compare_reports(
        written(tmp_path / "a", A), written(tmp_path / "b", wider), tmp_path
    )[1]
    (line,) = (line for line in text.splitlines() if line.startswith("ads.contribution"))
    assert "100 (−50 to 150)" in line and "100 (−80 to 150)" in line and "interval" in line


def test_long_tables_are_cut_with_a_count_of_the_rest(tmp_path):
    many = {**A, "results": RESULTS + "".join(f"ads,m{i},,ratio,1,0,1,2,1,1\n" for i in range(150))}
    moved = {
        **many,
        "results": RESULTS + "".join(f"ads,m{i},,ratio,{2 + i},0,1,2,1,1\n" for i in range(150)),
    }
    place, text = compare.compare_reports(
        written(tmp_path / "a", many), written(tmp_path / "b", moved), tmp_path
    )
    assert (
        text.count("ads.m") == compare.IN_TERMINAL
        and f"{150 - compare.IN_TERMINAL} more in compare.csv" in text
        and "ads.m149" in text
    )
    with open(place / "compare.csv", encoding="utf-8", newline="") as file:
        assert sum(row["stat"] == "value" for row in csv.DictReader(file)) == 150


def test_equal_reports_give_equal_bytes_and_leave_nothing_else(two):
    reports = two[0].parent
    first = {p.name: p.read_bytes() for p in compare.compare_reports(*two, reports)[0].iterdir()}
    assert {
        p.name: p.read_bytes() for p in compare.compare_reports(*two, reports)[0].iterdir()
    } == first
    assert sorted(first) == ["compare.csv"] and str(reports).encode() not in first["compare.csv"]
    assert sorted(p.name for p in reports.iterdir()) == ["a", "b", "compare-a-b"]


@pytest.mark.parametrize(
    "given, said",
    [
        ("bas", "the nearest name is base"),
        ("../x", "no built report"),
        ("", "no built report"),
        ("a b", "no built report"),
    ],
)
def test_a_report_that_is_not_there_is_told_with_the_nearest(given, said, tmp_path):
    written(tmp_path / "base", A)
    with pytest.raises(InputError, match=said):
        compare.find(given, tmp_path)
    with pytest.raises(InputError, match="none is built yet"):
        compare.find("base", tmp_path / "nothing")
    assert compare.find("base", tmp_path / "base" / "..") == tmp_path / "base" / ".." / "base"
    assert compare.find(str(tmp_path / "base"), tmp_path / "nothing") == tmp_path / "base"


@pytest.mark.parametrize(
    "file, text",
    [
        ("claims", None),
        ("results", "segment,metric\n"),
        ("results", RESULTS + "a,b,,USD,cheap,,,,,\n"),
        ("results", RESULTS + 2 * "a,b,,USD,1,,,,,\n"),
        ("assumptions", ""),
        ("results", RESULTS + "a\x1b[2J,b,,USD,1,,,,,\n"),
    ],
)
def test_a_damaged_report_is_one_line(file, text, tmp_path):
    folder = written(tmp_path / "a", A)
    (folder / f"{file}.csv").unlink() if text is None else (folder / f"{file}.csv").write_text(text)
    with pytest.raises(InputError, match=f"report a: {file}.csv") as refused:
        compare.compare_reports(folder, folder, tmp_path)
    assert "\n" not in str(refused.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a"]


def test_a_report_is_never_overwritten(two):
    written(two[0].parent / "compare-a-b", A)
    with pytest.raises(InputError, match="name of a report"):
        compare.compare_reports(*two, two[0].parent)


def test_a_comparison_that_fails_leaves_what_stood(two, monkeypatch):
    place, _ = compare.compare_reports(*two, two[0].parent)
    before = (place / "compare.csv").read_bytes()
    monkeypatch.setattr(output, "publish", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        compare.compare_reports(two[1], two[0], two[0].parent)
    assert (place / "compare.csv").read_bytes() == before and sorted(
        p.name for p in place.parent.iterdir()
    ) == ["a", "b", "compare-a-b"]
