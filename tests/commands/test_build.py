"""`build`: what it says. Oracles: the other end of a terminal or a pipe, and what is asked for."""

from analysis.build import report
from analysis.commands.command_line import main


def test_progress_is_a_line_a_chapter(monkeypatch, capsys, tmp_path):
    """Oracle: what the build tells, and nothing of it with --quiet."""
    monkeypatch.setattr(report, "stands", lambda asked: False)

    def build(asked, cluster, tell, *_):
        tell("First", 1, 3, False)
        tell("Second", 2, 3, True)

    monkeypatch.setattr(report, "build", build)
    asked = ["build", "--name", "x", "--draws", "100", "--reports", str(tmp_path)]
    assert main(asked) == 0
    lines = ["building x", "  1/3 First (unchanged)", "  2/3 Second"]
    assert capsys.readouterr().err.splitlines() == lines
    assert main([*asked, "--quiet"]) == 0 and capsys.readouterr() == ("", "")


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
