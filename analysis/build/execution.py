"""Chapters run through papermill, each in a kernel of its own: here, in some threads that wait for kernels, or on a Dask cluster.

What is sent to an executor and what comes back is text, so that any executor will do. Whoever runs a chapter has to have the
same code and packages; a hash of them goes along.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from functools import partial

from analysis.build import provenance
from analysis.build.cache import Cache
from analysis.build.publish import keep_failed
from analysis.build.request import Request, Run
from analysis.errors import ChapterError, InputError

# jupyterlab brings rfc3987-syntax, whose grammar compiles for a second at import in every process that
# validates a notebook; None keeps jsonschema from importing this optional format check.
sys.modules.setdefault("rfc3987_syntax", None)

TIME_LIMIT = 600.0  # seconds for one chapter
IN_FLIGHT = 3  # on two cores, since a chapter also waits


def execute(
    text: str,
    parameters: Mapping[str, object],
    code: str,
    limit: float = TIME_LIMIT,
    forked: bool = False,
    stop: threading.Event | None = None,
) -> tuple[str, str]:
    """Run a notebook through papermill in a kernel of its own.

    Parameters: the notebook as text, its parameters, the hash of the code that is to run it, seconds that it may
    take, whether to fork its kernel, an event that ends it (a Dask worker ends it once nobody waits for it).
    Returns: the notebook as far as it ran, as text, and "" or what went wrong.
    """
    if code != provenance.code():
        return "", (
            "where it was to run there is another version of this project, of Python or of a package; "
            "was a file changed meanwhile, or is a worker not up to date?"
        )
    import nbclient.exceptions
    import nbformat
    import papermill

    from analysis.build import kernels

    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what went wrong is returned
    started, seen, ended, why = [], [], threading.Event(), []
    unwanted = stop.is_set if stop else _unwanted()

    class Kernel(kernels.Forked if forked else kernels.Kernel):
        def __init__(self, **options):
            super().__init__(**options)
            started.append(self)

    def watch() -> None:
        end = time.monotonic() + limit
        while not ended.wait(0.05):
            stopped = unwanted()
            if stopped or time.monotonic() > end:
                why[:] = [
                    "stopped"
                    if stopped
                    else f"ran longer than the limit of {limit:g} s for a chapter (--time-limit)"
                ]
                for kernel in started:
                    kernel.end()

    error, profile = (
        "",
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True),
    )  # empty: what a user set up for IPython changes no report
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        papermill.execute_notebook(
            nbformat.reads(text, 4),
            None,
            dict(parameters),
            kernel_name="python3",
            progress_bar=False,
            log_output=False,
            request_save_on_cell_execute=False,
            record_timing=False,
            shutdown_kernel="immediate",
            kernel_manager_class=Kernel,
            on_notebook_start=lambda notebook: seen.append(notebook),
            extra_arguments=[
                "--IPKernelApp.log_level=50",
                "--HistoryManager.hist_file=:memory:",
                "--InteractiveShellApp.exec_PYTHONSTARTUP=False",
                f"--ipython-dir={profile.name}",
            ],
        )
    except papermill.PapermillExecutionError as failed:
        lines = failed.source.strip().splitlines() or [""]
        error = f"cell {failed.cell_index + 1}, {lines[0][:80]!r}: {failed.ename}: {failed.evalue}"
    except nbclient.exceptions.DeadKernelError:
        error = why[0] if why else "the kernel died (killed, or out of memory)"
    except (RuntimeError, OSError) as failed:
        error = why[0] if why else f"the kernel did not start: {failed}"
    finally:
        ended.set()
        watcher.join()
        profile.cleanup()
    for notebook in seen[:1]:
        notebook.metadata.pop("papermill", None)  # holds the whole notebook as it was
    return nbformat.writes(seen[0]) if seen else text, error


def _unwanted() -> Callable[[], bool]:
    """What tells, on a Dask worker, that nobody waits for its task any more: it was cancelled, or its client is gone."""
    try:
        worker = sys.modules["distributed"].get_worker()
    except (KeyError, ValueError):  # no worker
        return lambda: False
    key = worker.get_current_task()
    return lambda: getattr(worker.state.tasks.get(key), "state", "") != "executing"


@contextmanager
def cluster(address: str, patience: float = 10) -> Iterator[Executor]:
    """An executor that runs chapters on a Dask cluster; a worker that dies costs nothing but its time. Raises: InputError without one."""
    try:
        from distributed import Client
        from distributed.comm.addressing import get_address_host_port
    except ImportError:
        raise InputError(
            "--dask: the package distributed is not installed; install it with .venv/bin/pip install '.[dask]'"
        ) from None
    try:
        get_address_host_port(
            address
        )  # a client that fails at this hangs for 20 s and leaves a traceback when it is collected
        client = Client(address, timeout=patience, set_as_default=False)
    except (OSError, ValueError):  # no answer in time is an OSError
        raise InputError(
            f"--dask {address[:80]}: no Dask scheduler answered there within {patience:g} s; "
            "an address is, for example, tcp://127.0.0.1:8786"
        ) from None
    with client:
        yield client.get_executor(pure=False)


def run_all(
    asked: Request, executor: Executor | None, tell: Callable, jobs: int, limit: float
) -> list[tuple[Run, object]]:
    """Every chapter of a report, executed and freed of what differs from run to run; those that nothing has changed for are not run.

    Raises: ChapterError for the first that fails; no kernel is left.
    """
    code, cache, texts = provenance.code(), Cache(asked.reports / ".cache"), {}
    names = {run.key: provenance.key(run, code) for run in asked.runs}
    for run in asked.runs:
        if (text := cache.get(names[run.key])) is not None:
            texts[run.key] = text
            tell(run.title, len(texts), len(asked.runs), False)
    missing = [run for run in asked.runs if run.key not in texts]
    stop, own, one = threading.Event(), None, partial(execute, code=code, limit=limit)
    if missing and executor is None:
        from analysis.build.kernels import start_server

        own = executor = ThreadPoolExecutor(min(jobs, len(missing)))
        one = partial(one, forked=start_server(), stop=stop)
    futures = {executor.submit(one, run.text, dict(run.parameters)): run for run in missing}
    try:
        if missing:
            asked.study.results  # computed while kernels start
        for future in as_completed(futures):
            run = futures[future]
            try:
                text, error = future.result()
            except Exception as failed:  # whatever a cluster may raise when it breaks down
                text, error = "", f"{type(failed).__name__}: {failed}"
            texts[run.key] = _checked(asked, run, text, error)
            if provenance.code() == code:
                cache.put(names[run.key], texts[run.key])
            tell(run.title, len(texts), len(asked.runs), True)
    finally:
        stop.set()
        for future in futures:
            future.cancel()
        if own:
            wait(futures)
            own.shutdown()
    import nbformat

    return [(run, nbformat.reads(texts[run.key], 4)) for run in asked.runs]


def _checked(asked: Request, run: Run, text: str, error: str) -> str:
    """The text of an executed chapter, normalised. Raises: ChapterError when it failed or lacks a figure that it calls."""
    import nbformat

    from analysis.build.page import normalise

    if not error:
        try:
            notebook = normalise(nbformat.reads(text, 4))
        except ValueError as failed:
            error = str(failed)
        else:
            lacking = [
                cell.source
                for cell in notebook.cells
                if cell.cell_type == "code"
                and cell.source.startswith("figures.")
                and not any(
                    "<svg" in output.get("data", {}).get("text/html", "") for output in cell.outputs
                )
            ]
            error = f"{lacking[0].splitlines()[0][:80]!r} shows no figure" if lacking else ""
    if error:
        raise ChapterError(
            f"{run.notebook.name} ({run.title}): {error}{keep_failed(asked, run, text)}"
        )
    return nbformat.writes(notebook)
