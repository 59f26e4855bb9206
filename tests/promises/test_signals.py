"""A signal ends a command with its own status and one line, wherever in Python it falls.

Oracle: the shell's convention, 128 and the signal's number. Each program is run by `python -m`.
"""

import os
import signal
import subprocess
import sys

import pytest
from support import ROOT

PROGRAM = """
import os, signal, time, weakref
from analysis.commands import command_line

class Thing:
    pass

def main():
    try:
        {source}
        time.sleep(20)
    except KeyboardInterrupt:
        return command_line._ended(130, "interrupted")
    except command_line.Terminated:
        return command_line._ended(143, "terminated")
    return 0

command_line.main = main
command_line.run()
"""
KILL = "os.kill(os.getpid(), {number})"
SOURCES = {
    "plain": KILL,
    "exec of text": f'exec("{KILL}; time.sleep(5)")',
    "callback": f"thing = Thing(); kept = weakref.ref(thing, lambda _: {KILL}); del thing",
}


@pytest.mark.parametrize("where", SOURCES)
@pytest.mark.parametrize("name, said", [("SIGINT", "interrupted"), ("SIGTERM", "terminated")])
def test_a_signal_is_told_wherever_it_falls(tmp_path, where, name, said):
    number = int(signal.Signals[name])
    source = SOURCES[where].format(number=number)
    (tmp_path / "signalled.py").write_text(PROGRAM.format(source=source))
    done = subprocess.run(
        [sys.executable, "-m", "signalled"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (128 + number, f"{said}\n")
