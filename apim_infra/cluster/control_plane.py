"""A real control plane on loopback: etcd, API server, scheduler and controllers, with nodes that kwok simulates.

Everything lies in one folder that only its user can read; nothing outside of it is read or written, no kubeconfig of the user's either.
"""

import datetime as dt
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import yaml

from apim_infra.cluster import processes
from apim_infra.cluster.connection import connect
from apim_infra.cluster.tools import Tools
from apim_infra.packaged import packaged_data

NAME = "apim"
COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok-controller")
LOOPBACK = "127.0.0.1"
PORT_IN_USE = "address already in use"
START_SECONDS = 60.0
POLL_SECONDS = 0.05
ATTEMPTS = 3
"""Free ports are found before they are bound: another program may be faster."""


class ControlPlaneError(Exception):
    """A control plane that does not start; the message names the component and ends with its last words."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a component."""

    argument: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Arguments:
    """The file control_plane.yaml."""

    source: str
    date: dt.date
    arguments: dict[str, list[Argument]]


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A control plane that runs."""

    folder: Path
    """Everything of it: configuration, keys, data, logs."""
    server: str
    """Address of its API server, `https://127.0.0.1:PORT`."""
    version: str
    """Version of Kubernetes, such as `1.35.4`."""

    @property
    def kubeconfig(self) -> Path:
        """Its administrator's kubeconfig."""
        return self.folder / "kubeconfig"

    @property
    def logs(self) -> Path:
        """The folder of its components' logs, `<component>.log`."""
        return _home(self.folder) / "logs"


@contextmanager
def running(tools: Tools) -> Generator[ControlPlane]:
    """Run a fresh control plane while the block runs, in a temporary folder of its own.

    It ends with the block, and also when this process is killed. Raises ControlPlaneError when it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="apim-cluster-"))
    with _guarded(folder):
        yield start(folder, tools)


def start(folder: Path, tools: Tools) -> ControlPlane:
    """Start a control plane in an empty folder and return once its API server and its controllers answer.

    It goes on when this process ends: `stop` ends it. Raises ControlPlaneError; nothing runs then, the logs stay in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _start(folder, tools)
        except ControlPlaneError as error:
            processes.end(folder)
            if PORT_IN_USE not in str(error) or attempt == ATTEMPTS:
                raise
            shutil.rmtree(folder / "kwok")
        except BaseException:
            processes.end(folder)
            raise
    raise AssertionError("every attempt returns or raises")


def stop(folder: Path) -> None:
    """End the control plane of a folder and remove the folder."""
    processes.remove(folder)


def attach(folder: Path) -> ControlPlane | None:
    """Return the control plane that runs in a folder, None when one of its components does not."""
    state = folder / "control-plane.json"
    if not state.is_file() or set(COMPONENTS) - set(processes.process_ids(folder)):
        return None
    known = json.loads(state.read_text(encoding="utf-8"))
    return ControlPlane(folder, known["server"], known["version"])


def _start(folder: Path, tools: Tools) -> ControlPlane:
    names = (*COMPONENTS, "etcd-peer")
    ports: dict[str, int] = dict(zip(names, _free_ports(len(names)), strict=True))
    configuration = folder / "kwokctl.yaml"
    configuration.write_text(yaml.safe_dump(_configuration(tools, ports), sort_keys=False), encoding="utf-8")
    command = [str(tools.program("kwokctl")), "create", "cluster", "--name", NAME, "--config", str(configuration)]
    command += ["--kubeconfig", str(folder / "kubeconfig")]
    _run(command, folder)
    plane = ControlPlane(folder, f"https://{LOOPBACK}:{ports['kube-apiserver']}", tools.version)
    _wait(plane, time.monotonic() + START_SECONDS)
    state = {"server": plane.server, "version": plane.version}
    (folder / "control-plane.json").write_text(json.dumps(state), encoding="utf-8")
    return plane


