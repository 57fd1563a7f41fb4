"""A release of a product's chart: a console, a portal or the gateways of a group."""

from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

import pulumi

from components.common import after, refuse
from components.kubernetes.helm_release import HelmChart, helm_release

LONGEST_RELEASE = 53
"""Characters in the name of a Helm release (Helm's own limit)."""


class ProductReleaseArgs(TypedDict):
    """Arguments of `ProductRelease`."""

    release: str
    """Name of the Helm release, unique in the namespace."""
    namespace: pulumi.Input[str]
    """Namespace."""
    chart: HelmChart
    """Chart, in one exact version."""
    values: dict[str, Any]
    """Values of the chart, without any secret: they name Kubernetes secrets instead."""
    timeout_seconds: NotRequired[int]
    """Bound of each step of the installation, in seconds; default in `addons.yaml`."""


class ProductRelease(pulumi.ComponentResource):
    """A release of a product's chart. Child: `release`."""

    def __init__(self, name: str, args: ProductReleaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:ProductRelease", name, {}, opts)
        refuse(name, _problems(args))
        self.release = helm_release(
            f"{name}-release",
            args["release"],
            args["chart"],
            args["namespace"],
            args["values"],
            opts=after(self, opts),
            timeout_seconds=args.get("timeout_seconds"),
        )
        self.register_outputs({})


def _problems(args: ProductReleaseArgs) -> Iterator[tuple[str, str]]:
    if len(args["release"]) > LONGEST_RELEASE:
        yield "release", f"{args['release']!r} is longer than {LONGEST_RELEASE} characters: choose a shorter name"
