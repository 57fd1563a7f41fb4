"""One gateway group: the product's own chart, with the credentials of its database."""

from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.credentials import DatabaseCredentials, credentials_secret
from components.kubernetes.helm_release import HelmChart, helm_release, pinned
from components.kubernetes.job import HttpCall, http_job
from components.kubernetes.pods import Placement

DEFAULT_PRODUCT = "kong"


class GatewayPlugin(TypedDict):
    """A plugin of the gateway that is on for every API, set by the administration API once the gateway is up."""

    id: str
    """A fixed UUID, so that setting it again changes nothing."""
    name: str
    """Name of the plugin, such as `prometheus`."""
    config: NotRequired[dict[str, Any]]
    """Its configuration; the plugin's own defaults when absent."""


class GatewayArgs(TypedDict):
    """Inputs of a gateway group."""

    release: str
    """Name of the Helm release, unique in the namespace; services are named after it."""
    namespace: pulumi.Input[str]
    """Namespace of the gateways."""
    placement: Placement
    """Pool on which the Jobs of the group run; the gateways' own place is in `values`."""
    values: dict[str, Any]
    """Values of the chart, made by the product's profile."""
    chart: NotRequired[HelmChart]
    """Chart of the product; Kong's, as pinned in `addons.yaml`, by default."""
    database: NotRequired[DatabaseCredentials]
    """Database of the group; none by default."""
    database_secret: NotRequired[str]
    """Name of the secret to which `values` refer, with the keys host, port, database, username and password.
    `<release>-database` by default."""
    secrets: NotRequired[dict[str, dict[str, pulumi.Input[str]]]]
    """More secrets to which `values` refer: their names, keys and values; none by default."""
    admin_url: NotRequired[pulumi.Input[str]]
    """Address of the administration API inside of the cluster; needed with `plugins`."""
    plugins: NotRequired[list[GatewayPlugin]]
    """Plugins that are on for every API; none by default."""
    timeout_seconds: NotRequired[int]
    """Bound of each step of the installation, in seconds; default in `addons.yaml`."""


class Gateway(pulumi.ComponentResource):
    """A gateway group."""

    database_secret: k8s.core.v1.Secret | None
    secrets: dict[str, k8s.core.v1.Secret]
    release: k8s.helm.v3.Release
    plugins: k8s.batch.v1.Job | None
