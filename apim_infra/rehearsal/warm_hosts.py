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

    process: subprocess.Popen[bytes]
    control: socket.socket
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], report: int) -> ForkedRun:
        """Fork a run; `report` is the descriptor that it writes what goes wrong to."""
        output, writing_output = os.pipe()
        ending, writing_ending = os.pipe()
        request = json.dumps({"arguments": list(arguments), "environment": dict(environment)}).encode() + b"\n"
        try:
            with self._lock:
                sent = socket.send_fds(self.control, [request], [report, writing_output, writing_ending])
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
    hosts = [_start(modules) for _ in range(2)]
    try:
        yield WarmHosts(*hosts)
    finally:
        for host in hosts:
            host.control.close()
        for host in hosts:
            host.process.wait()


def _start(modules: Sequence[str]) -> WarmHost:
    own, other = socket.socketpair()
    with other:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
            [
                sys.executable,
                "-P",
                str(Path(language_host.__file__).resolve()),
                "--serve",
                str(other.fileno()),
                *modules,
            ],
            stdin=subprocess.DEVNULL,
            pass_fds=(other.fileno(),),
            start_new_session=True,  # an interrupt of the terminal reaches this process alone
            env={**os.environ, "GRPC_VERBOSITY": "NONE", "GLOG_minloglevel": "3", "PYTHONUNBUFFERED": "1"},
        )
    return WarmHost(process, own)
