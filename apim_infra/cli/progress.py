"""How a rehearsal shows that it goes on: a bar on a terminal, plain lines elsewhere; always on standard error."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from apim_infra.rehearsal.comparison import AFTER, BEFORE
from apim_infra.rehearsal.lifecycle import DEPLOY, DESTROY, REPEAT, Watcher
from apim_infra.rehearsal.state import Step

TITLES = {
    DEPLOY: "first deployment",
    REPEAT: "second run",
    DESTROY: "destroy",
    BEFORE: "state before",
    AFTER: "state after",
}


class _Lines:
    """One line a phase, once it has ended."""

    def __init__(self) -> None:
        self._title = ""
        self._steps = 0
        self._began = 0.0

    def phase(self, name: str, total: int) -> None:  # noqa: ARG002 - the signature of a watcher
        self.end()
        self._title, self._steps, self._began = TITLES.get(name, name), 0, time.perf_counter()

    def step(self, step: Step) -> None:  # noqa: ARG002 - the signature of a watcher
        self._steps += 1

    def end(self) -> None:
        if self._title:
            seconds = time.perf_counter() - self._began
            steps = f"{self._steps} steps in " if self._steps else ""
            sys.stderr.write(f"{self._title}: {steps}{seconds:.1f} s\n")
            sys.stderr.flush()
        self._title = ""


class _Bar:
    """One bar a phase."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def phase(self, name: str, total: int) -> None:
        self.end()
        self._task = self._progress.add_task(TITLES.get(name, name), total=total or None)

    def step(self, step: Step) -> None:  # noqa: ARG002 - the signature of a watcher
        if self._task is not None:
            self._progress.advance(self._task)

    def end(self) -> None:
        if self._task is not None:
            done = self._progress.tasks[self._task].completed
            self._progress.update(self._task, total=done, completed=done)


@contextmanager
def watching() -> Generator[Watcher]:
    """Show a rehearsal's progress while the block runs."""
    if not sys.stderr.isatty():
        lines = _Lines()
        yield Watcher(lines.phase, lines.step)
        lines.end()
        return
    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = _Bar(progress)
        yield Watcher(bar.phase, bar.step)
        bar.end()
