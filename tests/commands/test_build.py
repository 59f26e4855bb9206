"""`build`: what it says. Oracles: the other end of a terminal or a pipe, and what is asked for."""

import os
import pty

import pytest

from analysis.build import report
from analysis.commands.build import progress
from analysis.commands.command_line import main


@pytest.mark.parametrize(
    "terminal, quiet, said, unsaid",
    [
        (True, False, ["name:", "2/3 chapters", "Second", "left"], ["building"]),
        (
            False,
            False,
            ["building name\n", "  1/3 First (unchanged)\n", "  2/3 Second\n"],
            ["\r", "\x1b"],
        ),
        (True, True, [], []),
        (False, True, [], []),
    ],
    ids=["bar", "lines", "quiet on a terminal", "quiet"],
)
def testprogress(terminal, quiet, said, unsaid, monkeypatch):
    """The oracle is what arrives at the other end of a real terminal, or of a pipe."""
    at_end, here = pty.openpty() if terminal else os.pipe()
    monkeypatch.setenv("TQDM_MININTERVAL", "0")
    with open(here, "w") as stream:
        monkeypatch.setattr("sys.stderr", stream)
        with progress("name", quiet) as tell:
            tell("First", 1, 3, False)
            tell("Second", 2, 3, True)
        stream.write("end")
        stream.flush()
        heard = ""
        while not heard.endswith("end"):
            heard += os.read(at_end, 65536).decode()
    os.close(at_end)
    assert all(text in heard for text in said) and not any(text in heard for text in unsaid), heard
    assert said or heard == "end"


def test_nothing_changed_is_told_without_a_build(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(report, "stands", lambda asked: asked.name == "base")
    built = []
    monkeypatch.setattr(report, "build", lambda asked, *_: built.append(asked.name))
    assert main(["build", "base", "gpu_glut", "base", "--reports", str(tmp_path)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert built == ["gpu_glut"] and out == [
        f"{tmp_path}/base/report.html (nothing changed)",
        f"{tmp_path}/gpu_glut/report.html",
    ]


def test_a_cluster_is_asked_for_once_and_only_when_something_is_built(monkeypatch, tmp_path):
    """Oracle: the reports that do not stand."""
    asked, built = [], []
    monkeypatch.setattr(report, "cluster", lambda address: asked.append(address) or Cluster())
    monkeypatch.setattr(report, "stands", lambda request: request.name == "base")
    monkeypatch.setattr(report, "build", lambda request, cluster, *_: built.append(cluster))
    reports = ["--dask", "tcp://there", "--quiet", "--reports", str(tmp_path)]
    assert main(["build", "base", *reports]) == 0 and asked == []
    assert main(["build", "base", "gpu_glut", "gpu_squeeze", *reports]) == 0
    assert asked == ["tcp://there"] and built == ["open", "open"]


class Cluster:
    """A cluster that says whether it is open."""

    def __enter__(self):
        return "open"

    def __exit__(self, *_):
        return None
