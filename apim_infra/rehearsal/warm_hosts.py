"""Processes that import a program's modules once and fork a run for every stack that is rehearsed.

Importing the SDKs takes most of a small rehearsal. First and second runs are forked from two processes: in one the order of a set of texts would be
the same in both runs, and a program that depends on it would not be found out.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from apim_infra.rehearsal import language_host


class ForkedRun:
    """A run that a warm host forked; it is watched as `subprocess.Popen` watches a process of its own."""

    def __init__(self, ending: int, output: int) -> None:
        self.stdout: IO[str] = os.fdopen(output, encoding="utf-8", errors="replace")
        self.returncode: int | None = None
        self._ending = os.fdopen(ending, encoding="utf-8")
        first = self._ending.readline()
        if not first:
            raise RuntimeError("the process that runs programs has ended")
        self._pid = int(first)

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit code. Raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._ending], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("the program", timeout or 0.0)
            self.returncode = int(self._ending.readline() or 1)
            self._ending.close()
        return self.returncode

    def terminate(self) -> None:
        """Tell it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self._pid, number)


@dataclass(slots=True)
class WarmHost:
    """A process that has imported modules, and forks runs."""

    control: socket.socket
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], *report: int) -> ForkedRun:
        """Fork a run; `report` is the descriptor that a program writes what goes wrong to."""
        output, writing_output = os.pipe()
        ending, writing_ending = os.pipe()
        request = json.dumps({"arguments": list(arguments), "environment": dict(environment)}).encode() + b"\n"
        try:
            with self._lock:
                sent = socket.send_fds(self.control, [request], [writing_output, writing_ending, *report])
                self.control.sendall(request[sent:])
        finally:
            os.close(writing_output)
            os.close(writing_ending)
        return ForkedRun(ending, output)


@dataclass(frozen=True, slots=True)
class WarmHosts:
    """One host for first runs and one for second runs."""

    first: WarmHost
    second: WarmHost


@contextmanager
def warm_hosts(modules: Sequence[str]) -> Generator[WarmHosts]:
    """Start both hosts with some modules imported, and end them with the block."""
    script = Path(language_host.__file__)
    with serving(script, modules) as first, serving(script, modules) as second:
        yield WarmHosts(first, second)


@contextmanager
def serving(script: Path, modules: Sequence[str]) -> Generator[WarmHost]:
    """Start a script that calls `language_host.serve`, and end it with the block."""
    own, other = socket.socketpair()
    with own:
        with other:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
                # -P: what is run there must not see the script's own folder
                [sys.executable, "-P", str(script.resolve()), "--serve", str(other.fileno()), *modules],
                stdin=subprocess.DEVNULL,
                pass_fds=(other.fileno(),),
                start_new_session=True,  # an interrupt of the terminal reaches this process alone
                env={**os.environ, "GRPC_VERBOSITY": "NONE", "GLOG_minloglevel": "3", "PYTHONUNBUFFERED": "1"},
            )
        yield WarmHost(own)
    process.wait()
