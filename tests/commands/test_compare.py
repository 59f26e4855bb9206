"""Comparison of built reports, against numbers worked by hand from small reports written here."""

import csv
import io
import json
import math

import pandas as pd
import pytest

from analysis.commands import compare
from analysis.commands.command_line import main
from analysis.errors import InputError

INPUTS = "segment,parameter,low,value,high,unit,basis,evidence,note\n"
CLAIMS = "claim,subject,probability,probability_wide,likelihood,confidence,sentence\n"
RESULTS = "segment,metric,detail,unit,value,p05,p50,p95,probability_positive,share_defined\n"
A = {
    "assumptions": f"""{INPUTS}all,gpu_price,1,2,5,USD/GPU-h,reported,E1,
all,wage,40,50,60,USD/h,measured,E2,
old,retakes,3,8,20,video-s/finished-s,judgement,,
ads,retakes,3,8,20,video-s/finished-s,judgement,,
ads,gone,1,1,1,ratio,judgement,,
""",
    "claims": f"""{CLAIMS}covers,ads,0.80,0.70,likely,medium,"A, said"
repays,ads,0.5,0.5,about as likely as not,low,x
covers,old,0.1,0.1,unlikely,low,x
rescued,ads,,,,,it cannot be asked
""",
    "results": f"""{RESULTS}ads,contribution,,USD/customer-month,90,-50,100,150,0.8,1
ads,revenue,,USD/customer-month,200,100,200,300,1,1
ads,payback_months,,month,,10,,30,1,0.4
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
    "claims": f"""{CLAIMS}covers,ads,0.60,0.40,about as likely as not,low,x
repays,ads,0.6,0.5,about as likely as not,low,x
covers,news,0.1,0.1,unlikely,low,x
rescued,ads,,,,,it cannot be asked
""",
    "results": f"""{RESULTS}ads,contribution,,USD/customer-month,45,-50,50,150,0.7,1
ads,revenue,,USD/customer-month,200.0000001,100,200,300,1,1
ads,payback_months,,month,12,10,12,30,1,0.5
ads,break_even,gpu_price,USD/GPU-h,5,,,,,
ads,margin,,ratio,1,1,1,1,1,1
ads,daily_burn,1000,USD/day,40,5,40,15,1,1
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
    more = {"draws": 200, "inputs": {"x.csv": "2"}, "overrides": {"gpu_price": [1, 3, 5]}}
    return written(tmp_path / "r" / "a", A), written(tmp_path / "r" / "b", B, **more)


def found(a, b):
    """The differences, and each by its kind, segment, name and detail."""
    old, new = (pd.concat([compare.read(f, kind) for kind in compare.FILES]) for f in (a, b))
    changes = compare.differences(old, new)
    keys = changes[["kind", "segment", "name", "detail"]].itertuples(index=False, name=None)
    return changes, dict(zip(keys, changes.itertuples(), strict=True))


def told(capsys, *arguments):
    """What the command prints."""
    assert main(["compare", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def measures(row):
    return row.change, row.difference, row.relative, row.against_interval


def test_what_moved_and_by_how_much_is_as_worked_by_hand(two):
    _, by = found(*two)
    assert measures(by["input", "all", "gpu_price", ""]) == ("changed", 1.0, 0.5, 0.25)
    contribution = by["result", "ads", "contribution", ""]  # medians 100 -> 50, of 150 + 50
    assert measures(contribution) == ("changed", -50.0, -0.5, -0.25)
    covers = by["claim", "ads", "covers", ""]
    assert measures(covers)[:3] == ("changed", pytest.approx(-0.2), pytest.approx(-0.25))
    assert by["claim", "ads", "repays", ""].change == "changed"


@pytest.mark.parametrize(
    "name, detail, undefined",
    [
        ("break_even", "gpu_price", [False, False, True]),  # it has no interval
        ("margin", "", [False, True, True]),  # it was zero
        ("payback_months", "", [True, True, True]),  # it was undefined
        ("headroom", "", [True, True, True]),  # it has another unit, so it is another thing
    ],
)
def test_what_cannot_be_divided_is_left_empty(two, name, detail, undefined):
    _, by = found(*two)
    row = by["result", "ads", name, detail]
    assert [math.isnan(measure) for measure in measures(row)[1:]] == undefined


def test_equal_numbers_and_notes_are_no_difference(two, capsys):
    _, by = found(*two)
    assert ("input", "ads", "retakes", "") not in by  # only its note is another
    assert ("input", "all", "wage", "") not in by  # only its basis
    assert ("result", "ads", "revenue", "") not in by  # within what machines agree on
    assert ("claim", "ads", "rescued", "") not in by  # undefined in both
    assert found(two[0], two[0])[0].empty
    same = told(capsys, two[0], two[0]).splitlines()
    assert len(same) == 2 and same[1].startswith("Different: 0 of A's 5 inputs, 0 of A's 4 claims")


def test_what_came_and_went_is_told(two, capsys):
    _, by = found(*two)
    assert by["input", "old", "retakes", ""].change == "removed"
    assert by["input", "news", "retakes", ""].change == "added"
    text = told(capsys, *two)
    assert "Added in news: retakes, covers, contribution." in text
    assert "Removed in old: retakes, covers, contribution." in text
    assert "Added in ads: fresh, headroom." in text and "Removed in ads: gone, headroom." in text
    assert "ads.covers" in text and "covers: unlikely (10%) -> none" in text


def test_results_are_ranked_by_how_far_they_moved_those_with_a_detail_last(two):
    """By hand: by share of A's interval, then what has none, and a detail."""
    changes, _ = found(*two)
    of_ads = changes[(changes["kind"] == "result") & (changes["segment"] == "ads")]
    assert list(of_ads["name"])[0] == "contribution"
    assert list(of_ads["name"])[-2:] == ["daily_burn", "break_even"]


def test_the_terminal_shows_words_numbers_and_how_the_builds_differ(two, capsys):
    text = told(capsys, *two)
    assert text.startswith("A is a, B is b.\n")
    assert "  ads.covers: likely (80%) -> about as likely as not (60%)\n" in text
    assert "claims that changed their word: 1." in text and "ads.repays" not in text
    assert "Built with other draws, inputs x.csv.\n" in text  # overrides are told as inputs
    assert "  gpu_price: 2 (1 to 5) -> 3 (1 to 5) USD/GPU-h (+50%)\n" in text
    assert "3 of A's 5 inputs, 3 of A's 4 claims, 7 of A's 8 results" in text


def test_long_parts_are_cut_with_a_count_of_the_rest(tmp_path, capsys):
    reports = [
        {
            **A,
            "results": RESULTS
            + "".join(f"ads,m{i},,ratio,,0,{start + i},2,1,1\n" for i in range(150)),
        }
        for start in (1, 2)
    ]
    a, b = (written(tmp_path / name, files) for name, files in zip("ab", reports, strict=True))
    text = told(capsys, a, b)
    assert text.count("ads.m") == compare.IN_TERMINAL
    assert f"{150 - compare.IN_TERMINAL} more with --csv" in text
    rows = list(csv.DictReader(io.StringIO(told(capsys, a, b, "--csv"))))
    assert len(rows) == 150 and {row["change"] for row in rows} == {"changed"}


def test_equal_reports_give_equal_text_and_nothing_is_left(two, capsys):
    first = told(capsys, *two, "--csv")
    assert told(capsys, *two, "--csv") == first and str(two[0].parent) not in first
    assert sorted(p.name for p in two[0].parent.iterdir()) == ["a", "b"]


def test_a_report_without_provenance_is_compared_and_that_is_told(two, capsys):
    (two[0] / "provenance.json").write_text("[")
    assert "One of them has no provenance.json that could be read." in told(capsys, *two)


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
    "kind, text",
    [
        ("claim", None),
        ("result", "segment,metric\n"),
        ("result", RESULTS + "a,b,,USD,cheap,,,,,\n"),
        ("result", RESULTS + 2 * "a,b,,USD,1,,,,,\n"),
        ("input", ""),
        ("result", RESULTS + "a\x1b[2J,b,,USD,1,,,,,\n"),
    ],
)
def test_a_damaged_report_is_one_line(kind, text, tmp_path):
    file = written(tmp_path / "a", A) / compare.FILES[kind]
    file.unlink() if text is None else file.write_text(text)
    with pytest.raises(InputError, match=f"report a: {file.name}") as refused:
        compare.read(tmp_path / "a", kind)
    assert "\n" not in str(refused.value)
