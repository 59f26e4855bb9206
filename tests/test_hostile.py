"""Hostile input is data: at every place where something is handed in it ends as a refusal of one clear line, or as a sound result.

The oracle: InputError and no other exception; a message that is short and printable, however long or wild what it speaks of; a result
that keeps the rules stated here; no file where none belongs; the canary that each piece of code among the texts would set is never set.
"""
import csv
import datetime
import importlib
import io
import itertools
import json
import os
import shutil
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import pandas as pd
import pandera.pandas as pa
import pytest
from browser import chromium, opened
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_page import executed

from analysis import InputError, __main__, chapter, compare, prose, report, sweep, tables
from analysis import assumptions as reading
from analysis import codebook as tables_of
from analysis.assumptions import override, read_scenario, resolve
from analysis.codebook import CONTROL, DATA, Codebook, read_codebook, read_table
from analysis.report.place import keep_failed

PLAN = importlib.import_module("analysis.report.plan")  # its function of that name hides it
TRIED = Counter()
CANARY = "HOSTILE_CANARY"
LARGE = "A" * 2**20
CODE = f"__import__('os').environ.__setitem__('{CANARY}', '1')"
NASTY = [
    "", " ", "\x00", "a\x00b", "\n", "\r\n", "a\nb", "\t", "\x1b[2J\x1b]0;owned\x07", "\x85", "\u2028", "\ufeff", "\u202e1.5", "\u2066abc", "\ud800", "\U0010ffff",
    "\u0645\u0631\u062d\u0628\u0627", "\u05e9\u05dc\u05d5\u05dd", "\uff11\uff0e\uff15", "\u0661\u0662", "\u00b2", "e\u0301" * 50, LARGE, "\u202e" * 5000, "9" * 5000, "[" * 3000, "{" * 3000, "-" * 20000 + "1",
    "nan", "inf", "-inf", "1e999", "-1e999", "1e-999", "1e308", "-0.0", "0x10", "1_000", "1,2", "1,2,3", "3,2,1", "nan,nan,nan", "1e400,1,2", ",,", "nan%", "inf%", "50%",
    "../../etc/passwd", "..", ".", "/etc/passwd", "~root", "C:\\windows", "a/b", "base", "base.failed", "con", "-rf", "--help", "$(touch x)", "`touch x`", "; rm -rf x", "%s%n", "%(prog)s", "{0}", "{draws}",
    '=HYPERLINK("http://x","y")', "+1+1", "@SUM(A1)", "-2+3", "\t=1", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "</title><svg onload=alert(1)>",
    "]]>", "<!--", "-->", "&lt;script&gt;", "${alert(1)}", "$\\frac{1}{0}$", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>", "https://x/'onmouseover='alert(1)",
    'https://x/"><script>alert(1)</script>', "http://[::1", "https://", "//x", "file:///etc/passwd", "https://x/\u202egpj.exe", "https://\u05e9/x",
    f"!!python/object/apply:eval ['{CODE}']", "!!python/name:os.system", "!!float abc", "!!binary MS41", "!!set {a, b}", "!<tag:yaml.org,2002:python/none> x", "&a [*a]", "*a", "<<: *a", "? [a, b]\n: c",
    "{gpu_price: 1, gpu_price: 2}", "a: b: c", "'", '"', "`", "@", "%YAML 9.9\n---", "--- x\n--- y", "#", "# t", "\\", "|\n  x", ">", CODE, f"eval({CODE!r})", f"exec({CODE!r})",
]
nasty = st.integers(0, len(NASTY) - 1).map(lambda i: NASTY[i])  # by number, since hypothesis would print a list of megabytes
wild = st.one_of(nasty, st.text(max_size=40), st.tuples(nasty, nasty).map(lambda two: "".join(two)[:2**20]))
ODD = [10**400, 10**5000, -10**5000, 1e308, 5e-324, -0.0, b"1.5", b"\xff", datetime.date(2026, 1, 1), 1j, object(), {1, 2}, float("nan"), True, None, [[[[[[["x"] * 9] * 9] * 9] * 9] * 9] * 9]]
plainly = st.one_of(st.integers(), st.floats(), wild, st.integers(0, len(ODD) - 1).map(lambda i: ODD[i]))
values = st.one_of(plainly, st.lists(plainly, min_size=3, max_size=3), st.lists(st.lists(plainly, max_size=2), max_size=4), st.dictionaries(nasty, plainly, max_size=2))


