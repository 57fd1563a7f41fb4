"""A service whose pods have a gateway of their own beside it, with the gateway's configuration in a ConfigMap."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.pods import (
    ContainerSize,
    Placement,
    resources,
    restricted_container,
    restricted_pod,
    scheduling,
    spread,
)
from components.kubernetes.program import Autoscaling, ProgramPort

CONFIGURATION = "/configuration"
"""Where the gateway's configuration is mounted."""
DIGEST = "apim.io/configuration"
"""Annotation of pods with a digest of the configuration: another one rolls them over."""
NAME_LABEL = "app.kubernetes.io/name"


class SidecarService(TypedDict):
    """The service."""

    image: pulumi.Input[str]
    """Image with its tag or digest."""
    port: int
    """Port on which it listens."""
    size: ContainerSize
    """Request and limit."""
    user: int
    """User that it runs as."""


class SidecarGateway(TypedDict):
    """The gateway beside the service."""

    image: pulumi.Input[str]
    """Image with its tag or digest."""
    environment: Mapping[str, str]
    """Environment variables; no secret."""
    configuration: Mapping[str, str]
    """Files of its configuration by name; no secret."""
    ports: Sequence[ProgramPort]
    """Ports; the first takes API calls."""
    probes: Mapping[str, str]
    """Path of the probes `liveness` and `readiness`."""
    probe_port: str
    """Name of the port that answers them."""
    requests: ContainerSize
    """What it asks for."""
    limits: ContainerSize
    """What it may use."""
    scratch: Sequence[str]
    """Folders that it writes to."""
    user: int
    """User that it runs as."""


class SidecarArgs(TypedDict):
    """Arguments of `ServiceWithGateway`."""

    name: str
    """Name of the Deployment, the Kubernetes service and what belongs to them."""
    namespace: pulumi.Input[str]
    """Namespace."""
    placement: Placement
    """Pool of the pods."""
    service: SidecarService
    """The service."""
    gateway: SidecarGateway
    """The gateway."""
    autoscaling: Autoscaling
    """Bounds of the autoscaler."""
    service_port: int
    """Port of the Kubernetes service, which leads to the gateway."""
    surge: NotRequired[int]
    """Pods more while a new version rolls out; one by default, and one less when 0."""
    labels: NotRequired[Mapping[str, str]]
    """Labels of the pods, by which network policies find them."""
    priority_class: NotRequired[str]
    """Priority class of the pods; none by default."""
    metrics: NotRequired[bool]
    """Whether the gateway is measured at its probe port, which needs the kinds of the monitoring stack; false by default."""


