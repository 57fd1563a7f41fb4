"""Allow policies made from the matrix of pod-level flows; every namespace denies the rest by default."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse
from components.kubernetes.custom_resource import custom_resource

Network = IPv4Network | IPv6Network
NAMESPACE_LABEL = "kubernetes.io/metadata.name"
REASON = "apim.io/reason"
CILIUM = "cilium.io/v2"
"""API of Cilium's own policies, which Azure CNI powered by Cilium has (AKS documentation, 2026-08)."""


class PodPeer(TypedDict):
    """One end of a flow: pods of a namespace, or addresses outside of the cluster's pods."""

    namespace: NotRequired[str]
    """Namespace of the pods; absent for addresses."""
    labels: NotRequired[dict[str, str]]
    """Labels of the pods; every pod of the namespace by default."""
    one_of: NotRequired[dict[str, list[str]]]
    """Labels of the pods whose value is one of several, beside `labels`; none by default."""
    cidrs: NotRequired[list[str]]
    """Address ranges, for an end that is no pod; must be absent when `namespace` is there."""
    except_cidrs: NotRequired[list[str]]
    """Parts of the ranges that are not meant; those outside of a range are left out of it."""
    open: NotRequired[bool]
    """Whether its namespace is open, so that no policy is made there; false by default."""
    cilium_nodes: NotRequired[bool]
    """Whether it is the nodes where Cilium enforces policies: it never knows them by their addresses, and has a word of its own for them; false by default."""


class FlowPort(TypedDict):
    """A port of a flow, as the destination's container listens on it."""

    port: int
    """Number of the port."""
    protocol: NotRequired[str]
    """`tcp` (default), `udp` or `sctp`, in any case."""
    end_port: NotRequired[int]
    """Last port of a range that starts with `port`."""


class PodFlow(TypedDict):
    """One allowed flow."""

    name: str
    """Name of the flow, unique within the matrix: lower-case letters, digits and hyphens, at most 50."""
    source: PodPeer
    """Who opens the connection."""
    destination: PodPeer
    """Who accepts it."""
    ports: list[FlowPort]
    """Ports of the destination; never empty, since an empty list would allow all."""
    reason: str
    """Why it is allowed; kept on the policy as an annotation."""
    ends: NotRequired[str]
    """At which end policies are made: `both` (default), or `source` or `destination` where another flow lets it through at the other."""


class NetworkPoliciesArgs(TypedDict):
    """Inputs of the allow policies."""

    flows: list[PodFlow]
    """The allowed flows."""