@pytest.fixture(params=["usual", pytest.param("nightly", marks=pytest.mark.slow)])
def fuzz(request):
    """Try a property on so many examples: fixed ones, and under `-m slow` twenty times as many that are new every time."""
    times = {"usual": 1, "nightly": 20}[request.param]

    def run(cases, strategy, check):
        @settings(max_examples=cases * times, deadline=None, database=None, derandomize=times == 1, suppress_health_check=list(HealthCheck))
        @given(strategy)
        def tried(example):
            TRIED[request.node.originalname] += 1
            check(example)

        tried()
        assert CANARY not in os.environ
    return run


def outcome(call, *arguments, lines=1, **named):
    """What a call gives; None where it refuses as it should."""
    try:
        return call(*arguments, **named)
    except InputError as refused:
        said = str(refused).split("\n")
        assert len(said) <= lines and all(line and line.isprintable() and len(line) < 1100 for line in said), said
        return None


def known(assumptions):
    """Names as they may be written, most of them of inputs that there are."""
    return st.one_of(st.sampled_from(sorted(assumptions.quantities)), st.sampled_from(["gpu_pric", "previs.", ".retakes", "retakes", "previs.gpu_price", "a.b.c"]), wild)


def checked(before, after):
    """Assumptions keep their bounds, and what is not said to be changed is not."""
    if after is not None:
        for name, q in after.quantities.items():
            assert q.minimum <= q.low <= q.value <= q.high <= q.maximum and (name in after.changed or q == before.quantities[name])
    return after


def test_overrides_as_a_mapping(fuzz, assumptions):
    names = st.one_of(known(assumptions), st.integers(), st.tuples(st.integers()), st.integers(0, 5000).map(lambda n: 10**n))
    fuzz(1500, st.dictionaries(names, values, min_size=1, max_size=2), lambda given: checked(assumptions, outcome(override, assumptions, given)))
    fuzz(300, values, lambda given: checked(assumptions, outcome(override, assumptions, {"gpu_price": given})))
    fuzz(100, values, lambda given: outcome(resolve, assumptions.codebook, "base", given) if given else None)


def test_changes_on_the_command_line(fuzz, assumptions):
    def check(items):
        changes = outcome(__main__._changes, items)
        if changes is not None:
            checked(assumptions, outcome(override, assumptions, changes))
    fuzz(1000, st.lists(st.one_of(wild, st.tuples(known(assumptions), wild).map("=".join)), min_size=1, max_size=3), check)


SOUND = ["# Title", "# and reason", "scenario: mine", "overrides: {gpu_price: 1.5}"]


def test_scenario_files(fuzz, assumptions, tmp_path):
    path = tmp_path / "mine.yaml"

    def check(content):
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        scenario = outcome(read_scenario, "mine", tmp_path)
        if scenario is not None:
            assert scenario.name == "mine" and not CONTROL.search(scenario.title + scenario.reason) and len(scenario.title + scenario.reason) < 3000
            checked(assumptions, outcome(override, assumptions, scenario.overrides))
    lines = st.tuples(st.integers(0, 3), wild, st.sampled_from(["{}", "# {}", "overrides: {}", "overrides: {{gpu_price: {}}}", "scenario: {}", "overrides: {{{}: 1}}", "{}: 1"]),
                      st.sampled_from(["\n", "\r\n", "\r", "\u2028", "\x85"]), st.sampled_from(["", "\ufeff", "\ufeff\ufeff"]))
    fuzz(700, lines.map(lambda l: l[4] + l[3].join(SOUND[:l[0]] + [l[2].format(l[1])] + SOUND[l[0] + 1:])), check)
    fuzz(150, st.one_of(st.binary(max_size=60), st.binary(max_size=20).map(lambda b: "\n".join(SOUND).encode() + b), wild), check)
    assert {p.name for p in tmp_path.iterdir()} == {"mine.yaml"}


