"""How much memory a rehearsal takes at its peak: the command and the program that it runs, together."""

import subprocess
import sys
import time

import psutil

from benchmarks.out import bound, heading
from benchmarks.stacks import ROOT, STACKS

MOST_MEGABYTES = 700.0
INTERVAL = 0.02


def report() -> bool:
    """Print the peak for each stack."""
    heading("Memory")
    held = [bound(f"{stack}, peak resident memory", _peak(stack), MOST_MEGABYTES, " MB") for stack in STACKS]
    return all(held)


def _peak(stack: str) -> float:
    command = [sys.executable, "-m", "apim_infra", "rehearse", stack, "--json"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - the project's own command
    watched = psutil.Process(process.pid)
    most = 0
    while process.poll() is None:
        most = max(most, _resident(watched))
        time.sleep(INTERVAL)
    return most / 1e6


def _resident(process: psutil.Process) -> int:
    """Sum the memory of a process and its children; one that has just ended has none."""
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total
