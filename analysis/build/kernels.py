"""Kernels that start fast: forked from a server that has already imported what chapters import.

A forked kernel is a fresh process all the same. The server has this project as it stood when it
started, so it serves no chapter after a change of code. It never imports
`matplotlib_inline.backend_inline`, without which a preloaded backend would drop figures.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing import forkserver

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import LocalProvisioner

PRELOADED = [
    "analysis.show.chapter",
    "analysis.show.figures",
    "analysis.show.tables",
    "analysis.show.whatif",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "jinja2.sandbox",
    "mistune",
    "pandera.pandas",
    "scipy.optimize",
    "scipy.stats",
    "seaborn",
    "matplotlib.backends.backend_svg",
]


_served = {}  # the hash of the code that the server has


class Kernel(AsyncKernelManager):
    """A kernel that another thread can end; `forked` says whence it comes."""

    forked = False
    started: list  # the kernels of one chapter, to be ended by whoever holds the list

    @property
    def kernel_spec(self) -> KernelSpec:
        """This Python's own, whatever else a user may have installed under the name python3."""
        return KernelSpec(**get_kernel_dict())

    async def _async_pre_start_kernel(self, **options):
        self.started.append(self)
        if self.forked:
            self.kernel_id = self.kernel_id or os.urandom(16).hex()
            own = {"kernel_id": self.kernel_id, "kernel_spec": self.kernel_spec, "parent": self}
            self.provisioner = _Forking(**own)
        return await super()._async_pre_start_kernel(**options)

    def end(self) -> None:
        """Kill the kernel and all that it has started."""
        if self.provisioner is not None and self.provisioner.has_process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.provisioner.pid, signal.SIGKILL)


class _Forking(LocalProvisioner):
    """Forks a process and gives it the names that `subprocess` gives to its own."""

    async def launch_kernel(self, cmd: list[str], **options):
        arguments = cmd[cmd.index("-f") :]
        context = multiprocessing.get_context("forkserver")
        process = context.Process(target=_serve, args=(arguments, options["env"]), daemon=True)
        process.start()
        process.poll = lambda: process.exitcode
        process.wait = process.join
        process.send_signal = lambda number: os.kill(process.pid, number)
        process.stdin = process.stdout = process.stderr = None
        self.process = process
        self.pid = self.pgid = process.pid
        return self.connection_info


def _serve(arguments: list[str], environment: dict[str, str]) -> None:
    os.setsid()  # as an ordinary kernel does, so that Ctrl-C reaches the builder alone
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    threading.Thread(target=_follow, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(argv=[*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])


def _follow() -> None:
    multiprocessing.parent_process().join()
    os.kill(os.getpid(), signal.SIGKILL)  # the builder is gone


def start_server(code: str) -> bool:
    """Start the server unless it runs. Returns: whether kernels can be forked to run this code.

    They can on Linux, in a program started as `python -m`.
    """
    _served.setdefault("code", code)
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if _served["code"] != code:
        return False
    if sys.platform != "linux" or spec is None or not spec.name.endswith("__main__"):
        return False
    # as every kernel has it, before Matplotlib is imported
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    forkserver.set_forkserver_preload(PRELOADED)
    # A signal to the whole group is the builder's to act on: it ends the kernels, then the server.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    return True
