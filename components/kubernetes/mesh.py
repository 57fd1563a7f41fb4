"""A service mesh without sidecars: Istio in ambient mode, with mutual TLS between the pods that belong to it.

A node agent (istio-cni) leads the traffic of meshed pods through a proxy on their node (ztunnel), which talks to the other node's over mutual TLS. Pods
stay as they are, and need no restart.
"""

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.helm_release import helm_release, pinned, sized
from components.kubernetes.pods import Placement, scheduling

SECURITY_API = "security.istio.io/v1"
MESH_LABEL = {"istio.io/dataplane-mode": "ambient"}
"""Label of a namespace whose pods belong to the mesh."""

EVERY_NODE = ({"operator": "Exists"},)
"""Tolerations of what runs on every node, whatever its taints."""


class MeshRule(TypedDict):
    """Who may connect to the pods of a namespace, on which ports."""

    name: str
    """Name of the rule, unique in its namespace."""
    namespace: str
    """Namespace of the pods."""
    labels: NotRequired[dict[str, str]]
    """Labels of the pods; all of the namespace by default."""
    source: str
    """Namespace of those who may connect, proven by their certificate."""
    ports: list[str]
    """Ports of the pods."""


class MeshArgs(TypedDict):
    """Inputs of the mesh."""

    namespace: pulumi.Input[str]
    """Namespace of the mesh's own pods; they read the node, so it enforces no more than the `privileged` Pod Security Standard."""
    placement: Placement
    """Pool on which its control plane runs."""
    strict_namespaces: Sequence[str]
    """Namespaces that only pods of the mesh may connect to; they must carry `MESH_LABEL`."""
    rules: Sequence[MeshRule]
    """What is allowed there; nothing else is. Network policies see one port for all traffic of the mesh, and cannot tell."""
    replicas: NotRequired[int]
    """Replicas of its control plane; 2 by default."""


class Mesh(pulumi.ComponentResource):
    """Istio's definitions, control plane, node agent and node proxies; strict mutual TLS, and who may connect to whom."""

    def __init__(self, name: str, args: MeshArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:Mesh", name, {}, opts)
        namespace = args["namespace"]

        def release(addon: str, values: dict[str, Any], *needed: pulumi.Resource) -> k8s.helm.v3.Release:
            return helm_release(
                f"{name}-{addon}", addon, pinned(addon), namespace, values, opts=after(self, opts, *needed)
            )

        self.definitions = release("istio-base", {"defaultRevision": "default"})
        self.control_plane = release("istiod", _control_plane_values(args), self.definitions)
        self.node_agent = release("istio-cni", _node_agent_values(), self.control_plane)
        self.node_proxy = release("ztunnel", _node_proxy_values(), self.control_plane)
        ready = after(self, opts, self.node_agent, self.node_proxy)
        self.strict = [
            custom_resource(
                f"{name}-{strict}-strict",
                api_version=SECURITY_API,
                kind="PeerAuthentication",
                metadata=k8s.meta.v1.ObjectMetaArgs(name="strict", namespace=strict),
                spec={"mtls": {"mode": "STRICT"}},
                opts=ready,
            )
            for strict in args["strict_namespaces"]
        ]
        self.rules = [
            custom_resource(
                f"{name}-{rule['namespace']}-{rule['name']}",
                api_version=SECURITY_API,
                kind="AuthorizationPolicy",
                metadata=k8s.meta.v1.ObjectMetaArgs(name=rule["name"], namespace=rule["namespace"]),
                spec=_rule_spec(rule),
                opts=ready,
            )
            for rule in args["rules"]
        ]
        self.register_outputs({})


def _control_plane_values(args: MeshArgs) -> dict[str, Any]:
    replicas = args.get("replicas", 2)
    return {
        "profile": "ambient",
        "autoscaleEnabled": False,
        "replicaCount": replicas,
        "rollingMaxSurge": 1,
        "rollingMaxUnavailable": 0,
        "resources": sized("istiod", "control-plane"),
        "global": {"defaultPodDisruptionBudget": {"enabled": replicas > 1}},
        **scheduling(args["placement"]),
    }


def _node_agent_values() -> dict[str, Any]:
    return {
        "profile": "ambient",
        "resources": sized("istio-cni", "agent"),
        "tolerations": list(EVERY_NODE),
    }


def _node_proxy_values() -> dict[str, Any]:
    return {
        "profile": "ambient",
        "resources": sized("ztunnel", "proxy"),
        "tolerations": list(EVERY_NODE),
    }


def _rule_spec(rule: MeshRule) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "action": "ALLOW",
        "rules": [
            {
                "from": [{"source": {"namespaces": [rule["source"]]}}],
                "to": [{"operation": {"ports": rule["ports"]}}],
            }
        ],
    }
    labels = rule.get("labels")
    return {**spec, "selector": {"matchLabels": labels}} if labels else spec
