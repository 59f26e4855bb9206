"""The command line: `python -m analysis build | parameters | compare | sweep`."""

import os
import signal


def _end_at_once(number: int, _) -> None:
    """While modules are imported nothing is under way that would have to be undone."""
    word = "interrupted" if number == signal.SIGINT else "terminated"
    os.write(2, f"{word}; what stood before still stands\n".encode())
    os._exit(128 + number)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _end_at_once)
    from analysis.commands.command_line import run

    run()
