import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from apim_infra.cluster import control_plane as module
from apim_infra.cluster import processes
from apim_infra.cluster.api import Api
from apim_infra.cluster.control_plane import (
    COMPONENTS,
    ControlPlane,
    ControlPlaneError,
    attach,
    running,
    start,
    stop,
)
from apim_infra.cluster.tools import PROGRAMS, Tools

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from apim_infra.cluster import control_plane, tools
folder = Path(sys.argv[1])
control_plane.tempfile.mkdtemp = lambda prefix: folder.mkdir() or str(folder)
with control_plane.running(tools.find_tools()):
    print("running", flush=True)
    time.sleep(120)
"""


def listening(process: int) -> set[str]:
    """Return the addresses on which a process listens, as the kernel tells them."""
    mine = {str(path.readlink())[8:-1] for path in Path(f"/proc/{process}/fd").iterdir() if path.is_symlink()}
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{process}/net/{table}").read_text(encoding="utf-8").splitlines()[1:]:
            field = line.split()
            if field[3] == "0A" and field[9] in mine:
                found.add(field[1].rsplit(":", 1)[0])
    return found


def eventually(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def runs(process: int) -> bool:
    """Tell whether a process is there; what waits to be reaped has no command line any more."""
    try:
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    except OSError:
        return False


def command_line(process: int) -> list[str]:
    return Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8").split("\0")


def holder(folder: Path) -> subprocess.Popen[str]:
    """Start a program that runs a control plane in a folder and waits."""
    return subprocess.Popen([sys.executable, "-c", HOLDER, folder], stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_every_component_listens_on_loopback_only(control_plane: ControlPlane) -> None:
    components = processes.process_ids(control_plane.folder)
    assert set(components) == set(COMPONENTS)
    assert {name: listening(number) for name, number in components.items()} == {
        name: {"0100007F"} for name in COMPONENTS
    }


def test_the_server_says_the_version_of_the_tools(control_plane: ControlPlane, api: Api) -> None:
    assert control_plane.server.startswith("https://127.0.0.1:")
    assert {kind.api_version for kind in api.kinds() if kind.name == "Deployment"} == {"apps/v1"}
    nothing_else = control_plane.folder.stat().st_mode & 0o077
    assert nothing_else == 0
    with pytest.raises(AttributeError):
        control_plane.version = "1.0.0"  # type: ignore[misc] - what must not work


def test_only_the_autoscaler_is_left_out_of_the_controllers(control_plane: ControlPlane) -> None:
    manager = processes.process_ids(control_plane.folder)["kube-controller-manager"]
    chosen = [argument for argument in command_line(manager) if argument.startswith("--controllers")]
    assert chosen == ["--controllers=*,-horizontal-pod-autoscaler-controller"]


def test_no_admission_is_turned_off(control_plane: ControlPlane) -> None:
    server = processes.process_ids(control_plane.folder)["kube-apiserver"]
    assert not [argument for argument in command_line(server) if "admission" in argument]
    assert "--authorization-mode=Node,RBAC" in command_line(server)


@pytest.mark.slow
def test_a_control_plane_ends_with_its_block(tools: Tools) -> None:
    with running(tools) as plane:
        alive = processes.process_ids(plane.folder)
        assert attach(plane.folder) == plane
    assert len(alive) == len(COMPONENTS)
    assert not plane.folder.exists()
    assert not any(runs(number) for number in alive.values())


@pytest.mark.slow
def test_a_control_plane_ends_when_its_program_is_killed(tools: Tools, tmp_path: Path) -> None:
    folder = tmp_path / "plane"
    with holder(folder) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "running\n"
        alive = processes.process_ids(folder)
        program.kill()
    assert len(alive) == len(COMPONENTS)
    assert eventually(lambda: not folder.exists())
    assert not any(runs(number) for number in alive.values())


@pytest.mark.slow
def test_an_interrupt_during_the_start_leaves_nothing(tools: Tools, tmp_path: Path) -> None:
    folder = tmp_path / "plane"
    with holder(folder) as program:
        assert eventually(lambda: "etcd" in processes.process_ids(folder))
        program.send_signal(signal.SIGINT)
        assert program.wait(20) != 0
    assert eventually(lambda: not folder.exists())
    assert processes.process_ids(tmp_path) == {}


def with_broken(tools: Tools, folder: Path, name: str, *, tells_version: bool) -> Tools:
    """Return the tools with one program in whose place another one fails, with or without telling its version first."""
    version = f'case "$1" in --version) exec {tools.program(name)} "$@" ;; esac\n' if tells_version else ""
    folder.mkdir()
    for program in PROGRAMS:
        (folder / program).symlink_to(tools.program(program))
    (folder / name).unlink()
    (folder / name).write_text(f"#!/bin/sh\n{version}echo the disk is on fire >&2\nexit 1\n", encoding="utf-8")
    (folder / name).chmod(0o755)
    return Tools(folder, tools.version)


def test_a_component_that_fails_is_named_with_its_last_words(tools: Tools, tmp_path: Path) -> None:
    with pytest.raises(ControlPlaneError, match=r"(?s)^kube-scheduler has ended:.*the disk is on fire"):
        start(tmp_path / "plane", with_broken(tools, tmp_path / "programs", "kube-scheduler", tells_version=True))
    assert processes.process_ids(tmp_path) == {}
    assert (tmp_path / "plane" / "kwok" / "clusters" / "apim" / "logs" / "kube-scheduler.log").is_file()


def test_a_start_that_does_not_come_to_a_component_tells_why(tools: Tools, tmp_path: Path) -> None:
    with pytest.raises(ControlPlaneError) as caught:
        start(tmp_path / "plane", with_broken(tools, tmp_path / "programs", "etcd", tells_version=False))
    first, *words = str(caught.value).splitlines()
    assert first == "kwokctl failed with exit code 1:"
    assert words[0] == "Cluster is creating"
    assert "the disk is on fire" in " ".join(words)
    assert processes.process_ids(tmp_path) == {}


@pytest.mark.slow
def test_a_port_that_was_taken_meanwhile_is_replaced(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = module._free_ports
    calls: list[int] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        def ports(count: int) -> list[int]:
            calls.append(count)
            return [port, *free(count - 1)] if len(calls) == 1 else free(count)

        monkeypatch.setattr(module, "_free_ports", ports)
        plane = start(tmp_path / "plane", tools)
    try:
        assert len(calls) == 2
        with Api(plane) as api:
            assert api.list("v1", "Namespace")
    finally:
        stop(plane.folder)
    assert not plane.folder.exists()


def test_an_id_that_belongs_to_another_program_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "etcd.pid").write_text(str(os.getpid()), encoding="utf-8")
    (tmp_path / "broken.pid").write_text("none", encoding="utf-8")
    assert processes.process_ids(tmp_path) == {}
    processes.remove(tmp_path)
    assert not tmp_path.exists()


@pytest.mark.slow
def test_the_commands_start_tell_and_end_one_control_plane(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("APIM_TOOLS", str(tools.folder))

    def apim(*arguments: str) -> tuple[int, dict[str, object]]:
        ended = subprocess.run(
            [sys.executable, "-m", "apim_infra", "cluster", *arguments, "--json"],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended.returncode, json.loads(ended.stdout)

    try:
        assert apim("status") == (1, {"running": False})
        code, first = apim("up")
        assert (code, first["started"], first["version"]) == (0, True, tools.version)
        assert apim("up") == (0, {**first, "started": False})
        code, told = apim("status")
        assert (code, told["running"], told["nodes"], told["pods"]) == (0, True, 0, {})
        assert told["server"] == first["server"]
        # One component is gone: it does not count as running, and `up` starts all of it anew.
        os.kill(processes.process_ids(tmp_path)["kube-scheduler"], signal.SIGKILL)
        assert apim("status") == (1, {"running": False})
        assert apim("up")[1]["started"] is True
        assert apim("down") == (0, {"ended": True})
        assert apim("down") == (0, {"ended": False})
    finally:
        processes.remove(tmp_path / "apim-infra" / "cluster")
    assert processes.process_ids(tmp_path) == {}
    assert not (tmp_path / "home").exists()
