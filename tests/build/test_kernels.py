"""Kernels that are forked: the oracle is the ordinary kernel."""

import importlib.util
import signal
import sys

import nbformat
import psutil
import pytest
from support import ROOT

from analysis.build import kernels
from analysis.build.execution import execute
from analysis.build.notebooks import normalise
from analysis.inputs.fingerprint import code

DRAWN = "import seaborn\nimport matplotlib.pyplot as plt\nseaborn.histplot([1, 2, 2])\nplt.show()"


@pytest.fixture
def server(monkeypatch):
    """The server. It wants a program started by `python -m`, which a worker of pytest is not."""
    spec = importlib.util.find_spec("analysis.__main__")
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", spec)
    if not kernels.start_server(code()):
        (pytest.fail if sys.platform == "linux" else pytest.skip)("kernels cannot be forked here")


def run(text, parameters, forked):
    text, error = execute(text, parameters, code(), forked=forked)
    assert error == ""
    return nbformat.writes(normalise(nbformat.reads(text, 4)))


def test_forked_and_ordinary_kernels_give_the_same_bytes(server, notebook):
    """Matplotlib's and seaborn's default ways to draw are in it, which a bad preload would drop."""
    summary = (ROOT / "notebooks" / "01-answer.ipynb").read_text()
    for text, parameters in ((notebook(DRAWN), {}), (summary, {"draws": 100})):
        ordinary, forked = (run(text, parameters, forked) for forked in (False, True))
        assert ordinary == forked
        assert "image/png" in forked or "<svg" in forked


def test_a_forked_kernel_is_a_fresh_process_that_a_signal_may_end(server, notebook):
    """Oracle: what the kernels say of themselves, and the system's table of signals."""
    source = "import os, signal\nprint(os.getsid(0) == os.getpid())"
    blocked = "print(signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ()))"
    made = nbformat.reads(run(notebook(source, blocked), {}, True), 4)
    texts = [output.text for cell in made.cells for output in cell.outputs]
    assert texts == ["True\n", "False\n"]


def test_the_server_outlives_a_signal_to_the_whole_group_and_the_builder_does_not_block_it(server):
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert signal.SIGTERM not in mask
    servers = [p for p in psutil.Process().children() if "forkserver" in " ".join(p.cmdline())]
    servers[0].send_signal(signal.SIGTERM)
    assert servers[0].is_running() and servers[0].status() != psutil.STATUS_ZOMBIE


def test_elsewhere_kernels_are_of_the_ordinary_kind(monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    assert kernels.start_server(code()) is False


def test_code_that_has_changed_since_the_server_started_is_not_served(server):
    assert kernels.start_server("other") is False and kernels.start_server(code())
