"""The processes of a control plane's folder, ended by their ids.

Run as a program (`python processes.py FOLDER`) it is the guard of a control plane: once its standard input ends, which happens whatever way its parent goes,
it ends the processes of that folder and removes the folder. It imports nothing but the standard library, so that it starts at once.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ENDING_SECONDS = 10.0


def process_ids(folder: Path) -> dict[str, int]:
    """Return the components whose process runs, by the `*.pid` files below a folder; an id that now belongs to another program does not count."""
    found: dict[str, int] = {}
    for path in sorted(folder.rglob("*.pid")):
        text = path.read_text(encoding="utf-8").strip()
        if text.isdecimal() and str(folder) in _command(int(text)):
            found[path.stem] = int(text)
    return found


def end(folder: Path) -> None:
    """End the processes of a folder and wait until they are gone; nothing in it is worth a graceful end."""
    until = time.monotonic() + ENDING_SECONDS
    while running := process_ids(folder):
        for number in running.values():
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if time.monotonic() > until:
            raise TimeoutError(f"processes {sorted(running.values())} of {folder} do not end")
        time.sleep(0.02)


def remove(folder: Path) -> None:
    """End the processes of a folder and remove it."""
    end(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _command(number: int) -> str:
    """Return the command line of a process, empty when there is none (or only what is left of it)."""
    proc = Path(f"/proc/{number}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    listing = ["ps", "-o", "command=", "-p", str(number)]
    return subprocess.run(listing, capture_output=True, text=True, check=False).stdout  # noqa: S603 - a number, no shell


if __name__ == "__main__":
    sys.stdin.read()
    remove(Path(sys.argv[1]))