def test_scenario_and_report_names(fuzz, codebook, monkeypatch, tmp_path):
    monkeypatch.setattr(PLAN, "read_codebook", lambda: codebook)

    def check(options):
        asked = outcome(report.request, reports=tmp_path / "reports", **options)
        if asked is not None:
            assert (asked.reports / asked.name).resolve().parent == tmp_path / "reports" and asked.name.isascii() and asked.name[0] not in ".-"
    fuzz(600, st.fixed_dictionaries({"name": wild, "overrides": st.sampled_from([{}, {"gpu_price": "1"}])}), check)
    fuzz(300, st.fixed_dictionaries({"scenario": wild}, optional={"name": wild, "draws": plainly, "seed": plainly}), check)
    assert list(tmp_path.iterdir()) == []


def test_parameter_cells_and_notebooks(fuzz, codebook, assumptions, monkeypatch, tmp_path):
    cells = st.one_of(wild, st.tuples(wild, wild).map(" = ".join), st.builds("x = {}".format, wild), st.builds("x = {!r}".format, st.lists(st.one_of(st.integers(), st.floats(), wild), max_size=3)))
    fuzz(700, cells, lambda cell: outcome(report.parameters_of, [cell], "n.ipynb"))
    sound = {"cells": [{"cell_type": "code", "source": ["overrides = {}"], "metadata": {"tags": ["parameters"]}}]}
    names = st.one_of(wild, st.sampled_from(["a", "two words", "a-b_c", "\u202ea", "x" * 300, "'\"><b>"])).filter(lambda name: "/" not in name and "\0" not in name)

    def check(example):
        name, content = example
        try:
            (tmp_path / f"01-{name}.ipynb").write_text(content, "utf-8")
        except (OSError, ValueError):  # no name of a file
            return
        runs = outcome(lambda: list(report.plan(assumptions, {"overrides": {}}, tmp_path)))
        assert runs is None or all(run.key.replace("-", "").isalnum() and run.key.isascii() and run.title.isprintable() for run in runs)
        for path in tmp_path.iterdir():
            path.unlink()
    plain = st.one_of(wild, st.floats(), st.none(), st.integers(-9, 9))
    contents = st.one_of(wild, st.builds(lambda source, kind, tags: json.dumps({"cells": [*sound["cells"], {"cell_type": kind, "source": source, "metadata": {"tags": tags}}]}),
                                         st.one_of(wild.map("# {}".format), plain), st.sampled_from(["code", "markdown", 1]), st.one_of(st.just(["parameters"]), plain)),
                         st.dictionaries(st.just("cells") | wild, st.one_of(wild, st.floats(), st.lists(wild, max_size=2)), max_size=2).map(json.dumps))
    fuzz(250, st.tuples(names, contents), check)


def test_variables_of_a_notebook(fuzz, codebook):
    names = set(codebook.parameters["parameter"])
    fuzz(300, st.dictionaries(wild | st.sampled_from(sorted(names)), values, max_size=2), lambda space: outcome(chapter.refuse_lookalikes, space, names))


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """A copy of the tables; of long ones the first rows will do where nothing refers to the others."""
    folder = shutil.copytree(DATA, tmp_path_factory.mktemp("short") / "data")
    for name in ("inference_benchmarks", "gpu_prices", "api_prices"):
        lines = (folder / f"{name}.csv").read_text("utf-8").splitlines(keepends=True)
        (folder / f"{name}.csv").write_text("".join(lines[:4]), "utf-8")
    return folder


@pytest.fixture
def spoilt(short, tmp_path):
    """A folder of tables, a function that puts a text into one cell of one of them, and one that mends it."""
    folder = shutil.copytree(short, tmp_path / "data")
    whole = {name: list(csv.reader((short / f"{name}.csv").open(encoding="utf-8", newline=""))) for name in Codebook.__dataclass_fields__}

    def put(name, row, column, text):
        written = io.StringIO()
        rows = [[*cells] for cells in whole[name]]
        rows[row % len(rows)][column % len(rows[0])] = text
        csv.writer(written).writerows(rows)
        (folder / f"{name}.csv").write_bytes(written.getvalue().encode("utf-8", "surrogatepass"))
    return SimpleNamespace(folder=folder, put=put, mend=lambda name: shutil.copy(short / f"{name}.csv", folder))


