"""Kibana: a view on the logs in Elasticsearch, made by the Elastic operator."""

from typing import TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.data import load
from components.kubernetes.helm_release import ADDONS, size
from components.kubernetes.logging import CLUSTER, OPERATOR
from components.kubernetes.pods import Placement, resources, scheduling


class KibanaArgs(TypedDict):
    """Arguments of `Kibana`."""

    namespace: str
    """Namespace of the Elasticsearch cluster and its operator."""
    placement: Placement
    """Pool on which it runs."""


class Kibana(pulumi.ComponentResource):
    """One Kibana on the platform's Elasticsearch, over TLS, which is reached through the cluster's own API alone.

    That is `kubectl -n <namespace> port-forward service/logs-kb-http 5601`, with the user `elastic` and the password in the secret `logs-es-elastic-user`.
    Its operator makes the user with which it reads. Child: `kibana`.
    """

    def __init__(self, name: str, args: KibanaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:Kibana", name, {**args}, opts)
        pod = {
            **scheduling(args["placement"]),
            "automountServiceAccountToken": False,
            "containers": [{"name": "kibana", "resources": resources(size(OPERATOR, "kibana"))}],
        }
        self.kibana = custom_resource(
            f"{name}-kibana",
            api_version="kibana.k8s.elastic.co/v1",
            kind="Kibana",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=CLUSTER, namespace=args["namespace"]),
            spec={
                # Kibana must not be newer than its Elasticsearch.
                "version": load(ADDONS)["addons"][OPERATOR]["elasticsearch"],
                "count": 1,
                "elasticsearchRef": {"name": CLUSTER},
                "config": {"telemetry.optIn": False, "telemetry.allowChangingOptInStatus": False},
                "podTemplate": {"spec": pod},
            },
            opts=after(self, opts),
        )
        self.register_outputs({})
