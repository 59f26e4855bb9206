"""The command line: `python -m analysis build | parameters | compare | sweep`."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from analysis.build import report
from analysis.commands import parameters
from analysis.errors import ChapterError, InputError, one_line
from analysis.inputs.assumptions import nearest, resolve, scenario_names
from analysis.inputs.tables import DATA

JOBS = range(1, 257)
SECONDS = range(1, 86_401)


class Terminated(BaseException):
    """The signal that asks a program to end."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str):
        raise InputError(f"{message.replace('argument ', '')} (see python -m {self.prog} --help)")

    def parse_known_args(self, *given):
        found, rest = super().parse_known_args(*given)
        if rest:
            self.error(
                f"{rest[0][:60]!r} has no meaning here{nearest(rest[0], self._option_string_actions) if rest[0][:1] == '-' else ''}"
            )
        return found, rest


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        plain = text.replace(",", "").replace("%", "x")
        hint = f"; write {float(plain):.0f}" if plain.replace("e", "", 1).isdigit() else ""
        raise argparse.ArgumentTypeError(f"{text[:60]!r} is not a whole number{hint}") from None


def _folder(text: str) -> Path:
    folder = Path(text).absolute()
    there = next(p for p in (folder, *folder.parents) if p.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise argparse.ArgumentTypeError(
            f"{str(there)[:200]!r} is not a folder that can be written to"
        )
    return Path(text)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="analysis", description=__doc__)
    commands = parser.add_subparsers(
        dest="command", required=True, parser_class=_Parser, metavar="COMMAND"
    )
    for add in (_add_build, _add_parameters, _add_compare, _add_sweep):
        add(commands)
    return parser


def _add(commands, name: str, run, summary: str, *examples: str) -> argparse.ArgumentParser:
    shown = "\n  ".join(
        ["examples:", *(f"python -m analysis {name} {example}".rstrip() for example in examples)]
    )
    command = commands.add_parser(
        name, help=summary, formatter_class=argparse.RawDescriptionHelpFormatter, epilog=shown
    )
    command.set_defaults(run=run)
    return command


def _add_reports(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--reports",
        type=_folder,
        default=report.REPORTS,
        metavar="DIR",
        help="where they are kept (default: reports/)",
    )


def _add_build(commands) -> None:
    build = _add(
        commands,
        "build",
        _build,
        "build reports",
        "",
        "--name cheap --set gpu_price=1.0 --set consumer.paid_conversion=0.5",
        "--name range --set previs.retakes=3,5,20",
        "base gpu_glut gpu_squeeze --dask tcp://127.0.0.1:8786",
    )
    build.add_argument(
        "scenarios",
        nargs="*",
        metavar="SCENARIO",
        help=f"scenarios to build, each under its name (default: base); there are {', '.join(scenario_names())}",
    )
    build.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="changes",
        help="change an assumption: gpu_price=1.9, previs.retakes=3 or gpu_price=1.7,2.65,4.3 (low,value,high); repeatable",
    )
    build.add_argument(
        "--name",
        help="name of the report, a folder of reports/ (default: the scenario's; SCENARIO-changed with --set)",
    )
    build.add_argument(
        "--draws",
        type=_whole,
        default=16384,
        metavar="N",
        help="draws from the ranges, from 100 (default: 16384)",
    )
    build.add_argument(
        "--seed", type=_whole, default=2026, metavar="N", help="seed of the draws (default: 2026)"
    )
    build.add_argument(
        "--jobs",
        type=_whole,
        default=report.IN_FLIGHT,
        metavar="N",
        help=f"chapters run at once (default: {report.IN_FLIGHT})",
    )
    build.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="run the chapters on the Dask cluster whose scheduler is there, for example tcp://127.0.0.1:8786",
    )
    build.add_argument(
        "--time-limit",
        type=_whole,
        default=int(report.TIME_LIMIT),
        metavar="SECONDS",
        help=f"for each chapter (default: {report.TIME_LIMIT:g})",
    )
    _add_reports(build)
    build.add_argument("--quiet", action="store_true", help="say nothing but errors")


def _add_parameters(commands) -> None:
    command = _add(
        commands,
        "parameters",
        _parameters,
        "show every assumption that can be changed",
        "churn",
        "previs.",
        "--csv > assumptions.csv",
    )
    command.add_argument(
        "text", nargs="*", metavar="TEXT", help="only those whose name and meaning hold these words"
    )
    command.add_argument("--csv", action="store_true", help="as CSV")


def _add_compare(commands) -> None:
    command = _add(
        commands,
        "compare",
        _compare,
        "tell what changed between two built reports",
        "base cheap",
        "base ../other/reports/base",
    )
    for name in ("a", "b"):
        command.add_argument(
            name, metavar=name.upper(), help="the name of a built report, or its folder"
        )
    _add_reports(command)


def _add_sweep(commands) -> None:
    command = _add(
        commands,
        "sweep",
        _sweep,
        "evaluate the model over a grid of one or two inputs",
        "gpu_price=1:6:21 --segment previs --metric contribution",
        "gpu_price=1:6:21 compute_intensity=10:240:21 --segment previs --metric headroom --log",
    )
    command.add_argument(
        "axes",
        nargs="+",
        metavar="NAME=START:STOP:COUNT",
        help="an input, from where to where, and at how many points",
    )
    command.add_argument(
        "--segment", required=True, metavar="SEGMENT", help="whose customers, for example previs"
    )
    command.add_argument(
        "--metric",
        required=True,
        metavar="METRIC",
        help="what of them, for example contribution or headroom",
    )
    command.add_argument(
        "--scenario",
        default="base",
        metavar="SCENARIO",
        help=f"the other inputs (default: base); there are {', '.join(scenario_names())}",
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="changes",
        help="change an assumption; repeatable",
    )
    command.add_argument(
        "--log", action="store_true", help="points at equal ratios instead of equal steps"
    )
    command.add_argument(
        "--name",
        help="name of the sweep, a folder of reports/ (default: sweep-SEGMENT-METRIC-INPUTS)",
    )
    _add_reports(command)


