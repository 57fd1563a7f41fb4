"""The upper half of a rehearsal on a real control plane: every Kubernetes object and release of a deployment, from nothing to nothing.

The control plane boots, with the stack's nodes, while the twins rehearse the clouds (`ClusterRehearsal` is a context manager). `begin` takes what
the first deployment put into Kubernetes and applies it. While the twins go on with the second run, it comes to rest, grows to its maximum, is
applied again, and destroyed: that is mostly waiting. `result` waits for the end.
"""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from apim_infra.cluster import definitions, node_groups, storage
from apim_infra.cluster.charts import ChartSource
from apim_infra.cluster.cloud_pods import MANAGER, cloud_namespaces
from apim_infra.cluster.control_plane import running
from apim_infra.cluster.items import items
from apim_infra.cluster.play import Play
from apim_infra.cluster.releases import Patience
from apim_infra.cluster.report import APPLY, DESTROY, MAXIMUM, PREPARE, REPEAT, SETTLE, ClusterReport
from apim_infra.cluster.surroundings import Parts, assembled
from apim_infra.cluster.tools import Tools
from apim_infra.rehearsal.state import StackState
from apim_infra.settings.stack import StackSettings


@dataclass(frozen=True, slots=True)
class Sources:
    """Where charts and definitions come from."""

    charts: ChartSource
    definitions: Sequence[Path] = ()
    """Folders with definitions of custom resources."""


class ClusterRehearsal:
    """A control plane with the nodes of a stack. A context manager: it boots in the background, and ends with the block.

    Raises DefinitionsError when a folder of definitions cannot be used, and ControlPlaneError when the control plane does not start.
    """

    def __init__(
        self,
        settings: StackSettings,
        tools: Tools,
        sources: Sources,
        *,
        patience: Patience | None = None,
        phase: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self.report = ClusterReport(version=tools.version)
        minor = ".".join(tools.version.split(".")[:2])
        if minor != settings.cluster.version:
            self.report.notes.append(
                f"the stack asks for Kubernetes {settings.cluster.version}, the tools are of {minor}"
            )
        self._settings = settings
        self._tools = tools
        self._sources = sources
        self._patience = patience or Patience()
        self._phase = phase
        self._stack = ExitStack()
        self._boot = ThreadPoolExecutor(1, thread_name_prefix="boot")
        self._booted: Future[Parts] | None = None
        self._played: Future[None] | None = None
        self._given_up = threading.Event()
        self._applied = threading.Event()
        self._shown = threading.Lock()
        self._current = ""
        self._watched = False
        self._definitions = definitions.load(sources.definitions)

    def __enter__(self) -> "ClusterRehearsal":
        self._booted = self._boot.submit(self._start)
        return self

    def __exit__(self, *_: object) -> None:
        self._given_up.set()
        if self._booted is not None and self._booted.done():
            self._stack.close()  # whatever the background still waits for ends with the control plane
        self._boot.shutdown(wait=True, cancel_futures=True)
        self._stack.close()

    def begin(self, state: StackState, redact: Callable[[str], str] = lambda text: text) -> None:
        """Apply what a deployment (its `after`) puts into Kubernetes, and go on in the background; `redact` takes its secrets out of texts."""
        self.report.redact = redact
        if self._booted is None:
            raise RuntimeError("a rehearsal on the control plane is used inside of its `with` block")
        for finding in node_groups.differences(self._settings, state):
            self.report.add(finding)
        self._played = self._boot.submit(self._play, self._booted, state)
        self._played.add_done_callback(lambda _: self._applied.set())
        self._tell()
        self._applied.wait()
        with self._shown:
            self._watched = False

    def result(self) -> ClusterReport:
        """Wait for the end of what was begun."""
        if self._played is None:
            raise RuntimeError("a rehearsal on the control plane is begun before its result is asked for")
        self._tell()
        self._played.result()
        return self.report

    def _tell(self) -> None:
        """Tell of the phase that goes on, and of each that begins."""
        with self._shown:
            self._watched = True
            if self._current:
                self._phase(self._current)

    def _play(self, booted: "Future[Parts]", state: StackState) -> None:
        parts = booted.result()
        play = Play(
            self._settings,
            parts,
            charts=self._sources.charts,
            known=self._definitions,
            patience=self._patience,
            report=self.report,
        )
        for name, part in (
            (PREPARE, lambda: play.prepare(items(state))),
            (APPLY, lambda: play.apply(self._given_up.is_set)),
            (SETTLE, play.settle),
            (MAXIMUM, play.maximum),
            (REPEAT, play.repeat),
            (DESTROY, play.destroy),
        ):
            if self._given_up.is_set():
                return
            if parts.failure:
                raise parts.failure[0]
            with self._timed(name):
                part()
            if name == APPLY:
                self._applied.set()

    @contextmanager
    def _timed(self, name: str) -> Generator[None]:
        with self._shown:
            self._current = name
            if self._watched:
                self._phase(name)
        began = time.perf_counter()
        yield
        self.report.seconds[name] = time.perf_counter() - began

    def _start(self) -> Parts:
        plane = self._stack.enter_context(running(self._tools))
        parts = assembled(self._settings, plane, self._stack)
        parts.growth.start()
        for manifest in (*storage.classes(self._settings.cloud), *cloud_namespaces(self._settings)):
            parts.api.create(manifest, manager=MANAGER)
        return parts