class ServiceWithGateway(pulumi.ComponentResource):
    """A service with a gateway in each of its pods.

    Children: `configuration`, `deployment`, `service`, `autoscaler`, `disruption_budget` where there is more than one pod, and `monitor` with `metrics`.
    """

    def __init__(self, name: str, args: SidecarArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:ServiceWithGateway", name, {}, opts)
        refuse(name, _problems(args))
        self._args, self._selector = args, {NAME_LABEL: args["name"]}
        self._metadata = k8s.meta.v1.ObjectMetaArgs(name=args["name"], namespace=args["namespace"])
        self.configuration = k8s.core.v1.ConfigMap(
            f"{name}-configuration",
            metadata=self._metadata,
            data=dict(args["gateway"]["configuration"]),
            opts=after(self, opts),
        )
        self.deployment = k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=self._metadata,
            spec=self._spec(),
            opts=after(self, opts, self.configuration),
        )
        behind = pulumi.ResourceOptions(parent=self, depends_on=[self.deployment])
        first = args["gateway"]["ports"][0]
        self.service = k8s.core.v1.Service(
            f"{name}-service",
            metadata=self._metadata,
            spec=k8s.core.v1.ServiceSpecArgs(
                selector=self._selector,
                ports=[
                    k8s.core.v1.ServicePortArgs(
                        name=first["name"], port=args["service_port"], target_port=first["name"]
                    )
                ],
            ),
            opts=behind,
        )
        self.autoscaler = self._autoscaler(name, behind)
        several = args["autoscaling"]["minimum"] > 1
        self.disruption_budget = self._budget(name, behind) if several else None
        self.monitor = self._monitor(name, behind) if args.get("metrics", False) else None
        self.register_outputs({})

    def _spec(self) -> Any:
        args = self._args
        surge = args.get("surge", 1)
        pod: dict[str, Any] = {
            **scheduling(args["placement"]),
            "topologySpreadConstraints": spread(self._selector),
            "automountServiceAccountToken": False,
            "securityContext": restricted_pod(),
            "containers": [self._service_container(), self._gateway_container()],
            "volumes": [
                {"name": "configuration", "configMap": {"name": args["name"]}},
                {"name": "service-scratch", "emptyDir": {}},
                *({"name": _volume(folder), "emptyDir": {}} for folder in args["gateway"]["scratch"]),
            ],
        }
        if "priority_class" in args:
            pod["priorityClassName"] = args["priority_class"]
        # Without `replicas`: the autoscaler alone says how many pods there are, from the lower bound on.
        return {
            "selector": {"matchLabels": self._selector},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": surge, "maxUnavailable": 0 if surge else 1},
            },
            "template": {
                "metadata": {
                    "labels": {**self._selector, **args.get("labels", {})},
                    "annotations": {DIGEST: _digest(args["gateway"]["configuration"])},
                },
                "spec": pod,
            },
        }

    def _service_container(self) -> dict[str, Any]:
        service = self._args["service"]
        probe = {"tcpSocket": {"port": service["port"]}, "periodSeconds": 10, "timeoutSeconds": 5}
        return {
            "name": "service",
            "image": service["image"],
            "ports": [{"name": "service", "containerPort": service["port"]}],
            "resources": resources(service["size"]),
            "securityContext": {**restricted_container(), "runAsUser": service["user"]},
            "livenessProbe": {**probe, "initialDelaySeconds": 10},
            "readinessProbe": probe,
            "volumeMounts": [{"name": "service-scratch", "mountPath": "/tmp"}],  # noqa: S108 - a volume of the pod's own
        }

    def _gateway_container(self) -> dict[str, Any]:
        gateway = self._args["gateway"]
        probes = {
            f"{kind}Probe": {
                "httpGet": {"path": path, "port": gateway["probe_port"]},
                "periodSeconds": 10,
                "timeoutSeconds": 5,
            }
            for kind, path in gateway["probes"].items()
        }
        mounts = [{"name": _volume(folder), "mountPath": folder} for folder in gateway["scratch"]]
        return {
            "name": "proxy",
            "image": gateway["image"],
            "env": [{"name": name, "value": value} for name, value in gateway["environment"].items()],
            "ports": [{"name": port["name"], "containerPort": port["port"]} for port in gateway["ports"]],
            "resources": {
                "requests": resources(gateway["requests"])["requests"],
                "limits": resources(gateway["limits"])["limits"],
            },
            "securityContext": {**restricted_container(), "runAsUser": gateway["user"]},
            **probes,
            "volumeMounts": [{"name": "configuration", "mountPath": CONFIGURATION, "readOnly": True}, *mounts],
        }

    def _autoscaler(self, name: str, opts: pulumi.ResourceOptions) -> k8s.autoscaling.v2.HorizontalPodAutoscaler:
        bounds = self._args["autoscaling"]
        target = {"type": "Utilization", "averageUtilization": bounds["cpu_percent"]}
        spec: Any = {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": self._args["name"]},
            "minReplicas": bounds["minimum"],
            "maxReplicas": bounds["maximum"],
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        }
        return k8s.autoscaling.v2.HorizontalPodAutoscaler(
            f"{name}-autoscaler", metadata=self._metadata, spec=spec, opts=opts
        )

    def _budget(self, name: str, opts: pulumi.ResourceOptions) -> k8s.policy.v1.PodDisruptionBudget:
        return k8s.policy.v1.PodDisruptionBudget(
            f"{name}-disruption-budget",
            metadata=self._metadata,
            spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
                max_unavailable=1, selector=k8s.meta.v1.LabelSelectorArgs(match_labels=self._selector)
            ),
            opts=opts,
        )

    def _monitor(self, name: str, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        spec = {
            "selector": {"matchLabels": self._selector},
            "podMetricsEndpoints": [{"port": self._args["gateway"]["probe_port"], "path": "/metrics"}],
        }
        return custom_resource(
            f"{name}-monitor",
            api_version="monitoring.coreos.com/v1",
            kind="PodMonitor",
            metadata=self._metadata,
            spec=spec,
            opts=opts,
        )


def _volume(folder: str) -> str:
    return "gateway-" + folder.strip("/").replace("/", "-").replace("_", "-")


def _digest(files: Mapping[str, str]) -> str:
    text = "\0".join(f"{name}\0{content}" for name, content in sorted(files.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _problems(args: SidecarArgs) -> Iterator[tuple[str, str]]:
    gateway, service = args["gateway"], args["service"]
    if not gateway["ports"]:
        yield "gateway.ports", "a gateway without a port takes no calls: give at least one"
    if service["port"] in {port["port"] for port in gateway["ports"]}:
        yield "service.port", f"{service['port']} is a port of the gateway in the same pod: choose another"
    if gateway["probe_port"] not in {port["name"] for port in gateway["ports"]}:
        yield "gateway.probe_port", f"{gateway['probe_port']!r} is no port of the gateway: name one of them"
    for key in ("cpu_millicores", "memory_mib"):
        if gateway["requests"][key] > gateway["limits"][key]:
            yield f"gateway.requests.{key}", f"is above the limit of {gateway['limits'][key]}: lower it"
