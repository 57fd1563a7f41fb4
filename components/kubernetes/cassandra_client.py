"""What programs in the cluster need to use a Cassandra outside of it, and how its metrics are read."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after
from components.kubernetes.custom_resource import custom_resource

CLIENT = "cassandra-client"
"""Name of the objects that programs mount."""


class CassandraMetricsArgs(TypedDict):
    """How the metrics of the nodes are read."""

    namespace: str
    """Namespace of monitoring."""
    targets: list[str]
    """Address and port of each node's exporter."""
    job: NotRequired[str]
    """Name of the ring in the metrics, and of what is made to read them; default `cassandra`."""
    interval_seconds: NotRequired[int]
    """How often they are read; default 30."""


class CassandraClientArgs(TypedDict):
    """Arguments of `CassandraClient`."""

    namespace: str
    """Namespace of the programs."""
    hosts: pulumi.Input[str]
    """Contact points, a comma between them."""
    port: pulumi.Input[int]
    """Port of the native protocol."""
    datacenter: str
    """Data centre that clients name as theirs."""
    consistency: NotRequired[str]
    """Consistency level of reads and writes, such as `QUORUM`; not told by default."""
    username: NotRequired[pulumi.Input[str]]
    """User; left out where the cloud's identity is the login."""
    password: NotRequired[pulumi.Input[str]]
    """Password, a secret."""
    authority: NotRequired[pulumi.Input[str]]
    """Certificate of the authority that servers and clients trust, as PEM."""
    certificate: NotRequired[pulumi.Input[str]]
    """Certificate with which a client shows who it is, as PEM."""
    key: NotRequired[pulumi.Input[str]]
    """Its private key, a secret."""
    metrics: NotRequired[CassandraMetricsArgs]
    """How metrics are read, which needs `authority`; not read by default."""


class CassandraClient(pulumi.ComponentResource):
    """A config map and a secret `cassandra-client` that programs mount, and a scrape configuration of the nodes' exporters.

    The config map has `hosts`, `port`, `datacenter`, and where they are given `consistency`, `username` and `ca.crt`; the secret, which there is where
    one of them is given, `password`, `tls.crt` and `tls.key`.
    """

    def __init__(self, name: str, args: CassandraClientArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:CassandraClient", name, {}, opts)
        metadata = k8s.meta.v1.ObjectMetaArgs(name=CLIENT, namespace=args["namespace"])
        self.settings = k8s.core.v1.ConfigMap(
            f"{name}-settings",
            metadata=metadata,
            data={
                "hosts": args["hosts"],
                "port": pulumi.Output.from_input(args["port"]).apply(lambda port: str(int(port))),
                "datacenter": args["datacenter"],
                **_given(
                    {
                        "consistency": args.get("consistency"),
                        "username": args.get("username"),
                        "ca.crt": args.get("authority"),
                    }
                ),
            },
            opts=after(self, opts),
        )
        secrets = _given(
            {"password": args.get("password"), "tls.crt": args.get("certificate"), "tls.key": args.get("key")}
        )
        self.secret = (
            k8s.core.v1.Secret(f"{name}-secret", metadata=metadata, string_data=secrets, opts=after(self, opts))
            if secrets
            else None
        )
        metrics, authority = args.get("metrics"), args.get("authority")
        if metrics is not None and authority is not None:
            self._metrics(name, metrics, authority, opts)
        self.register_outputs({})

    def _metrics(
        self,
        name: str,
        metrics: CassandraMetricsArgs,
        authority: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        job = metrics.get("job", "cassandra")
        trusted = k8s.core.v1.ConfigMap(
            f"{name}-authority",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=f"{job}-authority", namespace=metrics["namespace"]),
            data={"ca.crt": authority},
            opts=after(self, opts),
        )
        custom_resource(
            f"{name}-metrics",
            api_version="monitoring.coreos.com/v1alpha1",
            kind="ScrapeConfig",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=job, namespace=metrics["namespace"]),
            spec={
                "staticConfigs": [{"labels": {"job": job}, "targets": metrics["targets"]}],
                "scheme": "HTTPS",
                "tlsConfig": {"ca": {"configMap": {"name": f"{job}-authority", "key": "ca.crt"}}},
                "scrapeInterval": f"{metrics.get('interval_seconds', 30)}s",
            },
            opts=after(self, opts, trusted),
        )


def _given(values: Mapping[str, pulumi.Input[str] | None]) -> dict[str, pulumi.Input[str]]:
    """Return the values that there are."""
    return {key: value for key, value in values.items() if value is not None}
