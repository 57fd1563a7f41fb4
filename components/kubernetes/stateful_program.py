"""Pods with names and volumes of their own, for a program that needs no operator: its StatefulSet, service, configuration and disruption budget."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse
from components.kubernetes.pods import (
    ContainerSize,
    Placement,
    resources,
    restricted_container,
    restricted_pod,
    scheduling,
    spread,
)
from components.kubernetes.script_job import ScriptSecret

NAME_LABEL = "app.kubernetes.io/name"
CHECKSUM = "apim.io/configuration"
"""Annotation of pods that changes with their configuration, so that they are restarted with it."""


class StatefulProgramArgs(TypedDict):
    """Arguments of `StatefulProgram`."""

    program: str
    """Name of the StatefulSet, of its service without an address of its own, and of its container."""
    namespace: pulumi.Input[str]
    """Namespace."""
    image: pulumi.Input[str]
    """Image of the program, with its tag."""
    placement: Placement
    """Pool on which it runs."""
    size: ContainerSize
    """Request and limit of each pod."""
    ports: Mapping[str, int]
    """Name to number of each port; the first one tells whether it is alive."""
    replicas: NotRequired[int]
    """Pods; 1 by default."""
    labels: NotRequired[Mapping[str, str]]
    """Labels of its pods, by which network policies let them through; none by default."""
    storage_gib: NotRequired[int]
    """Volume of each pod, in GiB; none by default."""
    folder: NotRequired[str]
    """Where the volume is mounted; needed with `storage_gib`."""
    scratch: NotRequired[Sequence[str]]
    """Folders that it may write to, which are lost with the pod; `/tmp` by default."""
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Variables; none by default."""
    secret_environment: NotRequired[Mapping[str, ScriptSecret]]
    """Variables from secrets; none by default."""
    files: NotRequired[Mapping[str, str]]
    """Path to content of its configuration, without secrets; none by default."""
    arguments: NotRequired[Sequence[str]]
    """Arguments of its program; the image's own by default."""
    ready_path: NotRequired[str]
    """Path that answers by HTTP on the first port when it is ready; a connection is enough by default."""
    user: NotRequired[int]
    """User that it runs as; 1000 by default."""


class StatefulProgram(pulumi.ComponentResource):
    """A program with names and volumes of its own. Children: `service`, `configuration` (with files), `stateful_set`, `budget` (with more than one pod)."""

    def __init__(self, name: str, args: StatefulProgramArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:StatefulProgram", name, {}, opts)
        refuse(name, _problems(args))
        selector = {NAME_LABEL: args["program"]}
        metadata = k8s.meta.v1.ObjectMetaArgs(name=args["program"], namespace=args["namespace"], labels=selector)
        self.service = k8s.core.v1.Service(
            f"{name}-service",
            metadata=metadata,
            spec=k8s.core.v1.ServiceSpecArgs(
                cluster_ip="None",
                selector=selector,
                ports=[
                    k8s.core.v1.ServicePortArgs(name=port, port=number, target_port=port)
                    for port, number in args["ports"].items()
                ],
                # Members find each other before they are ready.
                publish_not_ready_addresses=args.get("replicas", 1) > 1,
            ),
            opts=after(self, opts),
        )
        configured: list[pulumi.Resource] = [self.service]
        if files := args.get("files"):
            self.configuration = k8s.core.v1.ConfigMap(
                f"{name}-configuration",
                metadata=metadata,
                data={_key(path): content for path, content in files.items()},
                opts=after(self, opts),
            )
            configured.append(self.configuration)
        spec: Any = _spec(args, selector)
        self.stateful_set = k8s.apps.v1.StatefulSet(
            f"{name}-stateful-set", metadata=metadata, spec=spec, opts=after(self, opts, *configured)
        )
        if args.get("replicas", 1) > 1:
            self.budget = k8s.policy.v1.PodDisruptionBudget(
                f"{name}-budget",
                metadata=metadata,
                spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
                    max_unavailable=1, selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector)
                ),
                opts=after(self, opts),
            )
        self.register_outputs({})


