"""A second run that goes on while the first one is still under way.

The second run registers a resource as soon as the first has brought it about. That is only the same as one run after the other when nothing
changes: so the run is given up, and the caller makes a plain one, as soon as it would do anything else than find everything as it is, or when a data
source answers otherwise once the first run has ended.
"""

import threading
from collections.abc import Callable, Mapping

from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.intake import MonitorError
from apim_infra.rehearsal.provider import Properties, RejectedError
from apim_infra.rehearsal.registration import Registration
from apim_infra.rehearsal.runner import Ended, Program, Run
from apim_infra.rehearsal.state import Operation, ResourceState
from apim_infra.rehearsal.steps import ResourceStep
from apim_infra.rehearsal.warm_hosts import WarmHost

QUIET = frozenset({Operation.SAME, Operation.READ})
"""What a second run may do."""


class FollowingDeployment(Deployment):
    """A deployment that follows another one closely, and gives up when it would change something."""

    def __init__(self, first: Deployment, config: Mapping[str, str], secret_keys: frozenset[str]) -> None:
        super().__init__(
            first.stack,
            first.project,
            first.providers.twins,
            config=config,
            secret_keys=secret_keys,
            before=first.after,
            seed=first.seed,
        )
        self._first = first
        self.providers.share_locks(first.providers)
        self._asked: list[tuple[Callable[[], Properties], Properties]] = []
        self.diverged = False

    def register(self, registration: Registration, step: type[ResourceStep] = ResourceStep) -> ResourceState:
        """Wait until the first deployment has brought the resource about, then compare."""
        self._first.settled.wait(
            urns.make(self.stack, self.project, registration.parent, registration.type, registration.name)
        )
        return super().register(registration, step)

    def mutating(self) -> None:
        """Give up: a twin's world must not change under the first deployment."""
        self.diverged = True
        raise MonitorError("the second run would change something")

    def done(self, operation: Operation, resource: ResourceState, paths: tuple[str, ...] = ()) -> None:
        """Record a step; anything but a quiet one makes the run worthless."""
        self.diverged = self.diverged or operation not in QUIET
        super().done(operation, resource, paths)

    def ending(self) -> None:
        """Wait for the first deployment, then give up if it has anything that this one no longer has."""
        self._first.settled.wait_for_end()
        if self._first.recorded.keys() - self.recorded.keys():
            self.mutating()

    def ask(self, key: str, question: Callable[[], Properties]) -> Properties:
        """Answer a data source once the first deployment has, and remember it."""
        self._first.settled.wait(key)
        answer = question()
        self._asked.append((question, answer))
        return answer

    def faithful(self) -> bool:
        """Tell whether the run is the same as one after the first; called when both have ended."""
        if self.diverged:
            return False
        try:
            return all(question() == answer for question, answer in self._asked)
        except RejectedError:
            return False


class SecondRun:
    """The second run of a program, on a thread of its own. `cancel` must be called."""

    def __init__(self, program: Program, first: Deployment, timeout: float, host: WarmHost | None = None) -> None:
        self.deployment = FollowingDeployment(first, program.config, program.secret_keys)
        self._timeout = timeout
        self._ended: Ended | None = None
        self._run = Run(program, host)
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def result(self) -> Ended | None:
        """Wait for the end; None when the run is worth nothing and a plain one must be made."""
        self._thread.join()
        if self._ended is None or self._ended.failure is not None or not self.deployment.faithful():
            return None
        return self._ended

    def cancel(self) -> None:
        """End the run."""
        self._run.stop()
        self._thread.join()

    def _play(self) -> None:
        self._ended = self._run.finish(self.deployment, self._timeout)
