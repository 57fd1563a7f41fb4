"""The real command, forked from a process that has imported it: a suite that calls it hundreds of times pays for the imports once.

Started as a script by `WarmApim`. The project's own program is run by warm hosts (`apim_infra.rehearsal.warm_hosts`), every other one as always.
"""

import contextlib
import importlib
import json
import os
import pkgutil
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apim_infra.rehearsal import language_host, lifecycle
from apim_infra.rehearsal.report import Rehearsal
from apim_infra.rehearsal.runner import Program
from apim_infra.rehearsal.warm_hosts import WarmHost, serving, warm_hosts

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = tuple(f"apim_infra.platform{part}" for part in ("", ".aws", ".azure"))


@dataclass(frozen=True)
class Ran:
    """One run of the command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)


class WarmApim:
    """Runs the command in forks of one process."""

    def __init__(self, host: WarmHost) -> None:
        self._host = host

    def __call__(self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float) -> Ran:
        """Run the command and return what it printed. Raises TimeoutExpired."""
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            run = self._host.start([str(out), str(err), str(cwd), *arguments], environment)
            try:
                code = run.wait(timeout)
            finally:
                run.kill()
                run.stdout.close()
            return Ran(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


@contextlib.contextmanager
def warm_apim() -> Generator[WarmApim]:
    """Start the process that imports the command, and end it with the block."""
    with serving(Path(__file__), ()) as host:
        yield WarmApim(host)


def main(arguments: Sequence[str]) -> int:
    """Run the command in this fork."""
    out, err, cwd, *words = arguments
    for name, descriptor in ((out, 1), (err, 2)):
        with Path(name).open("w") as file:
            os.dup2(file.fileno(), descriptor)
    os.chdir(cwd)
    sys.argv = ["apim", *words]
    try:
        importlib.import_module("apim_infra.cli").main(words)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


def serve(control: int) -> None:
    """Import everything that the command may need, then fork a run of it for every request."""
    with warm_hosts(PROGRAM) as hosts:
        plain = lifecycle.rehearse

        def rehearse(program: Program, **given: Any) -> Rehearsal:
            return plain(program, hosts=hosts if program.directory == ROOT else None, **given)

        lifecycle.rehearse = rehearse
        import apim_infra

        modules = [found.name for found in pkgutil.walk_packages(apim_infra.__path__, "apim_infra.")]
        language_host.serve(control, [name for name in modules if not name.endswith("__main__")], main)


if __name__ == "__main__":
    serve(int(sys.argv[2]))