def _spec(args: StatefulProgramArgs, selector: Mapping[str, str]) -> dict[str, Any]:
    files, storage = args.get("files", {}), args.get("storage_gib", 0)
    scratch = args.get("scratch", ("/tmp",))  # noqa: S108 - a volume of the pod's own
    volumes: list[dict[str, Any]] = [
        {"name": f"scratch-{number}", "emptyDir": {"sizeLimit": "256Mi"}} for number, _ in enumerate(scratch)
    ]
    if files:
        volumes.append({"name": "configuration", "configMap": {"name": args["program"]}})
    pod: dict[str, Any] = {
        **scheduling(args["placement"]),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {**restricted_pod(user=args.get("user", 1000)), "fsGroupChangePolicy": "OnRootMismatch"},
        "topologySpreadConstraints": spread({**selector}),
        "containers": [_container(args)],
        "volumes": volumes,
    }
    spec: dict[str, Any] = {
        "serviceName": args["program"],
        "replicas": args.get("replicas", 1),
        "podManagementPolicy": "OrderedReady",
        "selector": {"matchLabels": {**selector}},
        "template": {
            "metadata": {
                "labels": {**selector, **args.get("labels", {})},
                "annotations": {CHECKSUM: hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]},
            },
            "spec": pod,
        },
    }
    if storage:
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": f"{storage}Gi"}}}
        spec["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": claim}]
    return spec


def _container(args: StatefulProgramArgs) -> dict[str, Any]:
    first = next(iter(args["ports"]))
    alive: dict[str, Any] = {"tcpSocket": {"port": first}}
    path = args.get("ready_path", "")
    ready: dict[str, Any] = {"httpGet": {"path": path, "port": first}} if path else alive
    mounts = [
        {"name": f"scratch-{number}", "mountPath": folder}
        for number, folder in enumerate(args.get("scratch", ("/tmp",)))  # noqa: S108 - a volume of the pod's own
    ]
    mounts += [
        {"name": "configuration", "mountPath": file, "subPath": _key(file), "readOnly": True}
        for file in args.get("files", {})
    ]
    if args.get("storage_gib", 0):
        mounts.append({"name": "data", "mountPath": args.get("folder", "")})
    container: dict[str, Any] = {
        "name": args["program"],
        "image": args["image"],
        "ports": [{"name": name, "containerPort": number} for name, number in args["ports"].items()],
        "resources": resources(args["size"]),
        "securityContext": restricted_container(),
        "env": [
            *({"name": name, "value": value} for name, value in args.get("environment", {}).items()),
            *(
                {"name": name, "valueFrom": {"secretKeyRef": {"name": of["secret"], "key": of["key"]}}}
                for name, of in args.get("secret_environment", {}).items()
            ),
        ],
        "volumeMounts": mounts,
        "startupProbe": {**alive, "periodSeconds": 5, "failureThreshold": 60},
        "livenessProbe": {**alive, "periodSeconds": 20, "failureThreshold": 3},
        "readinessProbe": {**ready, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3},
    }
    if arguments := args.get("arguments"):
        container["args"] = list(arguments)
    return container


def _key(path: str) -> str:
    """Return the key of a file in the ConfigMap."""
    return path.strip("/").replace("/", ".")


def _problems(args: StatefulProgramArgs) -> Iterator[tuple[str, str]]:
    if not args["ports"]:
        yield "ports", "a program that listens nowhere cannot be told to be alive: give it a port"
    if args.get("storage_gib", 0) and not args.get("folder"):
        yield "folder", "a volume must be mounted somewhere: give the folder"
    if args.get("replicas", 1) < 1:
        yield "replicas", f"{args.get('replicas')} pods: 1 or more are allowed"
