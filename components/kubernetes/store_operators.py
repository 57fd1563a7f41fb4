"""Operators of stores in the cluster, for development: PostgreSQL, MariaDB and Cassandra."""

from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after
from components.kubernetes.helm_release import helm_release, pinned, sized
from components.kubernetes.pods import Placement, restricted_container, restricted_pod, scheduling

POSTGRESQL = "cloudnative-pg"
MARIADB = "mariadb-operator"
CASSANDRA = "cass-operator"
MARIADB_KINDS = "mariadb-operator-crds"


class StoreOperatorsArgs(TypedDict):
    """Inputs of the operators."""

    namespace: pulumi.Input[str]
    """Namespace of the operators; they manage stores in every namespace."""
    placement: Placement
    """Pool on which they run."""
    postgresql: NotRequired[bool]
    """Whether CloudNativePG is installed; false by default."""
    mariadb: NotRequired[bool]
    """Whether mariadb-operator is installed; false by default."""
    cassandra: NotRequired[bool]
    """Whether cass-operator is installed; false by default."""


class StoreOperators(pulumi.ComponentResource):
    """The operators that are asked for; stores put it into `depends_on`. Children: `releases` by the name of the chart."""

    def __init__(self, name: str, args: StoreOperatorsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:StoreOperators", name, {}, opts)
        self.releases: dict[str, k8s.helm.v3.Release] = {}
        place = scheduling(args["placement"])

        def install(addon: str, values: dict[str, Any], *before: pulumi.Resource) -> k8s.helm.v3.Release:
            options = after(self, opts, *before)
            release = helm_release(f"{name}-{addon}", addon, pinned(addon), args["namespace"], values, opts=options)
            self.releases[addon] = release
            return release

        if args.get("postgresql", False):
            install(POSTGRESQL, {"resources": sized(POSTGRESQL, "operator"), **place})
        if args.get("mariadb", False):
            install(MARIADB, _mariadb(place), install(MARIADB_KINDS, {}))
        if args.get("cassandra", False):
            install(CASSANDRA, _cassandra(place))
        self.register_outputs({})


def _mariadb(place: dict[str, Any]) -> dict[str, Any]:
    def part(container: str) -> dict[str, Any]:
        return {
            "resources": sized(MARIADB, container),
            "podSecurityContext": restricted_pod(user=65532),
            "securityContext": restricted_container(),
            **place,
        }

    return {**part("operator"), "webhook": part("webhook"), "certController": part("certificates")}


def _cassandra(place: dict[str, Any]) -> dict[str, Any]:
    """Return values of cass-operator for data centres of every namespace, without its webhooks, whose certificates come later than the stores."""
    return {
        "global": {"clusterScoped": True},
        "admissionWebhooks": {"enabled": False},
        "resources": sized(CASSANDRA, "operator"),
        "podSecurityContext": restricted_pod(user=65534),
        "securityContext": restricted_container(),
        **place,
    }
