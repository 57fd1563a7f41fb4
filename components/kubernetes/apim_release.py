"""The control plane of the platform: the project's own chart, with the sizing table and the stores' credentials as values."""

import hashlib
import os
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import pulumi

from components.common import after
from components.kubernetes.credentials import DatabaseCredentials, environment, password_secret
from components.kubernetes.helm_release import HelmChart, helm_release
from components.kubernetes.pods import Placement, scheduling
from components.kubernetes.reloader import RELOAD

CHART = Path(__file__).resolve().parents[2] / "charts" / "apim"
"""The project's own chart."""

SECRETS = "apim.io/secrets"
"""Annotation of a pod with a digest of its credentials."""


class ApimWorkload(TypedDict):
    """One Deployment of the control plane."""

    name: str
    """Name in the sizing table, such as `gateway-manager`."""
    replicas: int
    """Number of replicas, the autoscaler's lower bound where there is one; 0 switches the workload off."""
    max_replicas: NotRequired[int]
    """The autoscaler's upper bound; no autoscaler when it is absent or equal to `replicas`."""
    cpu_millicores: int
    """CPU request and limit of one replica, in millicores."""
    memory_mib: int
    """Memory request and limit of one replica, in MiB."""
    storage_gib: NotRequired[int]
    """Volume of the workload, in GiB; 0 (default) for none."""
    shared_storage_class: NotRequired[str]
    """Storage class of a volume that many nodes can mount; without it all replicas run on the node of the volume."""
    image: NotRequired[pulumi.Input[str]]
    """Repository of its image without tag; `<registry>/<name>` by default."""
    tag: NotRequired[str]
    """Tag of its image; the release's by default."""
    environment: NotRequired[dict[str, pulumi.Input[str]]]
    """Environment variables that are no secrets, beside the common ones; none by default."""


class ApimStore(TypedDict):
    """A store that workloads of the control plane use."""

    name: str
    """Name of the store, such as `mariadb`. Its variables are `<NAME>_HOST`, `_PORT`, `_DATABASE`, `_USERNAME` and, from the
    secret `apim-<name>`, `_PASSWORD`."""
    credentials: DatabaseCredentials
    """Where it is and who may enter."""
    workloads: list[str]
    """Names of the workloads that get the credentials."""


class ApimReleaseArgs(TypedDict):
    """Inputs of the control plane."""

    namespace: pulumi.Input[str]
    """Namespace of the control plane."""
    placement: Placement
    """Pool on which it runs."""
    image_registry: pulumi.Input[str]
    """Registry and path in front of the workloads' names."""
    image_tag: str
    """Tag of all images; `latest` is refused by the chart."""
    workloads: list[ApimWorkload]
    """The Deployments."""
    stores: NotRequired[list[ApimStore]]
    """The stores; none by default."""
    environment: NotRequired[dict[str, pulumi.Input[str]]]
    """Environment variables of every workload that are no secrets, such as host names; none by default."""
    storage_class: NotRequired[str]
    """Storage class of the volumes; the cluster's default one when absent."""
    image_pull_secrets: NotRequired[list[str]]
    """Names of secrets with which images are pulled; none by default (the nodes' rights do)."""
    priority_class: NotRequired[str]
    """Priority class of the pods; none by default."""
    chart_path: NotRequired[str]
    """Path of the chart, absolute or from the program's folder; `charts/apim` of this project by default."""


class ApimRelease(pulumi.ComponentResource):
    """The control plane as one Helm release, with one secret for each store."""

    def __init__(self, name: str, args: ApimReleaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:ApimRelease", name, {}, opts)
        stores = args.get("stores", [])
        self.secrets = {
            store["name"]: password_secret(
                f"{name}-{store['name']}",
                _secret_name(store),
                args["namespace"],
                store["credentials"]["password"],
                opts=after(self, opts),
                key=f"{_prefix(store)}_PASSWORD",
                source=store["credentials"].get("source"),
            )
            for store in stores
        }
        self.release = helm_release(
            f"{name}-release",
            "apim",
            HelmChart(chart=args.get("chart_path", _chart())),
            args["namespace"],
            _values(args),
            opts=after(self, opts, *self.secrets.values()),
        )
        self.register_outputs({})


def _chart() -> str:
    """Return the chart's path from the program's folder, so that a stack is the same wherever the project lies."""
    return f"./{Path(os.path.relpath(CHART)).as_posix()}"


def _secret_name(store: ApimStore) -> str:
    return f"apim-{store['name']}"


def _prefix(store: ApimStore) -> str:
    return store["name"].upper().replace("-", "_")


def _values(args: ApimReleaseArgs) -> dict[str, Any]:
    return {
        "image": {
            "registry": args["image_registry"],
            "tag": args["image_tag"],
            "pullSecrets": args.get("image_pull_secrets", []),
        },
        "environment": args.get("environment", {}),
        "storageClass": args.get("storage_class", ""),
        "priorityClassName": args.get("priority_class", ""),
        **scheduling(args["placement"]),
        "workloads": {workload["name"]: _workload(workload, args) for workload in args["workloads"]},
    }


def _workload(workload: ApimWorkload, args: ApimReleaseArgs) -> dict[str, Any]:
    name, replicas = workload["name"], workload["replicas"]
    size = {"cpu": f"{workload['cpu_millicores']}m", "memory": f"{workload['memory_mib']}Mi"}
    if replicas == 0:
        return {"enabled": False, "replicas": 1, "resources": size}
    stores = [store for store in args.get("stores", []) if name in store["workloads"]]
    where: dict[str, pulumi.Input[str]] = {}
    for store in stores:
        where |= environment(_prefix(store), store["credentials"])
    values: dict[str, Any] = {
        "replicas": replicas,
        "resources": size,
        "environment": {**where, **workload.get("environment", {})},
        "secretRefs": [_secret_name(store) for store in stores],
        "storage": {"sizeGi": workload.get("storage_gib", 0), **_access(workload)},
    }
    if stores:
        values["podAnnotations"] = _restarts(stores)
    if workload.get("max_replicas", replicas) > replicas:
        values["autoscaling"] = {"enabled": True, "maxReplicas": workload.get("max_replicas", replicas)}
    image = {
        key: value
        for key, value in (("repository", workload.get("image")), ("tag", workload.get("tag")))
        if value is not None
    }
    return {**values, "image": image} if image else values


def _access(workload: ApimWorkload) -> dict[str, str]:
    if "shared_storage_class" not in workload:
        return {}
    return {"accessMode": "ReadWriteMany", "storageClass": workload["shared_storage_class"]}


def _restarts(stores: list[ApimStore]) -> dict[str, pulumi.Input[str]]:
    """Return the annotations by which new passwords restart the pods: of Pulumi's by their digest, of others by the names of their secrets."""
    passwords = [store["credentials"]["password"] for store in stores if "source" not in store["credentials"]]
    followed = [_secret_name(store) for store in stores if "source" in store["credentials"]]
    digest: dict[str, pulumi.Input[str]] = {SECRETS: _digest(passwords)} if passwords else {}
    return {**digest, **({RELOAD: ",".join(followed)} if followed else {})}


def _digest(passwords: list[pulumi.Input[str]]) -> pulumi.Output[str]:
    """Return what changes with the passwords and tells nothing about them: new ones reach the pods by a rolling update."""
    digest = pulumi.Output.all(*passwords).apply(lambda all_: hashlib.sha256(repr(all_).encode()).hexdigest()[:16])
    return pulumi.Output.unsecret(digest)
