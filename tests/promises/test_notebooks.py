"""Notebooks: committed clean, with words that follow numbers, and usable with plain tools."""

import ast
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import nbformat
import pytest
from bs4 import BeautifulSoup
from papermill import PapermillExecutionError, cli
from pytest import approx
from support import ROOT

from analysis.findings.claims import LIKELIHOODS, claim
from analysis.findings.study import Study
from analysis.inputs.assumptions import resolve
from analysis.inputs.scenarios import read_scenario
from analysis.inputs.tables import read_tables
from analysis.show.html import plain_text
from analysis.show.numbers import how_many
from analysis.show.prose import render_markdown

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ANSWER, SECOND = NOTEBOOKS[:2]
PROSE = "%%prose"
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path, kind=None):
    """The cells of a notebook of one kind: markdown, prose, parameters or code."""
    for cell in nbformat.read(path, 4).cells:
        own = cell.cell_type
        if cell.source.startswith(PROSE):
            own = "prose"
        elif "parameters" in cell.metadata.get("tags", []):
            own = "parameters"
        if kind in (None, own):
            yield cell


def plain(*arguments):
    """A command as a user types it, from the root."""
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=300)


def papermill(*arguments):
    """The command `papermill` without the two seconds that its imports take."""
    arguments = [*map(str, arguments), "--no-progress-bar"]
    cli.papermill.main(arguments, standalone_mode=False)


@each
def test_a_notebook_is_a_sentence_a_call_a_figure(path):
    for cell in [*cells(path, "code"), *cells(path, "prose"), *cells(path, "parameters")]:
        assert not cell.outputs and cell.execution_count is None
    assert len([*cells(path, "parameters")]) == 1
    unwanted = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.BinOp)
    for cell in cells(path, "code"):
        tree = ast.parse(cell.source)
        sliced = [node.upper for node in ast.walk(tree) if isinstance(node, ast.Slice)]
        for node in ast.walk(tree):
            assert not isinstance(node, unwanted), cell.source
            number = isinstance(node, ast.Constant) and isinstance(node.value, (int, float))
            assert not number or node in sliced, cell.source


@each
def test_a_line_has_at_most_100_characters(path):
    assert [line for c in cells(path) for line in c.source.splitlines() if len(line) > 100] == []


@each
def test_words_hold_no_number_of_their_own(path):
    """A number comes from results; only names, percentiles and a date may have digits."""
    fixed = r"720p|H100|5th|95th|late 2026"
    for cell in [*cells(path, "markdown"), *cells(path, "prose")]:
        words = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", cell.source, flags=re.DOTALL)
        assert not re.search(r"\d", re.sub(fixed, "", words)), words


@each
def test_a_chapter_names_no_segment(path):
    """Segments come from the tables alone."""
    segments = set(read_tables().segments["segment"])
    for cell in [*cells(path, "code"), *cells(path, "prose")]:
        source = "".join(re.findall(r"\{\{.*?\}\}|\{%.*?%\}", cell.source, re.DOTALL))
        code = source if cell.source.startswith(PROSE) else cell.source
        assert not set(re.findall(r"\w+", code)) & (segments - {"training"}), code


@pytest.mark.parametrize(
    "notebooks",
    [[ANSWER, NOTEBOOKS[-2], NOTEBOOKS[-1]], pytest.param(NOTEBOOKS, marks=pytest.mark.slow)],
    ids=["three", "all"],
)
def test_plain_papermill_and_plain_nbconvert_work_from_the_root(notebooks, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)

    def run(path):
        papermill(path.relative_to(ROOT), tmp_path / path.name, "-p", "draws", "100")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, notebooks))
    made = [tmp_path / path.name for path in notebooks]
    pages = plain("jupyter", "nbconvert", "--to", "html", *made)
    assert pages.returncode == 0, pages.stderr[-800:]
    for path in made:
        page = BeautifulSoup(path.with_suffix(".html").read_text("utf-8"), "html.parser")
        assert page.find(["table", "svg"]), path.name
        for cell in cells(path, "prose"):
            assert plain_text(cell.outputs[0].data["text/html"]) in plain_text(str(page)), path.name


