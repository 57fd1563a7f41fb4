"""The one control plane that stays: `apim cluster up` starts it, `down` ends it; its folder is below the user's state folder."""

import datetime as dt
import fcntl
import os
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apim_infra.cluster.api import Api
from apim_infra.cluster.control_plane import ControlPlane, attach, start, stop
from apim_infra.cluster.tools import Tools


@dataclass(frozen=True, slots=True)
class State:
    """What runs on the control plane that stays."""

    control_plane: ControlPlane
    age_seconds: int
    nodes: int
    pods: dict[str, int]
    """Number of pods by their phase, such as `Running`."""


def folder() -> Path:
    """Return the folder of the control plane that stays, whether it runs or not."""
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return home / "apim-infra" / "cluster"


def up(tools: Tools) -> tuple[ControlPlane, bool]:
    """Return the control plane and whether it was started now; what is left of one that does not run is removed first."""
    with _locked():
        there = attach(folder())
        if there is not None:
            return there, False
        stop(folder())
        return start(folder(), tools), True


def state() -> State | None:
    """Return what runs, None when nothing does. Raises `Unreachable` when the server does not answer."""
    plane = attach(folder())
    if plane is None:
        return None
    with Api(plane) as api:
        nodes = api.list("v1", "Node")
        pods = Counter(pod["status"].get("phase", "Unknown") for pod in api.list("v1", "Pod"))
        began = api.list("v1", "Namespace", fields="metadata.name=kube-system")[0]["metadata"]["creationTimestamp"]
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(began)
    return State(plane, int(age.total_seconds()), len(nodes), dict(sorted(pods.items())))


def down() -> bool:
    """End the control plane and remove its folder; return whether there was one."""
    with _locked():
        there = folder().exists()
        stop(folder())
        return there


@contextmanager
def _locked() -> Generator[None]:
    """Let one command at a time start or end it."""
    folder().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with folder().with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
