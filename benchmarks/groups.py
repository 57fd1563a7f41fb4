"""How the time of a rehearsal grows with the number of gateway groups, on the example with a hundred of them."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from benchmarks.out import bound, heading, line
from benchmarks.stacks import ROOT, file_of

STACK = "gateway-groups-100"
SIZES = (1, 10, 30, 100)
MOST_RATIO = 12.0
"""A hundred groups may take twelve times the time of ten."""


def report() -> bool:
    """Print seconds by number of groups, and the ratio of the largest to that of ten."""
    heading("Gateway groups")
    with tempfile.TemporaryDirectory() as folder:
        _seconds(1, Path(folder))  # compiled and cached, as the second time of a user
        seconds = {size: _seconds(size, Path(folder)) for size in SIZES}
    for size, found in seconds.items():
        line(f"{size} groups, whole life cycle: {found:.2f} s")
    return bound("100 groups to 10", seconds[100] / seconds[10], MOST_RATIO)


def _seconds(size: int, folder: Path) -> float:
    """Time the life cycle of the example with as many of its groups, taken evenly, so that every kind of group is among them."""
    stack: dict[str, Any] = yaml.safe_load(file_of(STACK).read_text(encoding="utf-8"))
    every: list[Any] = stack["config"]["apim:gateway_groups"]
    stack["config"]["apim:gateway_groups"] = every[:: len(every) // size][:size]
    file = folder / f"Pulumi.groups-{size}.yaml"
    file.write_text(yaml.safe_dump(stack, sort_keys=False), encoding="utf-8")
    command = [sys.executable, "-m", "apim_infra", "rehearse", f"groups-{size}", "--file", str(file), "--json"]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - the project's own command
    if done.returncode:
        raise RuntimeError(f"{size} groups: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - began
