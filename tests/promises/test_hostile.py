"""Hostile input is data: wherever it is handed in, it is refused in one clear line, or is sound.

The oracle: InputError and no other exception; a message that is short and printable, however long
or wild what it speaks of; a result that keeps the rules stated here; no file where none belongs;
the canary that each piece of code among the texts would set is never set.
"""

import csv
import itertools
import json
import shutil

from hostile import outcome, plainly, values, wild
from hypothesis import strategies as st

from analysis.build import report
from analysis.build import request as PLAN
from analysis.commands import compare, sweep
from analysis.commands.command_line import changes_of, main
from analysis.inputs import assumptions as reading
from analysis.inputs.assumptions import override, resolve
from analysis.inputs.rules import CONTROL
from analysis.inputs.scenarios import REPORT_NAME, read_scenario
from analysis.show import chapter


def known(assumptions):
    """Names as they may be written, most of them of inputs that there are."""
    nearly = st.sampled_from(
        ["gpu_pric", "previs.", ".retakes", "retakes", "previs.gpu_price", "a.b.c"]
    )
    return st.one_of(st.sampled_from(sorted(assumptions.quantities)), nearly, wild)


def checked(before, changes):
    """Overridden assumptions keep their bounds, and what is not said to be changed is not."""
    after = outcome(override, before, changes)
    for name, q in after.quantities.items() if after else ():
        assert q.minimum <= q.low <= q.value <= q.high <= q.maximum and (
            name in after.changed or q == before.quantities[name]
        )


def test_overrides_as_a_mapping(fuzz, assumptions):
    names = st.one_of(known(assumptions), st.integers(), st.tuples(st.integers()))
    fuzz(
        800,
        st.dictionaries(names, values, min_size=1, max_size=2),
        lambda given: checked(assumptions, given),
    )
    fuzz(150, values, lambda given: checked(assumptions, {"gpu_price": given}))
    fuzz(
        50,
        values,
        lambda given: outcome(resolve, assumptions.tables, "base", given) if given else None,
    )


def test_changes_on_the_command_line(fuzz, assumptions):
    def check(items):
        changes = outcome(changes_of, items)
        if changes is not None:
            checked(assumptions, changes)

    fuzz(
        700,
        st.lists(
            st.one_of(wild, st.tuples(known(assumptions), wild).map("=".join)),
            min_size=1,
            max_size=3,
        ),
        check,
    )


SOUND = ["# Title", "# and reason", "scenario: mine", "overrides: {gpu_price: 1.5}"]


def test_scenario_files(fuzz, assumptions, tmp_path):
    path = tmp_path / "mine.yaml"

    def check(content):
        path.write_bytes(
            content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        )
        scenario = outcome(read_scenario, "mine", tmp_path)
        if scenario is not None:
            said = scenario.title + scenario.reason
            assert scenario.name == "mine" and not CONTROL.search(said)
            checked(assumptions, scenario.overrides)

    forms = [
        "{}",
        "# {}",
        "overrides: {}",
        "overrides: {{gpu_price: {}}}",
        "scenario: {}",
        "overrides: {{{}: 1}}",
        "{}: 1",
    ]

    def written(drawn):
        """A sound scenario file with one line in another form."""
        number, text, form, newline, start = drawn
        lines = [*SOUND[:number], form.format(text), *SOUND[number + 1 :]]
        return start + newline.join(lines)

    lines = st.tuples(
        st.integers(0, 3),
        wild,
        st.sampled_from(forms),
        st.sampled_from(["\n", "\r\n", "\r", "\u2028", "\x85"]),
        st.sampled_from(["", "\ufeff", "\ufeff\ufeff"]),
    )
    fuzz(400, lines.map(written), check)
    fuzz(
        100,
        st.one_of(
            st.binary(max_size=60),
            st.binary(max_size=20).map(lambda b: "\n".join(SOUND).encode() + b),
            wild,
        ),
        check,
    )
    assert {p.name for p in tmp_path.iterdir()} == {"mine.yaml"}


