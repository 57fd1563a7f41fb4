"""What stands around a control plane that runs: a client, a mirror of its objects, and what plays the cloud."""

import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from apim_infra.cluster import storage
from apim_infra.cluster.api import Api, Unreachable
from apim_infra.cluster.control_plane import ControlPlane
from apim_infra.cluster.growth import Growth
from apim_infra.cluster.load_balancers import LoadBalancers
from apim_infra.cluster.maximum import PodAutoscalers
from apim_infra.cluster.mirror import PAUSE_SECONDS, Mirror
from apim_infra.cluster.refusals import Refused
from apim_infra.settings.stack import StackSettings


@dataclass(slots=True)
class Parts:
    """The control plane and what plays the cloud around it."""

    control_plane: ControlPlane
    api: Api
    mirror: Mirror
    provisioner: storage.Provisioner
    growth: Growth
    autoscalers: PodAutoscalers
    steps: tuple[Callable[[], None], ...]
    failure: list[BaseException] = field(default_factory=list[BaseException])


def assembled(settings: StackSettings, plane: ControlPlane, stack: ExitStack) -> Parts:
    """Return everything that plays the cloud around a control plane that runs; it goes on until `stack` closes."""
    api, watching = stack.enter_context(Api(plane)), stack.enter_context(Api(plane))
    mirror = stack.enter_context(Mirror(watching))
    provisioner = storage.Provisioner(settings.cloud, api, mirror)
    growth = Growth(settings, api, mirror, plane.version)
    autoscalers = PodAutoscalers(api, mirror)
    balancers = LoadBalancers(settings.cloud, api, mirror)
    steps = (provisioner.step, balancers.step, autoscalers.step, growth.step)
    parts = Parts(plane, api, mirror, provisioner, growth, autoscalers, steps)
    stack.enter_context(_simulated(parts))
    return parts


@contextmanager
def _simulated(parts: Parts) -> Generator[None]:
    """Let what plays the cloud look around after every change, in a thread of its own."""
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(PAUSE_SECONDS):
            try:
                for step in parts.steps:
                    step()
            except (Unreachable, Refused) as error:
                if not ended.is_set():
                    parts.failure.append(error)
                return

    thread = threading.Thread(target=go_on, name="simulated-cloud", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
