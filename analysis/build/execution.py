"""Chapters run through papermill, each in a kernel of its own, here or on a Dask cluster.

What is sent to an executor and what comes back is text, so that any executor will do. Whoever runs
a chapter has to have the same code and packages; a hash of them goes along.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from analysis.build.provenance import key
from analysis.build.publish import keep_failed
from analysis.build.request import Request, Run
from analysis.errors import ChapterError, InputError
from analysis.findings.cache import Cache
from analysis.inputs import fingerprint

if TYPE_CHECKING:  # a refusal needs none of it
    from analysis.findings.study import Study

# jupyterlab brings rfc3987-syntax, whose grammar compiles for a second at import in every process
# that validates a notebook; None keeps jsonschema from importing this optional format check.
sys.modules.setdefault("rfc3987_syntax", None)

TIME_LIMIT = 600.0  # seconds for one chapter
IN_FLIGHT = 3  # on two cores, since a chapter also waits
OTHER_CODE = (
    "where it was to run there is another version of this project, of Python or of a package; "
    "was a file changed meanwhile, or is a worker not up to date?"
)
KERNEL_OPTIONS = [
    "--IPKernelApp.log_level=50",
    "--HistoryManager.hist_file=:memory:",
    "--InteractiveShellApp.exec_PYTHONSTARTUP=False",
]
Tell = Callable[[str, int, int, bool], None]


def execute(
    text: str,
    parameters: Mapping[str, object],
    code: str,
    limit: float = TIME_LIMIT,
    forked: bool = False,
    stop: threading.Event | None = None,
) -> tuple[str, str]:
    """Run a notebook through papermill in a kernel of its own.

    Parameters: the notebook as text, its parameters, the hash of the code that is to run it,
    seconds that it may take, whether to fork its kernel, an event that ends it (a Dask worker ends
    it once nobody waits for it). Returns: the notebook as far as it ran, and "" or what went wrong.
    """
    if code != fingerprint.code():
        return "", OTHER_CODE
    import nbformat
    import papermill
    from nbclient.exceptions import DeadKernelError

    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what went wrong is returned
    notebooks = []
    error = ""
    with _Watch(limit, stop.is_set if stop else _unwanted()) as watch:
        try:
            _run(nbformat.reads(text, 4), parameters, forked, watch.kernels, notebooks)
        except papermill.PapermillExecutionError as failed:
            line = failed.source.strip().partition("\n")[0]
            cell = f"cell {failed.cell_index + 1}, {line[:80]!r}"
            error = f"{cell}: {failed.ename}: {failed.evalue}"
        except DeadKernelError:
            error = watch.why or "the kernel died (killed, or out of memory)"
        except (RuntimeError, OSError) as failed:
            error = watch.why or f"the kernel did not start: {failed}"
    for notebook in notebooks:
        notebook.metadata.pop("papermill", None)  # holds the whole notebook as it was
        text = nbformat.writes(notebook)
    return text, error


def _run(notebook, parameters: Mapping, forked: bool, kernels: list, seen: list) -> None:
    """Let papermill run a notebook; `kernels` gets its kernel, `seen` what runs as it starts."""
    import papermill

    from analysis.build.kernels import Kernel

    # the folder is empty: what a user has set up for IPython changes no report
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        papermill.execute_notebook(
            notebook,
            None,
            dict(parameters),
            kernel_name="python3",
            progress_bar=False,
            log_output=False,
            request_save_on_cell_execute=False,
            record_timing=False,
            shutdown_kernel="immediate",
            kernel_manager_class=type("Own", (Kernel,), {"forked": forked, "started": kernels}),
            on_notebook_start=lambda notebook: seen.append(notebook),
            extra_arguments=[*KERNEL_OPTIONS, f"--ipython-dir={profile}"],
        )


class _Watch(threading.Thread):
    """Ends kernels once nobody wants them or their time is up; `why` says which it was."""

    def __init__(self, limit: float, unwanted: Callable[[], bool]):
        super().__init__(daemon=True)
        self.limit = limit
        self.unwanted = unwanted
        self.kernels = []
        self.why = ""
        self.over = threading.Event()

    def run(self) -> None:
        end = time.monotonic() + self.limit
        while not self.over.wait(0.05):
            if self.unwanted():
                self.why = "stopped"
            elif time.monotonic() > end:
                limit = f"{self.limit:g} s for a chapter (--time-limit)"
                self.why = f"ran longer than the limit of {limit}"
            for kernel in self.kernels if self.why else ():
                kernel.end()

    def __enter__(self) -> _Watch:
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.over.set()
        self.join()


def _unwanted() -> Callable[[], bool]:
    """Tells, on a Dask worker, that nobody waits for its task: cancelled, or the client is gone."""
    try:
        worker = sys.modules["distributed"].get_worker()
    except (KeyError, ValueError):  # no worker
        return lambda: False
    key = worker.get_current_task()
    return lambda: getattr(worker.state.tasks.get(key), "state", "") != "executing"


@contextmanager
def cluster(address: str, patience: float = 10) -> Iterator[Executor]:
    """An executor that runs chapters on a Dask cluster. Raises: InputError without one.

    A worker that dies costs nothing but its time.
    """
    try:
        from distributed import Client
        from distributed.comm.addressing import get_address_host_port
    except ImportError:
        raise InputError(
            "--dask: the package distributed is not installed; "
            "install it with .venv/bin/pip install '.[dask]'"
        ) from None
    try:
        # a client that fails at this hangs for 20 s and leaves a traceback when it is collected
        get_address_host_port(address)
        client = Client(address, timeout=patience, set_as_default=False)
    except (OSError, ValueError):  # no answer in time is an OSError
        raise InputError(
            f"--dask {address[:80]}: no Dask scheduler answered there within {patience:g} s; "
            "an address is, for example, tcp://127.0.0.1:8786"
        ) from None
    with client:
        yield client.get_executor(pure=False)


def run_all(
    asked: Request, executor: Executor | None, tell: Tell, jobs: int, limit: float
) -> list[tuple[Run, object]]:
    """Every chapter of a report, executed and freed of what differs from run to run.

    One that nothing has changed for is not run. Raises: ChapterError for the first that fails; no
    kernel is left.
    """
    import nbformat

    code = fingerprint.code()
    cache = Cache(asked.reports / ".cache")
    texts = {}

    def done(run: Run, text: str, ran: bool) -> None:
        texts[run.key] = text
        tell(run.title, len(texts), len(asked.runs), ran)

    missing = []
    for run in asked.runs:
        if text := cache.get(key(run, code)):
            done(run, text, False)
        else:
            missing.append(run)
    if missing:
        compute(asked.study)
        with _submitted(missing, executor, code, jobs, limit) as futures:
            for future in as_completed(futures):
                run = futures[future]
                text = _checked(asked, run, *_outcome(future))
                if fingerprint.code() == code:
                    cache.put(key(run, code), text)
                done(run, text, True)
    return [(run, nbformat.reads(texts[run.key], 4)) for run in asked.runs]


def compute(study: Study) -> None:
    """What chapters ask a study for, once, and kept where they look for it."""
    from analysis.findings.claims import claims
    from analysis.findings.scenarios import side_by_side

    _ = study.results
    _ = [claim.confidence for claim in claims(study)]
    side_by_side(study)
    study.keep()


@contextmanager
def _submitted(
    runs: list[Run], executor: Executor | None, code: str, jobs: int, limit: float
) -> Iterator[dict[Future, Run]]:
    """Runs as futures, in threads that wait for kernels here where there is no executor."""
    call = partial(execute, code=code, limit=limit)
    stop = threading.Event()
    own = None
    if executor is None:
        from analysis.build.kernels import start_server

        own = executor = ThreadPoolExecutor(min(jobs, len(runs)))
        call = partial(call, forked=start_server(code), stop=stop)
    futures = {executor.submit(call, run.text, dict(run.parameters)): run for run in runs}
    try:
        yield futures
    finally:
        stop.set()
        for future in futures:
            future.cancel()
        if own:
            wait(futures)
            own.shutdown()


def _outcome(future: Future) -> tuple[str, str]:
    try:
        return future.result()
    except Exception as failed:  # whatever a cluster may raise when it breaks down
        return "", f"{type(failed).__name__}: {failed}"


def _checked(asked: Request, run: Run, text: str, error: str) -> str:
    """The text of an executed chapter, normalised. Raises: ChapterError when it failed."""
    import nbformat

    from analysis.build.notebooks import normalise, without_figure

    try:
        if error:
            raise ValueError(error)
        notebook = normalise(nbformat.reads(text, 4))
        if source := without_figure(notebook):
            raise ValueError(f"{source.splitlines()[0][:80]!r} shows no figure")
    except ValueError as failed:
        kept = keep_failed(asked.reports / asked.name, run.key, text)
        raise ChapterError(f"{run.notebook.name} ({run.title}): {failed}{kept}") from None
    return nbformat.writes(notebook)