def _compare(asked: argparse.Namespace) -> None:
    from analysis.commands import compare

    a, b = (compare.find(name, asked.reports) for name in (asked.a, asked.b))
    place, text = compare.run(a, b, asked.reports, shutil.get_terminal_size().columns)
    print(f"{text}\n\n{place / 'compare.csv'}")


def _sweep(asked: argparse.Namespace) -> None:
    changes = _changes(asked.changes)
    from analysis.commands import sweep

    over = sweep.grid(asked.axes, asked.segment, asked.metric, asked.scenario, changes, asked.log)
    place, found = sweep.run(over, asked.name, asked.reports)
    print(f"{found}\n{place / 'sweep.html'}")


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
    changes, scenarios = _changes(asked.changes), list(dict.fromkeys(asked.scenarios or ["base"]))
    if asked.name is not None and len(scenarios) > 1:
        raise InputError("--name: one name cannot serve several scenarios")
    if change := next((s for s in scenarios if "=" in s), ""):
        raise InputError(
            f"{change[:60]!r} is no scenario; to change an assumption write --set {change[:60]}"
        )
    for option, given, allowed in (
        ("--jobs", asked.jobs, JOBS),
        ("--time-limit", asked.time_limit, SECONDS),
    ):
        if given not in allowed:
            raise InputError(
                f"{option}: {given} is not allowed; it is a whole number from {allowed[0]} to {allowed[-1]}"
            )
    requests = [
        report.request(s, changes, asked.name, asked.draws, asked.seed, asked.reports)
        for s in scenarios
    ]
    report.recover(asked.reports)
    with contextlib.ExitStack() as stack:
        cluster = None
        for one in requests:
            place = one.reports / one.name
            if unchanged := report.stands(one):
                said = f"{place / 'report.html'} (nothing changed)"
            else:
                if asked.dask and cluster is None:
                    cluster = stack.enter_context(report.cluster(asked.dask))
                with _progress(one.name, asked.quiet) as tell:
                    report.build(one, cluster, tell, asked.jobs, asked.time_limit)
                said = str(place / "report.html")
            if not asked.quiet:
                print(said, flush=True)
            if (
                not unchanged
                and place == report.REPORTS / "base"
                and (asked.draws, asked.seed) == (16384, 2026)
            ):
                report.update_readme(one.study, report.ROOT / "README.md")


@contextlib.contextmanager
def _progress(name: str, quiet: bool) -> Iterator[Callable]:
    """What tells of the chapters of a report: a bar with the time left on a terminal, plain lines elsewhere, nothing when quiet."""
    from tqdm import tqdm

    columns = (
        shutil.get_terminal_size().columns
    )  # left to tqdm, a terminal without a size shows no bar
    look = "{desc}: {bar} {n_fmt}/{total_fmt} chapters, {remaining} left{postfix}"
    with tqdm(
        desc=name, disable=quiet or None, leave=False, ncols=columns, nrows=2, bar_format=look
    ) as bar:

        def tell(title: str, done: int, of: int, ran: bool) -> None:
            if not bar.disable:
                bar.total = of
                bar.initial += not ran  # what came at once says nothing about the time left
                bar.set_postfix_str(title, refresh=False)
                bar.update()
            elif not quiet:
                print(
                    f"  {done}/{of} {title}{'' if ran else ' (unchanged)'}",
                    file=sys.stderr,
                    flush=True,
                )

        if bar.disable and not quiet:
            print(f"building {name}", file=sys.stderr, flush=True)
        yield tell


def _parameters(asked: argparse.Namespace) -> None:
    some = parameters.found(resolve(), " ".join(asked.text))
    if asked.csv:
        print(parameters.as_csv(some), end="")
        return
    print(parameters.as_text(some, shutil.get_terminal_size().columns))
    if any(q.evidence for q in some):
        print(f"\nSources are rows of {(DATA / 'evidence.csv').relative_to(report.ROOT)}.")


def _terminate(*_) -> None:
    raise Terminated


def main(arguments: list[str] | None = None) -> int:
    """Run a command. Returns: 0, or 2 for a wrong input, 1 for a failed chapter or file, 130 when interrupted, 143 when terminated."""
    try:
        asked = _parser().parse_args(arguments)
        asked.run(asked)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except (KeyboardInterrupt, Terminated) as ended:
        word, status = (
            ("interrupted", 130) if isinstance(ended, KeyboardInterrupt) else ("terminated", 143)
        )
        print(f"{word}; what stood before still stands", file=sys.stderr)
        return status
    except ChapterError as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            one_line(
                f"failed: {error.strerror or error}{f': {error.filename}' if error.filename else ''}"
            ),
            file=sys.stderr,
        )
        return 1
    return 0


def run() -> None:
    """Run the command that the terminal asks for, and end with its status."""
    signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(
            errors="backslashreplace"
        )  # where the locale lacks a character, or a path is no text
    sys.exit(main())