CELLS = st.tuples(st.sampled_from(sorted(Codebook.__dataclass_fields__)), st.sampled_from([0, 1, 1, 1, 2, 3, -1]), st.integers(0, 19), wild)


def fit(table):
    """Every text of a table may be shown."""
    return all(not CONTROL.search(cell) and len(cell) <= 2000 and cell[:1] not in set("=+-@") for column in table.select_dtypes("str") for cell in table[column])


def test_table_cells(fuzz, spoilt):
    """Each table against its own rules; all tables together are tried below, as that takes longer."""
    rules = tables_of._schemas({name: read_table(name, spoilt.folder)[0] for name in Codebook.__dataclass_fields__})

    def check(example):
        name, *_ = example
        spoilt.put(*example)
        read = outcome(read_table, name, spoilt.folder)
        if read is not None and not read[1] and set(rules[name].columns) <= set(read[0]):
            try:
                rules[name].validate(read[0], lazy=True)
            except pa.errors.SchemaErrors as errors:
                assert outcome(lambda: (_ for _ in ()).throw(InputError(*tables_of._explain(name, errors.failure_cases))), lines=600) is None
            else:
                assert fit(read[0])
        spoilt.mend(name)
    fuzz(700, CELLS, check)


def test_tables_together(fuzz, spoilt):
    def check(example):
        spoilt.put(*example)
        read = outcome(read_codebook, spoilt.folder, lines=60)
        if read is not None:
            assert all(fit(getattr(read, name)) for name in Codebook.__dataclass_fields__)
            outcome(resolve, read)
        spoilt.mend(example[0])
    fuzz(60, CELLS, check)


def test_whole_tables(fuzz, spoilt):
    def check(example):
        name, content = example
        (spoilt.folder / f"{name}.csv").write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        read = outcome(read_table, name, spoilt.folder)
        assert read is None or read[1] or fit(read[0]) and len(read[0])
    rows = st.lists(st.lists(wild, max_size=4).map(",".join), max_size=4)
    ends = st.sampled_from(["\n", "\r\n", "\r"])
    contents = st.one_of(st.binary(max_size=60), st.builds(str.join, ends, rows), st.builds(lambda end, some: "\ufeffsegment,title" + end + end.join(some), ends, rows))
    fuzz(500, st.tuples(st.sampled_from(["segments", "units", "evidence"]), contents), check)