def _configuration(tools: Tools, ports: Mapping[str, int]) -> dict[str, Any]:
    """Return what kwokctl is told: the programs, the ports, and the arguments of control_plane.yaml."""
    known = packaged_data("apim_infra.cluster", "control_plane.yaml", Arguments)
    return {
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "kind": "KwokctlConfiguration",
        "options": {
            "runtime": "binary",
            "bindAddress": LOOPBACK,
            "disableQPSLimits": True,
            "kubeVersion": f"v{tools.version}",
            "etcdBinary": str(tools.program("etcd")),
            "kubeApiserverBinary": str(tools.program("kube-apiserver")),
            "kubeControllerManagerBinary": str(tools.program("kube-controller-manager")),
            "kubeSchedulerBinary": str(tools.program("kube-scheduler")),
            "kwokControllerBinary": str(tools.program("kwok")),
            "etcdPort": ports["etcd"],
            "etcdPeerPort": ports["etcd-peer"],
            "kubeApiserverPort": ports["kube-apiserver"],
            "kubeControllerManagerPort": ports["kube-controller-manager"],
            "kubeSchedulerPort": ports["kube-scheduler"],
            "kwokControllerPort": ports["kwok-controller"],
        },
        "componentsPatches": [
            {"name": name, "extraArgs": [{"key": one.argument, "value": one.value} for one in given]}
            for name, given in known.arguments.items()
        ],
    }


def _run(command: list[str], folder: Path) -> None:
    """Run kwokctl until it has started every component, or until one of them has ended."""
    environment = {
        "HOME": str(folder),
        "PATH": os.environ.get("PATH", os.defpath),
        "GOGC": "300",  # a control plane of some minutes: less time for collecting garbage, more memory
        "KWOK_WORKDIR": str(folder / "kwok"),
    }
    words = folder / "kwokctl.log"
    with words.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(  # noqa: S603 - the tool itself, no shell
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, start_new_session=True
        )
    (folder / "kwokctl.pid").write_text(str(process.pid), encoding="utf-8")
    try:
        until = time.monotonic() + START_SECONDS
        while process.poll() is None:
            _refuse_ended(folder)
            if time.monotonic() > until:
                raise ControlPlaneError(f"kwokctl does not end within {START_SECONDS:.0f} s:\n{_last_words(words)}")
            time.sleep(POLL_SECONDS)
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise ControlPlaneError(f"kwokctl failed with exit code {process.returncode}:\n{_last_words(words)}")


def _wait(plane: ControlPlane, until: float) -> None:
    """Wait until the API server is ready and the controllers work: they have made the first service account."""
    with connect(plane.kubeconfig) as client:
        for path in ("/readyz", "/api/v1/namespaces/default/serviceaccounts/default"):
            while not _answers(client, path):
                _refuse_ended(plane.folder)
                if time.monotonic() > until:
                    last = _last_words(plane.logs / "kube-apiserver.log")
                    raise ControlPlaneError(f"{path} of the API server does not answer in time:\n{last}")
                time.sleep(POLL_SECONDS)


def _answers(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).is_success
    except httpx.TransportError:
        return False  # not listening yet


def _refuse_ended(folder: Path) -> None:
    """Raise for a component that was started and has ended."""
    started = {path.stem for path in (_home(folder) / "pids").glob("*.pid")}
    for name in sorted(started - set(processes.process_ids(_home(folder)))):
        raise ControlPlaneError(f"{name} has ended:\n{_last_words(_home(folder) / 'logs' / f'{name}.log')}")


def _last_words(log: Path, lines: int = 10) -> str:
    """Return the end of a log, and the line that tells of a port in use wherever it is."""
    written = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    text = [_sentence(line) for line in written]
    in_use = [line for line in text[:-lines] if PORT_IN_USE in line]
    return "\n".join([*in_use[-1:], *text[-lines:]]) or f"{log.name} is empty"


def _sentence(line: str) -> str:
    """Return what a line of a log says, where it is a record as kwokctl and etcd write them."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError:
        return line
    if not isinstance(record, dict) or "msg" not in record:
        return line
    said = cast(dict[str, Any], record)
    return ": ".join(str(said[key]) for key in ("msg", "err", "error") if key in said)


def _home(folder: Path) -> Path:
    """Return where kwokctl puts its files."""
    return folder / "kwok" / "clusters" / NAME


def _free_ports(count: int) -> list[int]:
    """Return ports of the loopback address that are free now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def _guarded(folder: Path) -> Generator[None]:
    """End and remove what is in a folder after the block, by a process that also does so when this one is killed."""
    guard = subprocess.Popen(  # noqa: S603 - this Python
        [sys.executable, "-S", "-E", processes.__file__, str(folder)], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        yield
    finally:
        if guard.stdin is not None:
            guard.stdin.close()
        guard.wait()