def test_scenario_and_report_names(fuzz, tables, monkeypatch, tmp_path):
    monkeypatch.setattr(PLAN, "read_tables", lambda: tables)

    def check(options):
        asked = outcome(report.request, reports=tmp_path / "reports", **options)
        if asked is not None:
            assert (asked.reports / asked.name).resolve().parent == tmp_path / "reports"
            assert asked.name.isascii() and asked.name[0] not in ".-"

    fuzz(
        400,
        st.fixed_dictionaries(
            {"name": wild, "overrides": st.sampled_from([{}, {"gpu_price": "1"}])}
        ),
        check,
    )
    fuzz(
        200,
        st.fixed_dictionaries(
            {"scenario": wild}, optional={"name": wild, "draws": plainly, "seed": plainly}
        ),
        check,
    )
    assert list(tmp_path.iterdir()) == []


def test_parameter_cells_and_notebooks(fuzz, tables, assumptions, monkeypatch, tmp_path):
    lists = st.lists(st.one_of(st.integers(), st.floats(), wild), max_size=3)
    cells = st.one_of(
        wild,
        st.tuples(wild, wild).map(" = ".join),
        st.builds("x = {}".format, wild),
        st.builds("x = {!r}".format, lists),
    )
    fuzz(400, cells, lambda cell: outcome(PLAN.parameters_of, [cell], "n.ipynb"))
    sound = {
        "cells": [
            {
                "cell_type": "code",
                "source": ["overrides = {}"],
                "metadata": {"tags": ["parameters"]},
            }
        ]
    }
    names = wild | st.sampled_from(["a", "two words", "a-b_c", "\u202ea", "x" * 300, "'\"><b>"])
    names = names.filter(lambda name: "/" not in name and "\0" not in name)

    def check(example):
        name, content = example
        try:
            (tmp_path / f"01-{name}.ipynb").write_text(content, "utf-8")
        except (OSError, ValueError):  # no name of a file
            return
        runs = outcome(lambda: list(PLAN.planned_runs(assumptions, {"overrides": {}}, tmp_path)))
        assert runs is None or all(
            run.key.replace("-", "").isalnum() and run.key.isascii() and run.title.isprintable()
            for run in runs
        )
        for path in tmp_path.iterdir():
            path.unlink()

    plain = st.one_of(wild, st.floats(), st.none(), st.integers(-9, 9))
    cell = st.fixed_dictionaries(
        {
            "cell_type": st.sampled_from(["code", "markdown", 1]),
            "source": wild.map("# {}".format) | plain,
            "metadata": st.fixed_dictionaries({"tags": st.just(["parameters"]) | plain}),
        }
    )
    objects = st.dictionaries(
        st.just("cells") | wild,
        st.one_of(wild, st.floats(), st.lists(wild, max_size=2)),
        max_size=2,
    )
    contents = st.one_of(
        wild,
        objects.map(json.dumps),
        cell.map(lambda one: json.dumps({"cells": [*sound["cells"], one]})),
    )
    fuzz(200, st.tuples(names, contents), check)


def test_variables_of_a_notebook(fuzz, tables):
    names = set(tables.parameters["parameter"])
    spaces = st.dictionaries(wild | st.sampled_from(sorted(names)), values, max_size=2)
    fuzz(200, spaces, lambda space: outcome(chapter.refuse_lookalikes, space, names))


