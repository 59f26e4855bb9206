"""The command line: `python -m analysis build | parameters | compare | sweep`."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import threading
from pathlib import Path

from analysis.build.request import REPORTS
from analysis.errors import ChapterError, InputError, one_line
from analysis.inputs.parsing import nearest

COMMANDS = {  # each a module of this folder with EXAMPLES, add_arguments() and run()
    "build": "build reports",
    "parameters": "show every assumption that can be changed",
    "compare": "tell what changed between two built reports",
    "sweep": "evaluate the model over a grid of one or two inputs",
}


class Interrupted(KeyboardInterrupt):
    """Ctrl-C.

    Not KeyboardInterrupt itself: when that has passed through an `exec`, as it may during imports,
    Python ends by the signal and not with the status it is given, though somebody caught it.
    """


class Terminated(BaseException):
    """The signal that asks a program to end."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str):
        raise InputError(f"{message.replace('argument ', '')} (see python -m {self.prog} --help)")

    def parse_known_args(self, *given):
        found, unknown = super().parse_known_args(*given)
        if unknown:
            first = unknown[0]
            hint = ""
            if first.startswith("-"):
                hint = nearest(first, self._option_string_actions)
            self.error(f"{first[:60]!r} has no meaning here{hint}")
        return found, unknown


class _CommandParser(_Parser):
    """The parser of a command, whose module is imported when it is asked for and not before."""

    def parse_known_args(self, *given):
        command = importlib.import_module(f"analysis.commands.{self.prog.split()[-1]}")
        examples = [f"  python -m {self.prog} {example}".rstrip() for example in command.EXAMPLES]
        self.epilog = "\n".join(["examples:", *examples])
        self.set_defaults(run=command.run)
        command.add_arguments(self)
        return super().parse_known_args(*given)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """What is asked for, with the command's `run`. Raises: InputError for what has no meaning."""
    parser = _Parser(prog="analysis", description=__doc__)
    commands = parser.add_subparsers(
        dest="command", required=True, parser_class=_CommandParser, metavar="COMMAND"
    )
    layout = argparse.RawDescriptionHelpFormatter
    for name, summary in COMMANDS.items():
        commands.add_parser(name, help=summary, formatter_class=layout)
    return parser.parse_args(arguments)


def add_reports(command: argparse.ArgumentParser) -> None:
    """The option `--reports`."""
    says = "where they are kept (default: reports/)"
    command.add_argument("--reports", type=_folder, default=REPORTS, metavar="DIR", help=says)


def _folder(text: str) -> Path:
    folder = Path(text).absolute()
    there = next(p for p in (folder, *folder.parents) if p.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        shown = repr(str(there)[:200])
        raise argparse.ArgumentTypeError(f"{shown} is not a folder that can be written to")
    return Path(text)


def add_changes(command: argparse.ArgumentParser, more: str = "") -> None:
    """The option `--set`, kept as texts in `changes`."""
    says = f"change an assumption{more}; repeatable"
    command.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="changes", help=says
    )


def changes_of(given: list[str]) -> dict[str, str]:
    """What `--set` was given, as overrides. Raises: InputError.

    >>> changes_of(["gpu_price=1.9", "previs.retakes=3,5,20"])
    {'gpu_price': '1.9', 'previs.retakes': '3,5,20'}
    """
    changes = {}
    for item in given:
        name, _, value = (part.strip() for part in item.partition("="))
        if not name or not value:
            raise InputError(f"--set {item[:60]!r}: write NAME=VALUE, for example gpu_price=1.9")
        if name in changes:
            raise InputError(f"--set {name}: given twice")
        changes[name] = value
    return changes


def main(arguments: list[str] | None = None) -> int:
    """Run a command.

    Returns: 0, or 2 for a wrong input, 1 for a failed chapter or file, 130 when interrupted, 143
    when terminated.
    """
    try:
        asked = parse(arguments)
        asked.run(asked)
    except BrokenPipeError:
        return 0
    except InputError as error:
        return _ended(2, f"error: {error}")
    except ChapterError as error:
        return _ended(1, f"failed: {error}")
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return _ended(1, one_line(f"failed: {error.strerror or error}{where}"))
    except KeyboardInterrupt:
        return _ended(130, "interrupted; what stood before still stands")
    except Terminated:
        return _ended(143, "terminated; what stood before still stands")
    return 0


def _ended(status: int, why: str) -> int:
    print(why, file=sys.stderr)
    return status


def _end(number: int, _) -> None:
    raise Interrupted if number == signal.SIGINT else Terminated


def _end_after_all(unraisable) -> None:
    """Send a signal again that fell into a callback, of an import say, which raises nothing."""
    numbers = {Interrupted: signal.SIGINT, Terminated: signal.SIGTERM}
    if number := numbers.get(unraisable.exc_type):
        threading.Timer(0.05, os.kill, (os.getpid(), number)).start()
    else:
        sys.__unraisablehook__(unraisable)


def run() -> None:
    """Run the command that the terminal asks for, and end with its status."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _end)
    sys.unraisablehook = _end_after_all
    for stream in (sys.stdout, sys.stderr):  # a locale may lack a character, a path be no text
        stream.reconfigure(errors="backslashreplace")
    sys.exit(main())
