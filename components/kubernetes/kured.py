"""Kured: reboots nodes that have patched themselves, one at a time, once their pods have gone elsewhere."""

from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

import pulumi

from components.common import after, refuse
from components.kubernetes.helm_release import helm_release, pinned, sized

ADDON = "kured"
NAMESPACE = "kube-system"
"""Namespace of the release: it sees the processes of its node, which no namespace of the platform's own allows."""

SENTINEL = "/var/run/reboot-required"
"""File that a node makes when a patch needs a reboot (AKS documentation, node updates with kured, 2023-04)."""

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
"""Days as kured spells them."""


class KuredArgs(TypedDict):
    """Inputs of kured."""

    days: NotRequired[list[str]]
    """Days on which nodes are rebooted, such as `sa`; every day by default."""
    start: NotRequired[str]
    """Time in UTC from which they are, such as `02:00`; midnight by default."""
    end: NotRequired[str]
    """Time in UTC until which they are, later on the same day; midnight by default."""
    drain_timeout_minutes: NotRequired[int]
    """How long it waits for the pods of a node to leave before it tries again later, in minutes; 30 by default."""


class Kured(pulumi.ComponentResource):
    """Kured, on every node. It asks the node's own init process by a signal: its pods are not privileged."""

    def __init__(self, name: str, args: KuredArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:Kured", name, {}, opts)
        refuse(name, _problems(args))
        self.release = helm_release(
            f"{name}-release", ADDON, pinned(ADDON), NAMESPACE, _values(args), opts=after(self, opts)
        )
        self.register_outputs({})


def _problems(args: KuredArgs) -> Iterator[tuple[str, str]]:
    for day in args.get("days", ()):
        if day not in DAYS:
            yield "days", f"'{day}' is none of {', '.join(DAYS)}"
    if args.get("start", "00:00") >= args.get("end", "23:59"):
        yield "end", f"{args.get('end')} must be later than start on the same day"


def _values(args: KuredArgs) -> dict[str, Any]:
    return {
        "fullnameOverride": ADDON,
        "configuration": {
            "period": "10m",
            "concurrency": 1,
            "rebootDays": args.get("days", list(DAYS)),
            "startTime": args.get("start", "00:00"),
            "endTime": args.get("end", "23:59"),
            "timeZone": "UTC",
            "drainTimeout": f"{args.get('drain_timeout_minutes', 30)}m",
            "rebootSentinel": SENTINEL,
            "rebootMethod": "signal",
            "logFormat": "json",
        },
        "resources": sized(ADDON, "daemon"),
        "priorityClassName": "system-node-critical",
        # A node that is tainted needs patches as much as any other.
        "tolerations": [{"operator": "Exists"}],
        # Kured's own advice for signals (chart, values): root, and of root's rights only that to signal.
        "containerSecurityContext": {
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"add": ["CAP_KILL"], "drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