def test_compared_folders(fuzz, tmp_path):
    heads = {
        "assumptions.csv": ["segment", "parameter", "low", "value", "high", "unit"],
        "claims.csv": ["claim", "subject", "probability", "likelihood"],
        "results.csv": ["segment", "metric", "detail", "unit", "value", "p05", "p50", "p95"],
    }
    numbers = {"low", "value", "high", "probability", "p05", "p50", "p95"}
    reports = tmp_path / "reports"

    def check(example):
        name, file, column, text, provenance = example
        try:
            folder = reports / name
            folder.mkdir(parents=True)
        except (OSError, ValueError):  # no name of a folder
            return
        for other, columns in heads.items():
            head = list(columns)
            row = ["1" if column in numbers else "x" for column in head]
            if other == file:
                (head if column > 9 else row)[column % len(head)] = text
            with open(
                folder / other, "w", encoding="utf-8", errors="surrogatepass", newline=""
            ) as written:
                csv.writer(written).writerows([head, row])
        (folder / "provenance.json").write_text(provenance, "utf-8", "surrogatepass")
        told = outcome(compare.compared, folder, folder)
        if told is not None:
            assert all(line.isprintable() for line in told[1].split("\n")) and len(told[1]) < 1e5
        assert {p.name for p in tmp_path.iterdir()} <= {"reports"}
        shutil.rmtree(reports)

    names = st.one_of(
        st.just("a"), wild.filter(lambda name: "/" not in name and name not in ("", ".", ".."))
    )
    said = st.one_of(
        wild,
        st.just("{}"),
        st.dictionaries(st.just("draws") | wild, wild | st.floats(), max_size=2).map(json.dumps),
    )
    fuzz(
        50, st.tuples(names, st.sampled_from(sorted(heads)), st.integers(0, 19), wild, said), check
    )
    fuzz(300, wild, lambda given: outcome(compare.find, given, tmp_path))


def test_axes_of_a_sweep(fuzz, tables, assumptions, monkeypatch):
    monkeypatch.setattr(reading, "read_tables", lambda: tables)
    numbers = st.one_of(st.floats(0, 200).map(str), st.integers(-5, 200).map(str), wild)
    axes = wild | st.builds(
        "{}={}:{}:{}".format,
        known(assumptions),
        numbers,
        numbers,
        st.integers(-1, 50).map(str) | wild,
    )

    def check(given):
        over = outcome(sweep.grid, [given], "previs", "contribution")
        if over is not None:
            ((quantity, along),) = over.axes.items()
            assert quantity.minimum <= along[0] < along[-1] <= quantity.maximum
            assert 2 <= len(along) <= sweep.MOST_POINTS

    fuzz(300, axes, check)
    asked = {
        "axes": st.lists(axes, max_size=3),
        "segment": st.just("previs") | wild,
        "metric": st.just("contribution") | wild,
    }
    more = {
        "scenario": wild,
        "changes": st.dictionaries(known(assumptions), wild, max_size=1),
    }
    fuzz(
        100,
        st.fixed_dictionaries(asked, optional=more),
        lambda options: outcome(sweep.grid, **options),
    )


def test_the_command_line(fuzz, tables, assumptions, monkeypatch, capsys, tmp_path):
    """The whole way of what is typed: status 2 and one line of error, or a request to build."""
    for module in (PLAN, reading):
        monkeypatch.setattr(module, "read_tables", lambda: tables)
    built = []
    monkeypatch.setattr(report, "build", lambda asked, *_: built.append(asked.name))
    options = st.sampled_from(["--set", "--name", "--draws", "--seed", "--jobs", "--time-limit"])
    option = st.one_of(
        st.tuples(options, wild),
        wild.map(lambda text: (text,)),
        st.tuples(st.just("--set"), st.builds("{}={}".format, known(assumptions), wild)),
    )

    def check(options):
        given = list(itertools.chain(*options))
        if {"-h", "--help", "--dask", "--reports"} & set(given) or any(
            item.startswith(("--h", "--da", "--r", "-h")) for item in given
        ):
            return
        status = main(["build", *given, "--quiet", "--reports", str(tmp_path / "reports")])
        out, err = capsys.readouterr()
        refused = status == 2 and err[-1] == "\n" and err[:-1].isprintable() and len(err) < 1100
        assert out == "" and (refused or (status, err) == (0, "")), err

    fuzz(250, st.lists(option, min_size=1, max_size=3), check)
    assert all(REPORT_NAME.fullmatch(name) for name in built) and list(tmp_path.iterdir()) == []
