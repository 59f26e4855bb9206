"""Kernels that start fast: forked from a server that has already imported what chapters import.

A forked kernel is a fresh process all the same. The server never imports this project, whose code may change
while it lives; nor `matplotlib_inline.backend_inline`, without which a preloaded backend would drop figures.
"""

from __future__ import annotations

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
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "pandera.pandas",
    "scipy.optimize",
    "scipy.stats",
    "seaborn",
    "matplotlib.backends.backend_svg",
]


class Kernel(AsyncKernelManager):
    """A kernel of the ordinary kind, which another thread can end."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """This Python's own, whatever else a user may have installed under the name python3."""
        return KernelSpec(**get_kernel_dict())

    def end(self) -> None:
        """Kill the kernel and all that it has started."""
        if self.provisioner is not None and self.provisioner.has_process:
            try:
                os.killpg(self.provisioner.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Forked(Kernel):
    """A kernel that is forked."""

    async def _async_pre_start_kernel(self, **options):
        self.kernel_id = self.kernel_id or os.urandom(16).hex()
        self.provisioner = _Provisioner(
            kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
        )
        return await super()._async_pre_start_kernel(**options)


class _Provisioner(LocalProvisioner):
    async def launch_kernel(self, cmd: list[str], **options):
        context = multiprocessing.get_context("forkserver")
        self.process = context.Process(
            target=_serve, args=(cmd[cmd.index("-f") :], options["env"]), daemon=True
        )
        self.process.start()
        self.process.poll = lambda: (
            self.process.exitcode
        )  # what a provisioner calls is named as in subprocess
        self.process.wait = self.process.join
        self.process.send_signal = lambda number: os.kill(self.process.pid, number)
        self.process.stdin = self.process.stdout = self.process.stderr = None
        self.pid = self.pgid = self.process.pid
        return self.connection_info


def _serve(arguments: list[str], environment: dict[str, str]) -> None:
    os.setsid()  # as an ordinary kernel does, so that Ctrl-C reaches the builder alone
    threading.Thread(target=_follow, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(argv=[*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])


def _follow() -> None:
    multiprocessing.parent_process().join()
    os.kill(os.getpid(), signal.SIGKILL)  # the builder is gone


def start_server() -> bool:
    """Start the server unless it runs. Returns: whether kernels can be forked: on Linux, in a program started as `python -m`."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if sys.platform != "linux" or spec is None or not spec.name.endswith("__main__"):
        return False
    os.environ.setdefault(
        "MPLBACKEND", "module://matplotlib_inline.backend_inline"
    )  # as every kernel has it, before Matplotlib is imported
    forkserver.set_forkserver_preload(PRELOADED)
    forkserver.ensure_running()
    return True