class Parsed(HTMLParser):
    """The tags and the text of markup."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


def rule_of(codebook, table):
    """Whether cells of these columns would be taken, as a function of their texts."""
    columns = tables_of._schemas({name: getattr(codebook, name) for name in Codebook.__dataclass_fields__})[table].columns
    rules = {name: pa.DataFrameSchema({name: column}) for name, column in columns.items()}

    def passes(**cells):
        if any(map(tables_of.unfit, cells.values())):
            return False
        try:
            return all(len(rules[name].validate(pd.DataFrame({name: [text]}))) for name, text in cells.items())
        except pa.errors.SchemaError:
            return False
    return passes


def test_titles_and_descriptions(fuzz, codebook, assumptions):
    """Whatever a title holds, it stands in a sentence and in a table as that text, with no more markup than a harmless title has."""
    passes = rule_of(codebook, "segments")
    plain_tags = [tag for tag, _ in Parsed(tables.table("t", "c", ["a"], [["x"]], folded="x")).tags]

    def check(text):
        segments = codebook.segments.copy()
        segments.loc[2, ["title", "description"]] = text
        if not passes(title=text, description=text):
            return
        study = SimpleNamespace(assumptions=replace(assumptions, codebook=replace(codebook, segments=segments)), segment=segments["segment"][2], apps=lambda: [])
        said, listed = Parsed(prose.say(study, "{title here} {about here}")), Parsed(tables.table("t", "c", ["a"], [[text]], folded=text))
        assert said.tags == [] and said.text == f"{text} {text}." and [tag for tag, _ in listed.tags] == plain_tags and listed.text.count(text) >= 2
    fuzz(400, wild, check)


def test_notes_and_addresses(fuzz, codebook):
    """What passes the rules of evidence is a link to an address of the web and nothing more."""
    passes = rule_of(codebook, "evidence")

    def check(example):
        if passes(**example):
            row = codebook.evidence.iloc[:1].assign(**example)
            link = Parsed(tables.source(next(row.itertuples())))
            assert [tag for tag, _ in link.tags] == ["a"] and set(link.tags[0][1]) == {"href", "data-source"}
            assert link.tags[0][1]["href"] == example["url"] and example["url"].startswith(("http://", "https://"))
            csv_of = prose.download("x", row)
            assert [tag for tag, _ in Parsed(csv_of).tags] == ["p", "a"]
    addresses = st.one_of(wild, wild.map("https://example.org/{}".format))
    fuzz(400, st.fixed_dictionaries({"url": addresses, "publisher": wild, "notes": wild}), check)


def test_compared_folders(fuzz, tmp_path):
    files = {file: (key, numbers, word) for file, key, numbers, word in compare.KINDS.values()}
    reports = tmp_path / "reports"

    def check(example):
        name, file, column, text, provenance = example
        try:
            folder = reports / name
            folder.mkdir(parents=True)
        except (OSError, ValueError):  # no name of a folder
            return
        for other, (key, numbers, word) in files.items():
            head = [*key, *(["unit"] if "claims" not in other else []), *numbers, *([word] if word else [])]
            row = ["1" if column in numbers else "x" for column in head]
            if other == file:
                (head if column > 9 else row)[column % len(head)] = text
            with open(folder / other, "w", encoding="utf-8", errors="surrogatepass", newline="") as written:
                csv.writer(written).writerows([head, row])
        (folder / "provenance.json").write_text(provenance, "utf-8", "surrogatepass")
        told = outcome(compare.run, folder, folder, reports)
        if told is not None:
            place, said = told
            assert place.parent == reports and all(line.isprintable() for line in said.split("\n")) and len(said) < 1e5
            assert not {"script", "img"} & {tag for tag, given in Parsed((place / "compare.html").read_text("utf-8").split("<main")[1]).tags}
        assert {p.name for p in tmp_path.iterdir()} <= {"reports"}
        shutil.rmtree(reports)
    names = st.one_of(st.just("a"), wild.filter(lambda name: "/" not in name and name not in ("", ".", "..")))
    said = st.one_of(wild, st.just("{}"), st.dictionaries(st.just("draws") | wild, st.one_of(wild, st.floats()), max_size=2).map(json.dumps))
    fuzz(100, st.tuples(names, st.sampled_from(sorted(files)), st.integers(0, 19), wild, said), check)
    fuzz(300, wild, lambda given: outcome(compare.find, given, tmp_path))


def test_axes_of_a_sweep(fuzz, codebook, assumptions, monkeypatch):
    monkeypatch.setattr(reading, "read_codebook", lambda: codebook)
    numbers = st.one_of(st.floats(0, 200).map(str), st.integers(-5, 200).map(str), wild)
    axes = st.one_of(wild, st.builds("{}={}:{}:{}".format, known(assumptions), numbers, numbers, st.one_of(st.integers(-1, 50).map(str), wild)))

    def check(given):
        axis = outcome(sweep._axis, given, assumptions, False)
        assert axis is None or axis.quantity.minimum <= axis.values[0] < axis.values[-1] <= axis.quantity.maximum and len(axis.values) <= sweep.MOST_POINTS
    fuzz(500, axes, check)
    fuzz(120, st.fixed_dictionaries({"axes": st.lists(axes, max_size=3), "segment": st.one_of(st.just("previs"), wild), "metric": st.one_of(st.just("contribution"), wild)},
                                    optional={"scenario": wild, "changes": st.dictionaries(known(assumptions), wild, max_size=1), "log": st.booleans()}),
         lambda options: outcome(sweep.grid, **options))


def test_the_command_line(fuzz, codebook, assumptions, monkeypatch, capsys, tmp_path):
    """The whole way of what is typed: status 2 and one line on standard error, or a request that is ready to be built."""
    for module in (PLAN, reading):
        monkeypatch.setattr(module, "read_codebook", lambda: codebook)
    built = []
    monkeypatch.setattr(report, "build", lambda asked, *_: built.append(asked.name))
    option = st.one_of(st.tuples(st.sampled_from(["--set", "--name", "--draws", "--seed", "--jobs", "--time-limit", "--dask"]), wild), wild.map(lambda text: (text,)),
                       st.tuples(st.just("--set"), st.builds("{}={}".format, known(assumptions), wild)))

    def check(options):
        given = list(itertools.chain(*options))
        if {"-h", "--help", "--dask", "--reports"} & set(given) or any(item.startswith(("--h", "--da", "--r", "-h")) for item in given):
            return
        status = __main__.main(["build", *given, "--quiet", "--reports", str(tmp_path / "reports")])
        out, err = capsys.readouterr()
        assert out == "" and (status, err) == (0, "") or status == 2 and err.endswith("\n") and err[:-1].isprintable() and len(err) < 1100, (status, err)
    fuzz(250, st.lists(option, min_size=1, max_size=3), check)
    assert all(report.REPORT_NAME.fullmatch(name) for name in built) and list(tmp_path.iterdir()) == []


MARKUP = """<script>owned=1</script><img src=x onerror=owned=1>"'&amp;]]> {draws} {x} $\\frac{1}{ %s javascript:owned=1 <a href="javascript:owned=1">"""
TITLE = """<img src=x onerror=owned=1>"'& {x} $a$ </svg><script>owned=1"""
LISTED = '<svg onload=owned=1>"&'
SPOIL = {
    "segments": {"title": lambda text: TITLE if text.startswith("Film") else text, "description": MARKUP.__add__}, "parameters": {"meaning": MARKUP.__add__},
    "units": {"meaning": MARKUP.__add__}, "assumptions": {"note": MARKUP.__add__}, "market_shares": {"firm": MARKUP.__add__, "layer": LISTED.__add__},
    "evidence": {**dict.fromkeys(("quantity", "definition", "source_title", "publisher", "notes"), MARKUP.__add__),
                 "url": lambda text: f"{text}#javascript:owned=1&data:text/html,&quot;onmouseover=owned=1"},
    "retention_points": {"app": LISTED.__add__}, "backtests": {"what": MARKUP.__add__, "note": MARKUP.__add__}, "api_prices": {"notes": MARKUP.__add__},
}


