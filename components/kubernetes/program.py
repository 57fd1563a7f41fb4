"""A program of a gateway product that has no chart of its own: its Deployment, service, autoscaler and disruption budget."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse
from components.kubernetes.data import load
from components.kubernetes.helm_release import ADDONS
from components.kubernetes.pods import (
    HOST_LABEL,
    Placement,
    resources,
    restricted_container,
    restricted_pod,
    scheduling,
    spread,
)
from components.kubernetes.pods import ContainerSize as Size

NAME_LABEL = "app.kubernetes.io/name"
USER = 1000
"""User of the programs; images run as any that is not root."""
EVENTS = "/events"
"""Where the file share is mounted."""
CERTIFICATE = "/certificate"
"""Where the certificate is mounted that the program shows to the ingress."""


class ProgramPort(TypedDict):
    """A port on which the program listens."""

    name: str
    """Name, at most 15 lower-case letters, digits and hyphens."""
    port: int
    """Port of the container and of the service."""


class WaitFor(TypedDict):
    """Something that must answer before the program starts."""

    name: str
    """Name of the check, of lower-case letters, digits and hyphens."""
    hosts: Sequence[pulumi.Input[str]]
    """Names or addresses, or lists of them divided by commas; each must answer."""
    port: pulumi.Input[int]
    """Port on which they answer."""


class Autoscaling(TypedDict):
    """Bounds of an autoscaler."""

    minimum: int
    """Smallest number of pods."""
    maximum: int
    """Largest number of pods."""
    cpu_percent: int
    """Mean CPU use that it aims at, in per cent of the request."""


class SecretReference(TypedDict):
    """A value in a Kubernetes secret of the same namespace."""

    secret: pulumi.Input[str]
    """Name of the secret."""
    key: str
    """Key in it."""


class ProgramArgs(TypedDict):
    """Arguments of `Program`."""

    program: str
    """Name of the Deployment and of the service: lower-case letters, digits and hyphens."""
    namespace: pulumi.Input[str]
    """Namespace."""
    placement: Placement
    """Pool of the pods."""
    image: pulumi.Input[str]
    """Image with its tag."""
    ports: Sequence[ProgramPort]
    """Ports, each of which is probed."""
    requests: Size
    """What one pod asks for."""
    limits: Size
    """What one pod may use."""
    replicas: NotRequired[int]
    """Number of pods; default 1."""
    autoscaling: NotRequired[Autoscaling]
    """Bounds of an autoscaler, instead of `replicas`; none by default."""
    labels: NotRequired[Mapping[str, str]]
    """Labels of the pods, by which network policies find them."""
    node_labels: NotRequired[Mapping[str, str]]
    """Labels that nodes must have beside that of the pool, as a node affinity; none by default."""
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Environment variables."""
    secret_environment: NotRequired[Mapping[str, SecretReference]]
    """Environment variables whose values are secrets."""
    waits_for: NotRequired[Sequence[WaitFor]]
    """What must answer before the program starts, in this order; nothing by default."""
    claim: NotRequired[pulumi.Input[str]]
    """Volume claim that is mounted at `/events`; none by default."""
    priority_class: NotRequired[str]
    """Priority class of the pods; none by default."""
    certificate: NotRequired[pulumi.Input[str]]
    """TLS secret that is mounted at `/certificate`; none by default."""


