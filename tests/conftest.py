"""What tests of the whole program share: the real command, and one rehearsal of each stack for the whole run."""

import fcntl
import gc
import json
import os
import sys
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from cluster_fixtures import (  # noqa: F401 - fixtures are found by being here
    api,
    bench,
    control_plane,
    make_namespace,
    namespace,
    room,
    tools,
)
from hypothesis import HealthCheck, settings
from warm_apim import Ran, WarmApim, warm_apim

from apim_infra.rehearsal.graph import Graph

# Programs make hundreds of thousands of objects that stay: looking through all of them again and again takes longer than the programs themselves.
gc.set_threshold(1_000_000, 10, 100)

# How long an example takes says more about the machine than about the code.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

ROOT = Path(__file__).resolve().parents[1]
APIM = Path(sys.executable).with_name("apim")

STACK_FILES = {
    path.name.removeprefix("Pulumi.").removesuffix(".yaml"): path
    for path in (*ROOT.glob("Pulumi.*.yaml"), *ROOT.glob("examples/*/Pulumi.*.yaml"))
}
"""Stack to its file: the project's own, and those of the examples."""


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests on a control plane last: one that stays up for the rest of a session takes a third of a processor. What needs its tools is slow."""
    for item in items:
        if isinstance(item, pytest.Function) and "tools" in item.fixturenames:
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: "cluster" in item.path.relative_to(ROOT / "tests").parts)


Apim = Callable[..., Ran]


@pytest.fixture(scope="session")
def warm() -> Generator[WarmApim]:
    """The process that runs of the command are forked from."""
    with warm_apim() as command:
        yield command


@pytest.fixture(scope="session")
def apim(warm: WarmApim) -> Apim:
    """Run the real command in a process of its own."""

    def run(*arguments: str | Path, cwd: Path = ROOT, timeout: float = 300.0) -> Ran:
        ended = warm([str(word) for word in arguments], cwd, process_environment(), timeout)
        assert "Traceback" not in ended.out + ended.err, ended.err
        return ended

    return run


def process_environment() -> dict[str, str]:
    """Return this process's environment with byte code cached, as `make` has it."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Rehearsed:
    """A stack that the command rehearsed."""

    code: int
    report: dict[str, Any]
    """What `--json` printed."""
    text: str
    """What `--graph` wrote."""

    @cached_property
    def graph(self) -> Graph:
        return Graph.from_json(json.loads(self.text))


def rehearse_command(apim: Apim, stack: str, graph: Path, more: Sequence[str] = ()) -> Rehearsed:
    """Rehearse a stack by the real command."""
    ran = apim("rehearse", stack, "--file", STACK_FILES[stack], "--json", "--graph", graph, *more)
    assert ran.code in (0, 1), ran.err
    return Rehearsed(ran.code, ran.json, graph.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def rehearsed(apim: Apim, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Rehearsed]:
    """Return the rehearsal of a stack; it is done once, whichever worker of a parallel run needs it first."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    known: dict[str, Rehearsed] = {}

    def of(stack: str) -> Rehearsed:
        if stack not in known:
            known[stack] = _once(apim, stack, shared)
        return known[stack]

    return of


def _once(apim: Apim, stack: str, folder: Path) -> Rehearsed:
    report, graph = folder / f"{stack}.report.json", folder / f"{stack}.graph.json"
    with (folder / f"{stack}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not report.exists():
            made = rehearse_command(apim, stack, graph)
            report.write_text(json.dumps({"code": made.code, "report": made.report}), encoding="utf-8")
    found = json.loads(report.read_text(encoding="utf-8"))
    return Rehearsed(found["code"], found["report"], graph.read_text(encoding="utf-8"))