@pytest.fixture
def hostile_report(tmp_path, monkeypatch):
    """A report, as a build writes it, whose every text is markup and code: tables, a scenario, a segment's title; with an override."""
    data, scenarios = shutil.copytree(DATA, tmp_path / "data"), shutil.copytree(reading.SCENARIOS, tmp_path / "scenarios")
    for name, columns in SPOIL.items():
        head, *rows = csv.reader((data / f"{name}.csv").open(encoding="utf-8", newline=""))
        changed = [[columns[column](text) if column in columns and text else text for column, text in zip(head, row)] for row in rows]
        with (data / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *changed])
    (scenarios / "evil.yaml").write_text(f"# {TITLE}\n# {MARKUP}\nscenario: evil\noverrides: {{gpu_price: 1.5}}\n", "utf-8")
    book = read_codebook(data)
    for module in (PLAN, chapter, reading):
        monkeypatch.setattr(module, "read_codebook", lambda: book)
    monkeypatch.setattr(reading, "SCENARIOS", scenarios)
    asked = report.request("evil", {"previs.retakes": "3"}, draws=100, reports=tmp_path / "reports")
    runs = [run for run in asked.runs if run.key in ("summary", "vertical-previs", "infrastructure", "evidence")]
    (tmp_path / "page").mkdir()
    report._write(asked, {}, [(run, executed(run.notebook, **run.parameters)) for run in runs], tmp_path / "page")
    return tmp_path / "page" / "report.html"