class Program(pulumi.ComponentResource):
    """A program. It rolls over without a pod less (one more at a time), spreads over zones and nodes, and starts when what it needs answers.

    Children: `deployment`, `service`, and `autoscaler` and `disruption_budget` where there is more than one pod.
    """

    def __init__(self, name: str, args: ProgramArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:Program", name, {}, opts)
        refuse(name, _problems(args))
        self._args = args
        self._metadata = k8s.meta.v1.ObjectMetaArgs(name=args["program"], namespace=args["namespace"])
        self._selector = {NAME_LABEL: args["program"]}
        scaled = "autoscaling" in args
        self.deployment = k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=self._metadata,
            spec=self._spec(),
            opts=after(self, opts),
        )
        # A service is ready once pods answer behind it, so it follows them.
        self.service = k8s.core.v1.Service(
            f"{name}-service",
            metadata=self._metadata,
            spec=k8s.core.v1.ServiceSpecArgs(
                selector=self._selector,
                ports=[
                    k8s.core.v1.ServicePortArgs(name=port["name"], port=port["port"], target_port=port["name"])
                    for port in args["ports"]
                ],
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.deployment]),
        )
        self.autoscaler = self._autoscaler(name) if scaled else None
        pods = args["autoscaling"]["minimum"] if scaled else args.get("replicas", 1)
        self.disruption_budget = self._budget(name) if pods > 1 else None
        self.register_outputs({})

    def _spec(self) -> Any:
        args = self._args
        labels = {**self._selector, **args.get("labels", {})}
        # An autoscaler alone says how many pods there are, from its lower bound on.
        replicas = {} if "autoscaling" in args else {"replicas": args.get("replicas", 1)}
        return {
            **replicas,
            "selector": {"matchLabels": self._selector},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    **scheduling(args["placement"]),
                    **({"priorityClassName": args["priority_class"]} if "priority_class" in args else {}),
                    "affinity": self._affinity(),
                    "topologySpreadConstraints": spread(self._selector),
                    "automountServiceAccountToken": False,
                    "securityContext": restricted_pod(user=USER),
                    "initContainers": [_check(wait) for wait in args.get("waits_for", [])],
                    "containers": [self._container()],
                    "volumes": self._volumes(),
                },
            },
        }

    def _affinity(self) -> dict[str, Any]:
        """Prefer other nodes than those of its own pods, and hold it to nodes with the labels that are asked for."""
        apart = {"labelSelector": {"matchLabels": self._selector}, "topologyKey": HOST_LABEL}
        affinity: dict[str, Any] = {
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": apart}]
            }
        }
        wanted = [
            {"key": key, "operator": "In", "values": [value]}
            for key, value in self._args.get("node_labels", {}).items()
        ]
        if wanted:
            affinity["nodeAffinity"] = {
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": wanted}]}
            }
        return affinity

    def _container(self) -> dict[str, Any]:
        args = self._args
        probe = _probe([port["port"] for port in args["ports"]])
        mounts = [{"name": "temporary", "mountPath": "/tmp"}]  # noqa: S108  # a volume of the pod's own
        if "claim" in args:
            mounts.append({"name": "events", "mountPath": EVENTS})
        if "certificate" in args:
            mounts.append({"name": "certificate", "mountPath": CERTIFICATE})
        return {
            "name": args["program"],
            "image": args["image"],
            "ports": [{"name": port["name"], "containerPort": port["port"]} for port in args["ports"]],
            "env": self._environment(),
            "resources": {
                "requests": resources(args["requests"])["requests"],
                "limits": resources(args["limits"])["limits"],
            },
            # The programs write beside their own files when they start.
            "securityContext": {**restricted_container(), "readOnlyRootFilesystem": False},
            "startupProbe": {**probe, "periodSeconds": 10, "failureThreshold": 60},
            "livenessProbe": {**probe, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3},
            "readinessProbe": {**probe, "periodSeconds": 5, "timeoutSeconds": 5, "failureThreshold": 3},
            "volumeMounts": mounts,
        }

    def _environment(self) -> list[dict[str, Any]]:
        plain = [{"name": name, "value": value} for name, value in self._args.get("environment", {}).items()]
        secret = [
            {"name": name, "valueFrom": {"secretKeyRef": {"name": found["secret"], "key": found["key"]}}}
            for name, found in self._args.get("secret_environment", {}).items()
        ]
        return [*plain, *secret]

    def _volumes(self) -> list[dict[str, Any]]:
        volumes: list[dict[str, Any]] = [{"name": "temporary", "emptyDir": {}}]
        if "claim" in self._args:
            volumes.append({"name": "events", "persistentVolumeClaim": {"claimName": self._args["claim"]}})
        if "certificate" in self._args:
            volumes.append({"name": "certificate", "secret": {"secretName": self._args["certificate"]}})
        return volumes

    def _autoscaler(self, name: str) -> k8s.autoscaling.v2.HorizontalPodAutoscaler:
        bounds = self._args.get("autoscaling", Autoscaling(minimum=1, maximum=1, cpu_percent=75))
        spec: Any = {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": self._args["program"]},
            "minReplicas": bounds["minimum"],
            "maxReplicas": bounds["maximum"],
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": bounds["cpu_percent"]},
                    },
                }
            ],
        }
        return k8s.autoscaling.v2.HorizontalPodAutoscaler(
            f"{name}-autoscaler",
            metadata=self._metadata,
            spec=spec,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.deployment]),
        )

    def _budget(self, name: str) -> k8s.policy.v1.PodDisruptionBudget:
        return k8s.policy.v1.PodDisruptionBudget(
            f"{name}-disruption-budget",
            metadata=self._metadata,
            spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
                max_unavailable=1, selector=k8s.meta.v1.LabelSelectorArgs(match_labels=self._selector)
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.deployment]),
        )


def _probe(ports: Sequence[int]) -> dict[str, Any]:
    """Return a probe of every port: a container has one probe of a kind, so several ports are tried by one command."""
    if len(ports) == 1:
        return {"tcpSocket": {"port": ports[0]}}
    tries = " && ".join(f"(: < /dev/tcp/127.0.0.1/{port})" for port in ports)
    return {"exec": {"command": ["/bin/bash", "-c", tries]}}


def _check(wait: WaitFor) -> dict[str, Any]:
    """Return an init container that waits until every host answers; the kubelet starts those of a pod one after another."""
    image = load(ADDONS)["images"]["curl"]
    targets = pulumi.Output.all(*wait["hosts"]).apply(lambda hosts: " ".join(",".join(hosts).split(",")))
    script = (
        'for host in $HOSTS; do until nc -z -w 3 "$host" "$PORT"; do '
        f"echo {shlex.quote(wait['name'])} does not answer yet at $host; sleep 5; done; done"
    )
    return {
        "name": f"wait-for-{wait['name']}",
        "image": image["image"],
        "command": ["/bin/sh", "-euc", script],
        "env": [
            {"name": "HOSTS", "value": targets},
            {"name": "PORT", "value": pulumi.Output.from_input(wait["port"]).apply(lambda port: str(int(port)))},
        ],
        "resources": resources(image["size"]),
        "securityContext": restricted_container(),
    }


def _problems(args: ProgramArgs) -> Iterator[tuple[str, str]]:
    if not args["ports"]:
        yield "ports", "a program without a port cannot be probed: give at least one"
    if "autoscaling" in args and "replicas" in args:
        yield "replicas", "has no effect beside autoscaling: leave it out"
    for key in ("cpu_millicores", "memory_mib"):
        if args["requests"][key] > args["limits"][key]:
            yield f"requests.{key}", f"{args['requests'][key]} is above the limit of {args['limits'][key]}: lower it"
