"""How long a rehearsal takes, beside the same program under the SDK's own unit-test mocks, in one run of this command."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.lifecycle import TIMEOUT
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.runner import Run
from apim_infra.rehearsal.values import plain
from benchmarks.out import bound, heading, line
from benchmarks.stacks import AZURE, ROOT, STACKS, file_of, program, rehearsed

ROUNDS = 3
MOST_RATIO = 2.0
"""A deployment may take twice the time of the same program under mocks that check nothing."""
MOST_SECONDS = 15.0
"""A whole life cycle, once set up."""


def report() -> bool:
    """Print seconds and ratios by stack."""
    heading("Speed")
    held = [_life_cycle(stack) for stack in (*STACKS, AZURE)]
    held += [_ratio(stack) for stack in ("prd", AZURE)]
    return all(held)


def _life_cycle(stack: str) -> bool:
    rehearsed(stack)  # compiled and cached, as the second time of a user
    began = time.perf_counter()
    command = [sys.executable, "-m", "apim_infra", "rehearse", stack, "--file", str(file_of(stack)), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603 - the project's own command
    seconds = time.perf_counter() - began
    if done.returncode:
        line(f"{stack}: the rehearsal has findings (exit {done.returncode})")
        return False
    return bound(f"{stack}, whole life cycle", seconds, MOST_SECONDS, " s")


def _ratio(stack: str) -> bool:
    """Compare one deployment over the wire with one run under mocks, each in a process of its own, in turn."""
    ours: list[float] = []
    mocks: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder) / "answers.json"
        for _ in range(ROUNDS):
            seconds, deployment = _deployment(stack)
            _write_answers(deployment, answers)
            ours.append(seconds)
            mocks.append(_mocked(stack, answers))
    line(
        f"{stack}, one deployment: {statistics.median(ours):.2f} s rehearsed, {statistics.median(mocks):.2f} s under mocks"
    )
    return bound(f"{stack}, ratio, median of rounds", statistics.median(ours) / statistics.median(mocks), MOST_RATIO)


def _write_answers(deployment: Deployment, file: Path) -> None:
    """Write what the twins answered, for the mocks to answer it too: values that they made up, and none of a user's secrets."""
    made = [
        {"type": resource.type, "name": resource.name, "id": resource.id, "outputs": plain(resource.outputs)}
        for resource in deployment.after.resources.values()
        if resource.custom  # a component's outputs are its own to make
    ]
    file.write_text(json.dumps(made), encoding="utf-8")


def _deployment(stack: str) -> tuple[float, Deployment]:
    began = time.perf_counter()
    wanted = program(stack)
    run = Run(wanted)
    deployment = Deployment(
        stack, wanted.project, packages(), config=wanted.config, secret_keys=wanted.secret_keys, seed=0
    )
    ended = run.finish(deployment, TIMEOUT)
    if ended.failure is not None:
        raise RuntimeError(ended.failure.message)
    return time.perf_counter() - began, deployment


def _mocked(stack: str, answers: Path) -> float:
    wanted = program(stack)
    setup = {"config": wanted.config, "secrets": sorted(wanted.secret_keys), "answers": str(answers), "stack": stack}
    began = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.mocked"]
    subprocess.run(command, cwd=ROOT, input=json.dumps(setup), text=True, check=True)  # noqa: S603 - the project's own module
    return time.perf_counter() - began