@pytest.mark.browser
def test_a_hostile_report_stands_and_executes_nothing(hostile_report):
    """In a browser, with everything opened, used and pointed at: no error, no request, no dialog, no script but the page's own two."""
    with chromium() as browser, opened(browser, hostile_report, reduced_motion="reduce") as page:
        page.on("dialog", lambda dialog: page.heard.append(dialog.message))
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert page.get_by_text(TITLE).count() > 5 and page.get_by_text("<script>owned=1</script>").count() > 100
        page.locator("a.input").first.press("Enter")  # a note with the texts of an assumption and its sources
        assert "<script>owned=1" in page.get_by_role("dialog").inner_text()
        page.keyboard.press("Escape")
        page.locator(".whatif select").select_option("previs")
        page.locator("#evidence-tab-evidence thead button").first.press("Enter")
        page.evaluate("document.querySelectorAll('main *').forEach((e) => e.dispatchEvent(new MouseEvent('mouseover', {bubbles: false})))")
        page.wait_for_timeout(200)
        assert page.evaluate("typeof owned") == "undefined" and page.heard == []
        assert page.evaluate("document.scripts.length") == 2 and page.locator("img, iframe, object, embed, base, meta[http-equiv=refresh], form").count() == 0
        assert page.evaluate("[...document.querySelectorAll('*')].flatMap((e) => [...e.attributes]).filter((a) => a.name.startsWith('on')).length") == 0
        links = page.evaluate("[...document.querySelectorAll('[href]')].map((e) => e.getAttribute('href'))")
        assert len(links) > 500 and all(link.startswith(("#", "https://", "http://", "data:text/csv", "data:,", "notebooks/")) for link in links)
    for path in hostile_report.parent.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            assert not [cell for row in csv.reader(file) for cell in row if cell[:1] in set("=@+\t\r") or cell[:1] == "-" and not cell[1:2].isdigit()]


def test_what_is_no_file_is_no_input(tmp_path, short):
    """A folder, a pipe that would never end, a link to nowhere and a link to a device, where a scenario or a table should be."""
    folder = shutil.copytree(short, tmp_path / "data")
    table, scenario = folder / "segments.csv", tmp_path / "mine.yaml"
    for make in (os.mkdir, os.mkfifo, lambda path: os.symlink(tmp_path / "nowhere", path), lambda path: os.symlink("/dev/zero", path), lambda path: os.symlink(path, path)):
        table.unlink()
        make(table)
        make(scenario)
        assert outcome(read_codebook, folder) is None and outcome(read_scenario, "mine", tmp_path) is None
        for path in (table, scenario):
            path.rmdir() if path.is_dir() else path.unlink()
        table.touch()


def test_a_link_at_a_reports_name_is_replaced_and_not_followed(tmp_path):
    """What a link leads to stays as it is, whether it is there or not, and the next command finds nothing to undo."""
    reports, outside = tmp_path / "reports", tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    reports.mkdir()
    for target in (outside, tmp_path / "nowhere"):
        (reports / "x").symlink_to(target)
        (reports / ".part").mkdir()
        report.exchange(reports / ".part", reports / "x")
        assert not (reports / "x").is_symlink() and (reports / "x").is_dir()
        (reports / "x").rmdir()
        report.recover(reports)
        assert list(reports.iterdir()) == []
    (reports / "x.failed").symlink_to(outside)
    keep_failed(SimpleNamespace(reports=reports, name="x"), SimpleNamespace(key="kept"), "failed")
    assert [(p.name, p.read_text()) for p in outside.iterdir()] == [("kept", "kept")] and (reports / "x.failed" / "kept.ipynb").read_text() == "failed"


def test_so_many_cases_were_tried():
    """The size that is promised for the usual run: at least 5,000 over all places."""
    if len(TRIED) < 13:
        pytest.skip("not all tests of this file were run")
    print(f"{sum(TRIED.values()):,} cases: {dict(TRIED)}")
    assert sum(TRIED.values()) >= 5000 and min(TRIED.values()) >= 60
