"""One gateway group: the product's own chart, with the credentials of its database."""

from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse
from components.kubernetes.credentials import ExternalSource, password_secret
from components.kubernetes.helm_release import HelmChart, helm_release, pinned
from components.kubernetes.job import HttpCall, digest, http_job
from components.kubernetes.pods import Placement
from components.kubernetes.reloader import RELOAD

DEFAULT_PRODUCT = "kong"
LONGEST_RELEASE = 53
"""Characters in the name of a Helm release (Helm's own limit)."""
LONGEST_WITH_PLUGINS = 46
"""The name of the Job that sets plugins adds 17 characters; a Job's name is a label, of 63 at most."""


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
    database_password: NotRequired[pulumi.Input[str]]
    """Password of the group's database, a secret; `values` say where the database is. None by default."""
    database_secret: NotRequired[str]
    """Name of the Kubernetes secret to which `values` refer, with the key `password`; `<release>-database` by default."""
    database_source: NotRequired[ExternalSource]
    """Where the current password is, if something else changes it; `database_password` is the first one then. Never by default."""
    secrets: NotRequired[dict[str, dict[str, pulumi.Input[str]]]]
    """More secrets to which `values` refer: their names, keys and values; none by default."""
    admin_url: NotRequired[str]
    """Address of the administration API inside of the cluster; needed with `plugins`."""
    plugins: NotRequired[list[GatewayPlugin]]
    """Plugins that are on for every API; none by default."""
    job_labels: NotRequired[dict[str, str]]
    """Labels of the Job that sets the plugins, by which network policies let it through; none by default."""
    job_namespace: NotRequired[pulumi.Input[str]]
    """Namespace of that Job; that of the gateways by default."""
    timeout_seconds: NotRequired[int]
    """Bound of each step of the installation, in seconds; default in `addons.yaml`."""


class Gateway(pulumi.ComponentResource):
    """A gateway group.

    Children: `database_secret` and `secrets` by name, `release`, and `plugins`, the Job that sets them.
    """

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:Gateway", name, {}, opts)
        refuse(name, _problems(args))
        self.database_secret: k8s.core.v1.Secret | None = None
        if "database_password" in args:
            self.database_secret = password_secret(
                f"{name}-database",
                _database_secret(args),
                args["namespace"],
                args["database_password"],
                opts=after(self, opts),
                source=args.get("database_source"),
            )
        self.secrets = {
            secret: k8s.core.v1.Secret(
                f"{name}-{secret}",
                metadata=k8s.meta.v1.ObjectMetaArgs(name=secret, namespace=args["namespace"]),
                string_data={key: pulumi.Output.secret(value) for key, value in values.items()},
                opts=after(self, opts),
            )
            for secret, values in args.get("secrets", {}).items()
        }
        secrets = [*self.secrets.values(), *([self.database_secret] if self.database_secret else [])]
        self.release = helm_release(
            f"{name}-release",
            args["release"],
            args.get("chart", pinned(DEFAULT_PRODUCT)),
            args["namespace"],
            _values(args),
            opts=after(self, opts, *secrets),
            timeout_seconds=args.get("timeout_seconds"),
        )
        self.plugins = self._plugins(name, args)
        self.register_outputs({})

    def _plugins(self, name: str, args: GatewayArgs) -> k8s.batch.v1.Job | None:
        plugins = args.get("plugins", [])
        if not plugins:
            return None
        calls = [
            HttpCall(
                "PUT",
                f"{args.get('admin_url')}/plugins/{plugin['id']}",
                {"name": plugin["name"], "config": plugin.get("config", {})},
            )
            for plugin in plugins
        ]
        return http_job(
            f"{name}-plugins",
            f"{args['release']}-plugins-{digest(calls)}",
            args.get("job_namespace", args["namespace"]),
            calls,
            args["placement"],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.release]),
            labels=args.get("job_labels", {}),
            # The administration API shows a certificate that the gateway has signed itself; what is sent is no secret.
            verify=False,
        )


def _database_secret(args: GatewayArgs) -> str:
    return args.get("database_secret", f"{args['release']}-database")


def _values(args: GatewayArgs) -> dict[str, Any]:
    """Return the chart's values; gateways read the password when they start, so one that changes restarts them."""
    if "database_source" not in args:
        return args["values"]
    annotations = {**args["values"].get("podAnnotations", {}), RELOAD: _database_secret(args)}
    return {**args["values"], "podAnnotations": annotations}


def _problems(args: GatewayArgs) -> Iterator[tuple[str, str]]:
    if args.get("plugins") and "admin_url" not in args:
        yield "admin_url", "plugins are set by the administration API: give its address"
    longest = LONGEST_WITH_PLUGINS if args.get("plugins") else LONGEST_RELEASE
    if len(args["release"]) > longest:
        yield "release", f"{args['release']!r} is longer than {longest} characters: choose a shorter name"
