"""Changes the model on purpose, one place at a time, and sees whether a test notices.

    bash tests/nightly/with.sh cosmic-ray==8.7.0 tests/nightly/mutants.py
        [--sample N] [--seed N] [--jobs N] [MODULE ...]

MODULE is a path under analysis/ without .py, such as model/metrics. A mutant is a change that
cosmic-ray makes in a module. It is killed when a test fails or takes too long. Not counted: what is
no Python, what changes an annotation only, and shifts or bits in place of arithmetic, which floats
refuse, so that any call would notice. A survivor that no test can notice stands in survivors.csv
with the reason; another one, or less than 90 % killed, ends with status 1.
"""

import argparse
import ast
import csv
import difflib
import importlib
import os
import pkgutil
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from figures import ROOT, keep

MODEL = sorted((ROOT / "analysis" / "model").glob("[!_]*.py"))
MODULES = [*(f"model/{path.stem}" for path in MODEL), "findings/claims"]
ALSO = ["tests/model/test_metrics.py", "tests/findings/test_study.py"]  # beside a module's own
LEAST, MEMORY = 0.9, 8 << 30
ARITHMETIC = {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"}
BITS = {"RShift", "LShift", "BitOr", "BitAnd", "BitXor"}
NO_COPY = (".git", ".venv", ".nightly", ".hypothesis", "__pycache__")


class Mutant(NamedTuple):
    """A change: the line before and after it, and the source of the module that has it."""

    before: str
    after: str
    source: str


class Tally(NamedTuple):
    """What became of the mutants of a module."""

    killed: int
    total: int
    strange: int  # survivors of which no reason is known


def shape(source: str) -> str:
    """What a module does, without its annotations. Raises: SyntaxError."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for field in {"annotation", "returns"} & set(node._fields):
            setattr(node, field, None)
    return ast.dump(tree)


def counts(operator: str) -> bool:
    """Whether what an operator of cosmic-ray changes can tell anything."""
    kind, *change = operator.rpartition("/")[2].split("_")
    if kind.startswith("Variable"):  # replaces a variable by a number of its own choice, unseeded
        return False
    return kind != "ReplaceBinaryOperator" or not (change[0] in ARITHMETIC and change[1] in BITS)


def positions(source: str) -> list[tuple]:
    """Every operator with every place of a module that it changes."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    nodes = list(ast_nodes(get_ast(source)))
    found = []
    for name in filter(counts, operator_names()):
        operator = get_operator(name)()
        places = sum(len(list(operator.mutation_positions(node))) for node in nodes)
        found += [(operator, occurrence) for occurrence in range(places)]
    return found


def maker(source: str) -> Callable:
    """A function that makes the mutant of an operator and a place; None for one that is known."""
    from cosmic_ray.mutating import mutate_code

    seen = {shape(source)}

    def made(operator, occurrence: int) -> Mutant | None:
        mutated = mutate_code(source, operator, occurrence)
        try:
            new = shape(mutated)
        except SyntaxError:
            return None
        if new in seen:
            return None
        seen.add(new)
        lines = source.split("\n"), mutated.split("\n")
        changed = list(difflib.unified_diff(*lines, n=0, lineterm=""))[3:]
        sides = ["".join(line[1:].strip() for line in changed if line[0] == s) for s in "-+"]
        return Mutant(*sides, mutated)

    return made


def started(copy: Path, tests: list[str]) -> int:
    """The process of a forked run of tests in a copy of the project."""
    process = os.fork()
    if process:
        return process
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(null, stream)
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    import pytest

    alone = ["-x", "-q", "-p", "no:cacheprovider", "--assert=plain"]
    try:
        status = pytest.main([*alone, "-o", "addopts=-m 'not slow'", *tests])
    except BaseException:  # a mutant may raise anything while tests are gathered
        status = 1
    os._exit(int(status))


def tests_of(module: str) -> list[str]:
    """The test files that are to notice a change of a module."""
    room, name = module.split("/")
    return list(dict.fromkeys([f"tests/{room}/test_{name}.py", *ALSO]))


def time_limit(module: str, copy: Path, tests: list[str]) -> float:
    """Seconds that tests may take of a mutant, from what they take of the module as it is."""
    start = time.monotonic()
    if os.waitpid(started(copy, tests), 0)[1]:
        sys.exit(f"{module}: its tests fail before anything is changed")
    return 60 + 5 * (time.monotonic() - start)


def chosen(source: str, sample: int | None, seed: str) -> list[Mutant]:
    """The mutants of a module, in random order; with a sample so many of them."""
    places, made = positions(source), maker(source)
    random.Random(seed).shuffle(places)
    mutants = []
    while places and (sample is None or len(mutants) < sample):
        mutant = made(*places.pop())
        if mutant:
            mutants.append(mutant)
    return mutants


def outcomes(mutants: list[Mutant], path: Path, copies: list[Path], tests: list[str], limit: float):
    """Each mutant with whether it was killed; as many run at once as there are copies."""
    source = (ROOT / path).read_text()
    waiting, free, running = list(mutants), list(copies), {}
    while waiting or running:
        while free and waiting:
            mutant, copy = waiting.pop(), free.pop()
            (copy / path).write_text(mutant.source)
            running[started(copy, tests)] = (copy, mutant, time.monotonic())
        for process, (copy, mutant, since) in list(running.items()):
            if time.monotonic() - since > limit:
                os.killpg(process, signal.SIGKILL)
            done, status = os.waitpid(process, os.WNOHANG)
            if done:
                del running[process]
                (copy / path).write_text(source)
                free.append(copy)
                yield mutant, bool(status)
        time.sleep(0.05)


def tally(module: str, copies: list[Path], sample: int | None, seed: int, known: dict) -> Tally:
    """Kill what can be killed of one module, and tell what survives."""
    path = Path("analysis") / f"{module}.py"
    mutants = chosen((ROOT / path).read_text(), sample, f"{seed}/{module}")
    tests = tests_of(module)
    limit = time_limit(module, copies[0], tests)
    killed = strange = 0
    for mutant, noticed in outcomes(mutants, path, copies, tests, limit):
        killed += noticed
        if not noticed:
            reason = known.get((module, mutant.before, mutant.after), "")
            strange += not reason
            print(f"survives  {module}: {mutant.before}")
            print(f"          ->  {mutant.after}  ({reason or 'NO REASON KNOWN'})", flush=True)
    print(f"{module}: {killed} of {len(mutants)} killed", flush=True)
    return Tally(killed, len(mutants), strange)


def import_all() -> None:
    """Import what tests and modules import, so that a forked run need not; analysis itself goes."""
    sys.path.insert(0, str(ROOT))
    import analysis

    for found in pkgutil.walk_packages(analysis.__path__, "analysis."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for name in ("pytest", "hypothesis", "pint", "scipy.stats", "SALib", "playwright.sync_api"):
        importlib.import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "analysis"]:
        del sys.modules[name]
    sys.path.remove(str(ROOT))


def reasons() -> dict:
    """Why no test can notice a survivor, by its module and its lines."""
    with open(Path(__file__).parent / "survivors.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row["module"], row["before"], row["after"]): row["reason"] for row in rows}


def main() -> int:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("modules", nargs="*", default=MODULES, metavar="MODULE")
    parser.add_argument("--sample", type=int, help="so many mutants of each module, by the seed")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    os.environ.update(OPENBLAS_NUM_THREADS="1", MPLBACKEND="agg")
    sys.dont_write_bytecode = True
    import_all()
    known = reasons()
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / str(number) for number in range(asked.jobs)]
        for copy in copies:
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NO_COPY))
        found = [tally(m, copies, asked.sample, asked.seed, known) for m in asked.modules]
    killed, total, strange = (sum(column) for column in zip(*found, strict=True))
    figure = f"{killed} of {total} noticed ({killed / total:.1%})"
    print(f"{figure}; {strange} survivors without a reason")
    keep("mutants", figure)
    return int(bool(strange) or killed < LEAST * total)


if __name__ == "__main__":
    sys.exit(main())
