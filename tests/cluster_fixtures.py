"""One real control plane for the tests of a worker: started once, with a namespace of its own for each test."""

import itertools
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import pytest

from apim_infra.cluster.api import Api, reference
from apim_infra.cluster.control_plane import ControlPlane, running
from apim_infra.cluster.tools import Tools, find_tools, why_missing

if TYPE_CHECKING:
    from fault_bench import Bench, Room

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def tools() -> Tools:
    """The programs of the control plane; tests that need them are skipped where they are not built."""
    found = find_tools()
    if found is None:
        pytest.skip(f"needs the control plane's tools: {why_missing()}")
    return found


@pytest.fixture(scope="session")
def control_plane(tools: Tools) -> Generator[ControlPlane]:
    """A control plane without nodes, shared by every test of this worker: what a test makes outside of its namespace, it removes."""
    with running(tools) as plane:
        yield plane


@pytest.fixture(scope="session")
def api(control_plane: ControlPlane) -> Generator[Api]:
    """The client of the shared control plane."""
    with Api(control_plane) as client:
        yield client


@pytest.fixture(scope="session")
def bench(tools: Tools, rehearsed: Callable[[str], Any]) -> Generator["Bench"]:
    """A control plane with the nodes, namespaces, quotas and classes of the production stack, for faults in its objects."""
    from fault_bench import Bench, stack_of

    stack = stack_of("prd", rehearsed("prd").graph, tools)
    with running(tools) as plane, Api(plane) as client:
        yield Bench(plane, client, stack)


@pytest.fixture
def room(bench: "Bench") -> Generator[Callable[..., "Room"]]:
    """Make namespaces like one of the stack's (`apim` unless another is named), with other bounds of the quota where they are given."""
    made: list[Room] = []

    def make(like: str = "apim", **quota: str) -> "Room":
        made.append(bench.room(like, **quota))
        return made[-1]

    yield make
    for one in made:
        bench.remove(one.name)


MakeNamespace = Callable[..., str]


@pytest.fixture
def make_namespace(api: Api) -> Generator[MakeNamespace]:
    """Make namespaces with the labels that are given; they are deleted after the test."""
    made: list[str] = []

    def make(**labels: str) -> str:
        name = f"test-{next(_NUMBERS)}"
        metadata = {"name": name, "labels": {key.replace("__", "/"): value for key, value in labels.items()}}
        api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        made.append(name)
        return name

    yield make
    for name in made:
        api.delete(reference("v1", "Namespace", name))


@pytest.fixture
def namespace(make_namespace: MakeNamespace) -> str:
    """A fresh namespace without labels."""
    return make_namespace()