@pytest.fixture
def edited(tmp_path):
    """The first sentences of a chapter in a copy, one of them changed, with few draws."""
    notebook = nbformat.read(SECOND, 4)
    del notebook.cells[4:]
    notebook.cells[1].source = notebook.cells[1].source.replace("16384", "100")
    notebook.cells[3].source += " *Rented* at {{ input('gpu_price') }}."
    nbformat.write(notebook, tmp_path / "02-second.ipynb")
    return tmp_path / "02-second.ipynb"


def test_an_edited_sentence_shows_by_plain_papermill_and_by_plain_nbconvert(edited, tmp_path):
    papermill(edited, tmp_path / "out.ipynb")
    (sentence,) = cells(tmp_path / "out.ipynb", "prose")
    assert "<em>Rented</em> at <data" in sentence.outputs[0].data["text/html"]
    done = plain("jupyter", "nbconvert", "--execute", "--to", "html", edited)
    assert done.returncode == 0, done.stderr[-800:]
    page = BeautifulSoup(edited.with_suffix(".html").read_text("utf-8"), "html.parser")
    price = page.find("em", string="Rented").find_next("data")
    assert price["data-input"] == "gpu_price" and price.text.startswith("$")


def test_a_wrong_name_in_a_sentence_fails_its_cell_and_says_the_nearest(edited, tmp_path):
    edited.write_text(edited.read_text("utf-8").replace("'gpu_price'", "'gpu_prize'"), "utf-8")
    with pytest.raises(PapermillExecutionError, match="'gpu_prize'; the nearest name is gpu_price"):
        papermill(edited, tmp_path / "out.ipynb")


def of_segments(*kept, named=None):
    """The tables with some segments only, and others named by the argument."""
    tables = read_tables()
    segments = tables.segments
    if kept:
        segments = segments[segments["segment"].isin(kept)].reset_index(drop=True)
    if named is not None:
        in_thesis = ["yes" if s in named else "no" for s in segments["segment"]]
        segments = segments.assign(in_thesis=in_thesis)
    known = {"all", *segments["segment"]}
    rows = {
        name: frame[frame["segment"].isin(known)].reset_index(drop=True)
        for name, frame in (("assumptions", tables.assumptions), ("backtests", tables.backtests))
    }
    return replace(tables, segments=segments, **rows)


WINNING = {f"{s}.acquisition_cost": 0.01 for s in read_tables().segments["segment"]}
WORLDS = {
    "base": ((), None, {}),
    "nobody pays": ((), None, {"served_intensity": 5000}),
    "everybody pays": (
        (),
        None,
        {"served_intensity": 0.02, "consumer.paid_conversion": 0.5, **WINNING},
    ),
    "one vertical": (("consumer", "prosumer", "tv_spot"), ["tv_spot"], {}),
    "nobody named": ((), [], {}),
    "one segment": (("previs",), None, {}),
    "the app alone": (("consumer",), None, {}),
    "the plan alone": (("prosumer",), None, {}),
}


@pytest.fixture(scope="module", params=WORLDS)
def world(request):
    """A study of the tables turned upside down."""
    kept, named, overrides = WORLDS[request.param]
    assumptions = resolve(of_segments(*kept, named=named), "base", overrides)
    return Study(assumptions, read_scenario("base"), 400)


def told(study, path):
    """What the sentences of a chapter say in a world, a text for each cell."""
    here = study.segments[0] if path.stem == "09-segments" else ""
    return [
        plain_text(render_markdown(study, cell.source.partition("\n")[2], here))
        for cell in cells(path, "prose")
    ]


def test_sentences_read_well_in_every_world(world):
    """Oracle: what no sentence may hold, and capitals, spaces and stops where they belong."""
    for text in [text for path in NOTEBOOKS for text in told(world, path)]:
        assert not re.search(
            r"\b(nan|inf|undefined)\b|\bNone\b(?! (of|is))|[{}]|\*\*|\bnone of them are\b", text
        ), text
        assert not re.search(r"[,;.] ?[,;.]|\s[,;.:]|[a-z][.;,][A-Z]|\bthe the\b|\ba an\b", text), (
            text
        )
        for paragraph in filter(None, map(str.strip, text.split("\n\n"))):
            assert not re.match(r"[a-z]", paragraph), paragraph


