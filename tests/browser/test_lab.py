"""Notebooks in a live JupyterLab, started as `make lab` does and driven in a real browser."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from browsing import chromium
from support import ROOT

from analysis.build import execution
from analysis.inputs import fingerprint

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
OVERRIDES = {"gpu_price": 1.9}
TYPED = f'scenario = "base"\noverrides = {json.dumps(OVERRIDES)}\ndraws = 100\nseed = 2026'
ALL_RUN = """[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].every(
    (prompt) => /\\d/.test(prompt.textContent))"""
OWN_FOLDERS = (
    "JUPYTER_RUNTIME_DIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
)


def address_of(server, folder):
    """Where a server that is starting can be reached, once it says so."""
    while True:
        for path in (folder / "JUPYTER_RUNTIME_DIR").glob("jpserver-*.json"):
            if path.stat().st_size:
                return json.loads(path.read_text())["url"] + "lab/tree/{}?token=test"
        assert server.poll() is None, (folder / "log").read_text()
        time.sleep(0.05)


@contextlib.contextmanager
def lab(folder):
    """The server that `make lab` starts, on a free port; gives its address with a token."""
    make = ["make", "-n", "-o", "setup", "lab", f"RUN={sys.executable}"]
    recipe = subprocess.run(make, cwd=ROOT, text=True, stdout=subprocess.PIPE, check=True).stdout
    environment = {
        **os.environ,
        **{name: str(folder / name) for name in OWN_FOLDERS},
        "PYTHONPATH": str(ROOT),
        "JUPYTER_CONFIG_PATH": str(folder / ".venv" / "etc" / "jupyter"),
    }
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(
            f"{recipe.strip()} --no-browser --ServerApp.port=0 --IdentityProvider.token=test",
            shell=True,
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield address_of(server, folder)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)


def outputs(notebook):
    """What each cell that shows something shows."""
    return [
        [output.get("data", {}).get("text/html", output) for output in cell.outputs]
        for cell in notebook.cells
        if cell.get("outputs")
    ]


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS])
def test_a_notebook_runs_in_jupyterlab_with_what_is_typed_into_it(name, tmp_path):
    """The oracle is a build's own way to run a chapter: every cell shows the same, figures too."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    path = tmp_path / "notebooks" / name
    text = path.read_text("utf-8")
    draws = "figures." in text
    typed = f'{TYPED}\nsegment = "previs"' if "segment: str" in text else TYPED
    with ThreadPoolExecutor(1) as pool, lab(tmp_path) as address, chromium() as browser:
        given = {"overrides": OVERRIDES, "draws": 100}
        built = pool.submit(execution.execute, text, given, fingerprint.code())
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.goto(address.format(name))
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        page.locator(".jp-CodeCell .cm-content").first.click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(typed)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_function(ALL_RUN)
        shown = page.locator(f".jp-OutputArea-output {'svg' if draws else 'p'}").first
        shown.scroll_into_view_if_needed()
        assert shown.is_visible() and shown.bounding_box()["width"] > 200
        page.keyboard.press("Control+s")
        page.wait_for_function("!document.querySelector('.jp-mod-dirty')")
    done = nbformat.read(path, 4)
    alone, error = built.result()
    assert error == ""
    assert outputs(done) == outputs(nbformat.reads(alone, 4))
    assert ("<svg" in str(outputs(done))) == draws
