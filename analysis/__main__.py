"""The command line: `python -m analysis build | parameters`."""
from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

from analysis import ChapterError, InputError
from analysis.assumptions import nearest, resolve, scenario_names
from analysis.codebook import read_codebook


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str):
        raise InputError(message.replace("argument ", "") + f" (see python -m analysis {self.prog.split()[-1]} --help)".replace(" analysis analysis", " analysis"))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="analysis", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser, metavar="COMMAND")
    build = commands.add_parser("build", help="build reports", formatter_class=argparse.RawDescriptionHelpFormatter, epilog=(
        "examples:\n  python -m analysis build\n"
        "  python -m analysis build --name cheap --set gpu_price=1.0 --set consumer.paid_conversion=0.5\n"
        "  python -m analysis build --name range --set previs.retakes=3,5,20"))
    build.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"scenarios to build, each under its name (default: base); there are {', '.join(scenario_names())}")
    build.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="changes",
                       help="change an assumption: gpu_price=1.9, previs.retakes=3 or gpu_price=1.7,2.65,4.3 (low,value,high); may be repeated")
    build.add_argument("--name", help="name of the report, a folder of reports/ (default: the scenario's; SCENARIO-changed with --set)")
    build.add_argument("--draws", type=int, default=16384, metavar="N", help="draws from the ranges, from 100 (default: 16384)")
    build.add_argument("--seed", type=int, default=2026, metavar="N", help="seed of the draws (default: 2026)")
    build.add_argument("--jobs", type=int, default=3, metavar="N", help="chapters run at once (default: 3)")
    build.add_argument("--reports", type=Path, metavar="DIR", help="where reports are kept (default: reports/)")
    build.add_argument("--quiet", action="store_true", help="say nothing but errors")
    build.set_defaults(run=_build)
    parameters = commands.add_parser("parameters", help="show every assumption that can be changed", formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="examples:\n  python -m analysis parameters churn\n  python -m analysis parameters --csv > assumptions.csv")
    parameters.add_argument("text", nargs="?", default="", metavar="TEXT", help="only those whose name or meaning holds this text")
    parameters.add_argument("--csv", action="store_true", help="as CSV")
    parameters.set_defaults(run=_parameters)
    return parser


def _changes(given: list[str]) -> dict[str, str]:
    changes = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise InputError(f"--set {item[:60]!r}: write NAME=VALUE, for example gpu_price=1.9")
        if name.strip() in changes:
            raise InputError(f"--set {name.strip()}: given twice")
        changes[name.strip()] = value.strip()
    return changes


def _build(asked: argparse.Namespace) -> None:
    changes = _changes(asked.changes)
    scenarios = asked.scenarios or ["base"]
    if asked.name is not None and len(scenarios) > 1:
        raise InputError("--name: one name cannot serve several scenarios")
    if not 1 <= asked.jobs <= 256:
        raise InputError(f"--jobs: {asked.jobs} is not allowed; it is a whole number from 1 to 256")
    codebook = read_codebook()
    for scenario in scenarios:
        resolve(codebook, scenario, changes)
    from concurrent.futures import ThreadPoolExecutor

    from analysis import report

    reports = asked.reports or report.REPORTS
    requests = [report.request(s, changes, asked.name, asked.draws, asked.seed, reports) for s in scenarios]
    with ThreadPoolExecutor(asked.jobs) as pool:
        for one in requests:
            with _Progress(one.name, asked.quiet) as progress:
                place = report.build(one, pool, progress)
            if not asked.quiet:
                print(place / "report.html")
            if place == report.REPORTS / "base" and (asked.draws, asked.seed) == (16384, 2026):
                report.update_readme(one.study, report.ROOT / "README.md")


class _Progress:
    """A bar where a person looks on, plain lines where not, nothing when quiet."""

    def __init__(self, name: str, quiet: bool):
        self.name, self.quiet, self.bar = name, quiet, None

    def __enter__(self) -> _Progress:
        if not self.quiet and sys.stderr.isatty():
            from tqdm import tqdm

            self.bar = tqdm(desc=self.name, unit="chapter", leave=False)
        elif not self.quiet:
            print(f"building {self.name}", file=sys.stderr, flush=True)
        return self

    def __call__(self, title: str, done: int, of: int) -> None:
        if self.bar is not None:
            self.bar.total = of
            self.bar.set_postfix_str(title, refresh=False)
            self.bar.update()
        elif not self.quiet:
            print(f"  {done}/{of} {title}", file=sys.stderr, flush=True)

    def __exit__(self, *problem) -> None:
        if self.bar is not None:
            self.bar.close()


def _parameters(asked: argparse.Namespace) -> None:
    assumptions = resolve()
    head = ["name", "segment", "low", "value", "high", "unit", "basis", "source", "meaning"]
    text = asked.text.lower()
    rows = [[q.name, q.segment, f"{q.low:g}", f"{q.value:g}", f"{q.high:g}", q.unit, q.basis, " ".join(q.evidence), q.meaning]
            for q in assumptions.quantities.values() if text in q.name.lower() or text in q.meaning.lower()]
    if not rows:
        raise InputError(f"no parameter holds {asked.text[:60]!r}{nearest(asked.text, assumptions.quantities)}")
    if asked.csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([head, *rows])
        return
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        print("  ".join(cell.rjust(w) if 2 <= i <= 4 else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths))).rstrip())


def main(arguments: list[str] | None = None) -> int:
    """Run a command. Returns: 0, or 2 for a wrong input, 1 for a failed chapter, 130 when interrupted."""
    try:
        asked = _parser().parse_args(arguments)
        asked.run(asked)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        print("interrupted; nothing was changed", file=sys.stderr)
        return 130
    except (ChapterError, OSError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