def test_every_word_agrees_with_the_number_beside_it(world):
    """Oracle: the claims and the IPCC's scale."""
    words = "|".join(word for word, *_ in LIKELIHOODS)
    for path in NOTEBOOKS:
        for cell in cells(path, "prose"):
            here = world.segments[0] if path.stem == "09-segments" else ""
            page = render_markdown(world, cell.source.partition("\n")[2], here)
            tree = BeautifulSoup(page, "html.parser")
            for word in tree.find_all("b", attrs={"data-word": True}):
                name, subject = word["data-word"].split("/")
                found = claim(world, name, subject)
                number = word.find_next("data")
                assert (word.text, number["data-claim"]) == (found.likelihood, word["data-word"])
                assert float(number["value"]) == approx(found.probability)
            plain = re.sub(r"\s+", " ", tree.get_text())
            for sentence in re.split(r"(?<=[.:]) ", plain):
                assert len(re.findall(rf"({words}) \(", sentence)) <= 1, sentence


def test_the_verdict_says_what_the_claims_say(world):
    """Oracle: each claim asked of the study itself."""
    verdict = re.sub(r"\s+", " ", told(world, ANSWER)[0])
    answers = {"yes": "is likely to", "no": "is unlikely to", "open": "may or may not"}
    apps = world.consumer_segments()
    paying = [s for s in world.segments if s not in apps]

    def likely(name):
        return [s for s in paying if claim(world, name, s).answer == "yes"]

    for app in apps:
        found = answers[claim(world, "covers_running_cost", app).answer]
        assert f"The consumer app {found} earn what it costs to run." in verdict
    if not paying:
        assert "aid products" not in verdict and "free GPUs" not in verdict
        return
    covers, repays = likely("covers_running_cost"), likely("repays_acquisition")
    if len(paying) > 1:
        holds = f"That holds for {how_many(len(covers), len(paying))}." in verdict
        assert holds == bool(covers)
    phrases = {s: world.assumptions.about(s)["phrase"] for s in paying}
    some = re.search(r"(?:Only (.*?) is likely|Likely to: (.*?)\.)", verdict)
    listed = " ".join(filter(None, some.groups())) if some else ""
    named_alone = set(repays) if 0 < len(repays) < len(paying) else set()
    assert {s for s in paying if phrases[s] in listed} == named_alone
    assert ("They are also likely to repay" in verdict) == (len(repays) == len(paying))
    if len(named := world.thesis_segments()) > 1:
        among = how_many(len(set(covers) & set(named)), len(named))
        assert f"{among} professional uses that advocates of ai video name" in verdict.lower()
        assert all(phrases[name] in verdict for name in named)


def test_what_weighs_more_is_what_more_is_lost_to(world):
    """Oracle: the shares lost, added up by hand over those who pay and may not repay."""
    verdict, *_ = told(world, ANSWER)
    failing = [s for s in world.segments if claim(world, "repays_acquisition", s).answer != "yes"]
    paying = [s for s in failing if s not in world.consumer_segments()] or failing
    lost = {
        cause: sum(world.result(s, f"lost_to_{cause}")["value"] for s in paying)
        for cause in ("compute", "selling")
    }
    expected = "Compute stands in the way about as much as"
    if not failing:
        expected = "Neither compute nor winning customers stands in the way"
    elif lost["selling"] > 1.25 * lost["compute"]:
        expected = "winning and keeping customers more than compute"
    elif lost["compute"] > 1.25 * lost["selling"]:
        expected = "compute more than winning and keeping customers"
    assert expected in re.sub(r"\s+", " ", verdict)


def test_papermill_explains_the_parameters():
    done = plain("papermill", "--help-notebook", "notebooks/09-segments.ipynb")
    kinds = {
        "scenario": "str",
        "overrides": "dict",
        "draws": "int",
        "seed": "int",
        "segment": "str",
    }
    for name, kind in kinds.items():
        assert re.search(rf"{name}: {kind} \(default .*\)\s+\w+", done.stdout), done.stdout


@pytest.mark.parametrize(
    "given, said",
    [
        (["-p", "gpu_price", "1.9"], r"overrides = \{'gpu_price': 1.9\}"),
        (["-y", "{overrides: {gpu_prise: 1}}"], "gpu_price"),
    ],
)
def test_what_would_have_no_effect_is_refused(given, said, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(PapermillExecutionError, match=said):
        papermill("notebooks/01-answer.ipynb", tmp_path / "o.ipynb", *given)
