"""Runs a Pulumi program in a process of its own, over gRPC, as Pulumi's Python language host does.

A run can be started before its deployment may begin: the program is imported and builds its objects, and its first request waits until the run is
let in. So the second run's start-up costs no time of its own.
"""

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from apim_infra.rehearsal import language_host
from apim_infra.rehearsal.callbacks import CHANNEL_OPTIONS
from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.engine import Engine, Message
from apim_infra.rehearsal.existing import ExistingResource
from apim_infra.rehearsal.monitor import Monitor
from apim_infra.rehearsal.warm_hosts import ForkedRun, WarmHost

PARALLEL = 4
"""As the CLI's `--parallel`; the SDK has four times as many requests under way at most."""

SPARE_WORKERS = 8
"""Server threads beside those of the program's requests: logs, and requests that come while a callback runs."""

MOST_LINES = 500
"""Lines of a program's own output that are kept, the last ones."""

PATIENCE = 5.0
"""Seconds that a program gets to end after it was told to."""

UNGATED = frozenset({"GetDeploymentInfo", "SupportsFeature"})
"""Requests that are answered before the run is let in: they tell the program where it runs."""


@dataclass(frozen=True, slots=True)
class Program:
    """A Pulumi program with its configuration."""

    root: Path
    """Folder of `Pulumi.yaml`."""
    directory: Path
    """Folder that the program runs in."""
    entry: str
    """What is run there: `.` for the folder itself, or a file's name."""
    project: str
    stack: str
    config: dict[str, str]
    """Full keys (`aws:region`) to texts; structures are JSON."""
    secret_keys: frozenset[str] = frozenset()
    organization: str = "organization"
    existing: tuple[ExistingResource, ...] = ()
    """What the clouds have already."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a program did not come to its end."""

    kind: str
    """`configuration`, `run-error`, `exception`, `exit`, `timeout` or `crash`."""
    message: str
    frames: tuple[tuple[str, str], ...] = ()
    """`file:line` and function of the user's own calls, innermost first."""


@dataclass(slots=True)
class Ended:
    """How a run ended."""

    failure: Failure | None = None
    messages: list[Message] = field(default_factory=list[Message])
    """What the program logged."""
    lines: list[str] = field(default_factory=list[str])
    """What the program printed."""


class _Gate:
    """Stands in for the monitor until the run is let in; requests wait."""

    def __init__(self, early: Monitor) -> None:
        self._early = early
        self._monitor: Monitor | None = None
        self._open = threading.Event()

    def open(self, monitor: Monitor | None) -> None:
        self._monitor = monitor
        self._open.set()

    def __getattr__(self, name: str) -> Callable[[Any, grpc.ServicerContext], Any]:
        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            if name in UNGATED:
                return getattr(self._early, name)(request, context)
            self._open.wait()
            if self._monitor is None:
                context.abort(grpc.StatusCode.UNAVAILABLE, "the rehearsal has ended")
            return getattr(self._monitor, name)(request, context)

        return answer


class Run:
    """One run of a program. `finish` or `cancel` must be called.

    Args:
        program: The program with its configuration.
        host: Forks the run; None starts a process.

    """

    def __init__(self, program: Program, host: WarmHost | None = None) -> None:
        self._program = program
        self._engine = Engine()
        self._gate = _Gate(self._monitor(Deployment(program.stack, program.project, {})))
        self._server = grpc.server(
            futures.ThreadPoolExecutor(max_workers=PARALLEL * 4 + SPARE_WORKERS), options=CHANNEL_OPTIONS
        )
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(self._gate, self._server)  # pyright: ignore[reportArgumentType] - answers every method by name
        engine_pb2_grpc.add_EngineServicer_to_server(self._engine, self._server)
        address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._process, self._report = _start(program, address, host)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def finish(self, deployment: Deployment, timeout: float) -> Ended:
        """Let the program's requests in to a deployment and wait until it has ended, `timeout` seconds at most."""
        self._gate.open(self._monitor(deployment))
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            failure: Failure | None = Failure("timeout", f"the program did not end within {timeout:.0f} seconds")
        else:
            failure = self._failure()
        finally:
            self._end()
            deployment.hooks.callbacks.close()
        return Ended(failure, self._engine.messages, list(self._lines))

    def cancel(self) -> None:
        """End a run that is not wanted any more, and that no other thread waits for."""
        self.stop()
        self._end()

    def stop(self) -> None:
        """Tell the program to end; who waits for it in `finish` goes on."""
        self._gate.open(None)
        if self._process.poll() is None:
            self._process.terminate()

    def _monitor(self, deployment: Deployment) -> Monitor:
        program = self._program
        return Monitor(
            deployment,
            program.root,
            organization=program.organization,
            parallel=PARALLEL,
            config=program.config,
            secret_keys=program.secret_keys,
        )

    def _read(self) -> None:
        stream = self._process.stdout
        if stream is not None:
            self._lines.extend(line.rstrip("\n") for line in stream)

    def _failure(self) -> Failure | None:
        text = self._report.read()
        if text:
            report = json.loads(text)
            frames = tuple((frame["source"], frame["function"]) for frame in report["frames"])
            return Failure(report["kind"], report["message"], frames)
        code = self._process.returncode
        if code == 0:
            return None
        self._reader.join(PATIENCE)
        last = self._lines[-1] if self._lines else "it printed nothing"
        return Failure("crash", f"the program's process ended with exit code {code}: {last}")

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._server.stop(grace=None)
        self._reader.join(PATIENCE)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._report.close()


def _start(program: Program, address: str, host: WarmHost | None) -> tuple[subprocess.Popen[str] | ForkedRun, IO[str]]:
    reading, writing = os.pipe()
    arguments = [
        *("--monitor", address, "--engine", address),
        *("--project", program.project, "--stack", program.stack, "--organization", program.organization),
        *("--root_directory", str(program.root), "--pwd", str(program.directory)),
        *("--parallel", str(PARALLEL), "--dry_run", "false"),
        program.entry,
    ]
    try:
        if host is not None:
            return host.start(arguments, environment(program), writing), os.fdopen(reading, encoding="utf-8")
        script = str(Path(language_host.__file__).resolve())
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and script; the program is the user's own
            # -P: the program must not see this script's own folder
            [sys.executable, "-P", script, "--report", str(writing), *arguments],
            env=environment(program),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=(writing,),
            start_new_session=True,  # an interrupt of the terminal reaches this process alone, which then ends the program
        )
    finally:
        os.close(writing)
    return process, os.fdopen(reading, encoding="utf-8")


def environment(program: Program) -> dict[str, str]:
    """Return the environment of a program: this process's own, with Pulumi's configuration and quiet gRPC."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("PULUMI_CONFIG") and key != "PYTHONDONTWRITEBYTECODE"
    }
    return {
        **kept,
        "PULUMI_CONFIG": json.dumps(program.config),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(program.secret_keys)),
        "GRPC_VERBOSITY": "NONE",
        "GLOG_minloglevel": "3",
        "PYTHONUNBUFFERED": "1",
    }