class NetworkPolicies(pulumi.ComponentResource):
    """One policy for each end of a flow that is a pod of a closed namespace: ingress at its destination, egress at its source."""

    def __init__(self, name: str, args: NetworkPoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:NetworkPolicies", name, {}, opts)
        refuse(name, _problems(args))
        self._before = after(self, opts)
        self.policies: list[pulumi.Resource] = []
        for flow in args["flows"]:
            source, destination, ends = flow["source"], flow["destination"], flow.get("ends", "both")
            if "namespace" in destination and not destination.get("open") and ends != "source":
                self.policies.append(self._ingress(name, flow))
            if ends == "destination":
                continue
            if destination.get("cilium_nodes"):
                self.policies.append(self._cilium_egress(name, flow))
            elif "namespace" in source and not source.get("open"):
                self.policies.append(self._egress(name, flow))
        self.register_outputs({})

    def _ingress(self, name: str, flow: PodFlow) -> k8s.networking.v1.NetworkPolicy:
        rule = k8s.networking.v1.NetworkPolicyIngressRuleArgs(from_=_peers(flow["source"]), ports=_ports(flow))
        spec = k8s.networking.v1.NetworkPolicySpecArgs(
            pod_selector=_selector(flow["destination"]), policy_types=["Ingress"], ingress=[rule]
        )
        return self._policy(f"{name}-{flow['name']}-ingress", flow, flow["destination"], spec, "ingress")

    def _egress(self, name: str, flow: PodFlow) -> k8s.networking.v1.NetworkPolicy:
        rule = k8s.networking.v1.NetworkPolicyEgressRuleArgs(to=_peers(flow["destination"]), ports=_ports(flow))
        spec = k8s.networking.v1.NetworkPolicySpecArgs(
            pod_selector=_selector(flow["source"]), policy_types=["Egress"], egress=[rule]
        )
        return self._policy(f"{name}-{flow['name']}-egress", flow, flow["source"], spec, "egress")

    def _cilium_egress(self, name: str, flow: PodFlow) -> pulumi.Resource:
        """Let pods connect to nodes, theirs and others, in the words of Cilium."""
        ports = [
            {
                "port": str(port["port"]),
                "protocol": port.get("protocol", "tcp").upper(),
                **({"endPort": port["end_port"]} if "end_port" in port else {}),
            }
            for port in flow["ports"]
        ]
        return custom_resource(
            f"{name}-{flow['name']}-egress",
            api_version=CILIUM,
            kind="CiliumNetworkPolicy",
            metadata=self._metadata(flow, flow["source"], "egress"),
            spec={
                "endpointSelector": _cilium_selector(flow["source"]),
                "egress": [{"toEntities": ["host", "remote-node"], "toPorts": [{"ports": ports}]}],
            },
            opts=self._before,
        )

    def _metadata(self, flow: PodFlow, at: PodPeer, direction: str) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(
            name=f"{flow['name']}-{direction}", namespace=at.get("namespace"), annotations={REASON: flow["reason"]}
        )

    def _policy(
        self, resource: str, flow: PodFlow, at: PodPeer, spec: k8s.networking.v1.NetworkPolicySpecArgs, direction: str
    ) -> k8s.networking.v1.NetworkPolicy:
        return k8s.networking.v1.NetworkPolicy(
            resource,
            metadata=self._metadata(flow, at, direction),
            spec=spec,
            opts=self._before,
        )


def _problems(args: NetworkPoliciesArgs) -> Iterator[tuple[str, str]]:
    """Find flows that would allow more than they say, or that cannot be told apart."""
    names = [flow["name"] for flow in args["flows"]]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"flows.{name}", "each name may occur once: it names the policies"
    for flow in args["flows"]:
        path = f"flows.{flow['name']}"
        if flow.get("ends", "both") not in ("both", "source", "destination"):
            yield f"{path}.ends", f"{flow.get('ends')!r} is no end: use both, source or destination"
        if not flow["ports"]:
            yield f"{path}.ports", "an empty list would allow every port: name the ports"
        for end, peer in (("source", flow["source"]), ("destination", flow["destination"])):
            if ("namespace" in peer) == ("cidrs" in peer):
                yield f"{path}.{end}", "it is either pods (namespace) or addresses (cidrs): give one of the two"
            elif "cidrs" in peer and not peer["cidrs"]:
                yield f"{path}.{end}.cidrs", "an empty list would allow every address: name the ranges"


def _cilium_selector(peer: PodPeer) -> dict[str, Any]:
    selector: dict[str, Any] = {"matchLabels": peer.get("labels", {})}
    if one_of := peer.get("one_of"):
        selector["matchExpressions"] = [
            {"key": key, "operator": "In", "values": values} for key, values in one_of.items()
        ]
    return selector


def _selector(peer: PodPeer) -> k8s.meta.v1.LabelSelectorArgs:
    expressions = [
        k8s.meta.v1.LabelSelectorRequirementArgs(key=key, operator="In", values=values)
        for key, values in peer.get("one_of", {}).items()
    ]
    return k8s.meta.v1.LabelSelectorArgs(match_labels=peer.get("labels") or None, match_expressions=expressions or None)


def _peers(peer: PodPeer) -> list[k8s.networking.v1.NetworkPolicyPeerArgs]:
    if "namespace" in peer:
        namespace = k8s.meta.v1.LabelSelectorArgs(match_labels={NAMESPACE_LABEL: peer["namespace"]})
        pods = _selector(peer) if peer.get("labels") or peer.get("one_of") else None
        return [k8s.networking.v1.NetworkPolicyPeerArgs(namespace_selector=namespace, pod_selector=pods)]
    excepted = peer.get("except_cidrs", [])
    return [
        k8s.networking.v1.NetworkPolicyPeerArgs(
            ip_block=k8s.networking.v1.IPBlockArgs(cidr=cidr, except_=_inside(cidr, excepted) or None)
        )
        for cidr in peer.get("cidrs", [])
    ]


def _inside(cidr: str, excepted: list[str]) -> list[str]:
    """Return the exceptions that lie within a range: Kubernetes refuses a policy with any other."""
    whole = ip_network(cidr)
    return [part for part in excepted if part != cidr and _within(ip_network(part), whole)]


def _within(part: Network, whole: Network) -> bool:
    return part.version == whole.version and part.network_address in whole and part.broadcast_address in whole


def _ports(flow: PodFlow) -> list[k8s.networking.v1.NetworkPolicyPortArgs]:
    return [
        k8s.networking.v1.NetworkPolicyPortArgs(
            port=port["port"], protocol=port.get("protocol", "tcp").upper(), end_port=port.get("end_port")
        )
        for port in flow["ports"]
    ]
