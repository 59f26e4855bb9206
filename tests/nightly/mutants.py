"""Changes the model on purpose, one place at a time, and sees whether a test notices.

A mutant is a change that cosmic-ray makes in a module. It is killed when a test fails or takes too long. Not counted: what is
no Python, what changes an annotation only, and shifts or bits in place of arithmetic, which floats refuse, so that any call would notice.
A survivor that no test can notice stands in survivors.csv with the reason; another one, or less than 90 % killed, ends with status 1.

    bash tests/nightly/with.sh cosmic-ray==8.7.0 tests/nightly/mutants.py [--sample N] [--seed N] [--jobs N] [MODULE ...]
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
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = {
    "economics": "economics findings study",
    "uncertainty": "uncertainty study",
    "infrastructure": "infrastructure study",
    "trajectory": "trajectory study",
    "findings": "findings prose",
}
LEAST, MEMORY = 0.9, 8 << 30
ARITHMETIC, BITS = (
    {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"},
    {"RShift", "LShift", "BitOr", "BitAnd", "BitXor"},
)


def shape(source: str) -> str:
    """What a module does, without its annotations. Raises: SyntaxError."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for field in {"annotation", "returns"} & set(node._fields):
            setattr(node, field, None)
    return ast.dump(tree)


def mutants(source: str):
    """Every mutant of a module that counts, each once, as (line before, line after, source); random where asked in no order."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    found = []
    for name in operator_names():
        change = name.rpartition("/")[2].split("_")
        if change[0].startswith("Variable") or (
            change[0] == "ReplaceBinaryOperator" and change[1] in ARITHMETIC and change[2] in BITS
        ):
            continue  # the first replace a variable by a number of their own choice, unseeded
        operator = get_operator(name)()
        found += [
            (operator, i)
            for i in range(
                sum(
                    len(list(operator.mutation_positions(node)))
                    for node in ast_nodes(get_ast(source))
                )
            )
        ]
    seen = {shape(source)}

    def made(operator, occurrence):
        mutated = mutate_code(source, operator, occurrence)
        try:
            known = shape(mutated) in seen
        except SyntaxError:
            return None
        seen.add(shape(mutated))
        changed = [
            line
            for line in difflib.unified_diff(
                source.split("\n"), mutated.split("\n"), n=0, lineterm=""
            )
        ][3:]
        return (
            None
            if known
            else (
                *(
                    "".join(line[1:].strip() for line in changed if line[0] == sign)
                    for sign in "-+"
                ),
                mutated,
            )
        )

    return found, made


def tested(copy: Path, tests: list[str]) -> int:
    """The process of a forked run of tests in a copy of the project."""
    process = os.fork()
    if process:
        return process
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1), os.dup2(null, 2)
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    import pytest

    try:
        status = pytest.main(
            [
                "-x",
                "-q",
                "-p",
                "no:cacheprovider",
                "--assert=plain",
                "-o",
                "addopts=-m 'not slow'",
                *tests,
            ]
        )
    except BaseException:  # a mutant may raise anything while tests are gathered
        status = 1
    os._exit(int(status))


def run(
    module: str, copies: list[Path], sample: int | None, seed: int, known: dict
) -> tuple[int, int, list]:
    """Kills what it can of one module; returns how many, of how many, and the survivors that no reason is known of."""
    path = Path("analysis") / f"{module}.py"
    source = (ROOT / path).read_text()
    positions, made = mutants(source)
    random.Random(f"{seed}/{module}").shuffle(positions)
    tests = [f"tests/test_{name}.py" for name in TESTS[module].split()]
    start = time.monotonic()
    if os.waitpid(tested(copies[0], tests), 0)[1]:
        sys.exit(f"{module}: its tests fail before anything is changed")
    limit = 60 + 5 * (time.monotonic() - start)
    sys.dont_write_bytecode = True
    total, killed, strange, free, running = 0, 0, [], list(copies), {}
    while positions or running:
        while free and positions and (sample is None or total < sample):
            mutant = made(*positions.pop())
            if mutant:
                total += 1
                copy = free.pop()
                (copy / path).write_text(mutant[2])
                running[tested(copy, tests)] = (copy, mutant, time.monotonic())
        if sample is not None and total >= sample:
            positions = []
        for process, (copy, mutant, since) in list(running.items()):
            if time.monotonic() - since > limit:
                os.killpg(process, signal.SIGKILL)
            done, status = os.waitpid(process, os.WNOHANG)
            if done:
                del running[process]
                (copy / path).write_text(source)
                free.append(copy)
                killed += bool(status)
                if not status:
                    reason = known.get((module, *mutant[:2]))
                    strange += [] if reason else [mutant]
                    print(
                        f"survives  {module}: {mutant[0]}\n          ->  {mutant[1]}  ({reason or 'NO REASON KNOWN'})",
                        flush=True,
                    )
        time.sleep(0.05)
    print(f"{module}: {killed} of {total} killed ({killed / total:.1%})", flush=True)
    return killed, total, strange


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="*", default=list(TESTS), metavar="MODULE")
    parser.add_argument(
        "--sample", type=int, help="so many mutants of each module, chosen at random by the seed"
    )
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with open(Path(__file__).parent / "survivors.csv", newline="") as file:
        known = {
            (row["module"], row["before"], row["after"]): row["reason"]
            for row in csv.DictReader(file)
        }
    os.environ.update(OPENBLAS_NUM_THREADS="1", MPLBACKEND="agg")
    sys.path.insert(0, str(ROOT))
    import analysis

    for found in pkgutil.walk_packages(analysis.__path__, "analysis."):
        if not found.name.endswith("__main__"):
            importlib.import_module(
                found.name
            )  # for what they import; they themselves are imported anew in each run
    for name in ("pytest", "hypothesis", "pint", "scipy.stats", "SALib", "playwright.sync_api"):
        importlib.import_module(name)
    for name in [n for n in sys.modules if n.partition(".")[0] == "analysis"]:
        del sys.modules[name]
    sys.path.remove(str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / str(i) for i in range(options.jobs)]
        for copy in copies:
            shutil.copytree(
                ROOT,
                copy,
                ignore=shutil.ignore_patterns(
                    ".git", ".venv", ".hypothesis", "__pycache__", "notebooks/*.html"
                ),
            )
        results = [
            run(module, copies, options.sample, options.seed, known) for module in options.modules
        ]
    killed, total = (sum(r[i] for r in results) for i in (0, 1))
    strange = sum(len(r[2]) for r in results)
    print(
        f"together: {killed} of {total} killed ({killed / total:.1%}); {strange} survivors without a reason"
    )
    return int(bool(strange) or killed < LEAST * total)


if __name__ == "__main__":
    sys.exit(main())
