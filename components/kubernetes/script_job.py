"""A Job that runs a script once: to make databases and schemas, or to tell a program what it serves."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse
from components.kubernetes.job import DEADLINE_SECONDS
from components.kubernetes.pods import (
    ContainerSize,
    Placement,
    resources,
    restricted_container,
    restricted_pod,
    scheduling,
)

LONGEST_NAME = 54
"""Characters: a hyphen and eight characters of its content follow, and a Job's name is a label, of 63 at most."""
SIZE: ContainerSize = {"cpu_millicores": 50, "memory_mib": 128}
"""Room for one client of a database or of an HTTP service; own knowledge."""


class ScriptSecret(TypedDict):
    """A value in a Kubernetes secret of the same namespace."""

    secret: str
    """Name of the secret."""
    key: str
    """Key in it."""


class ScriptFiles(TypedDict):
    """Files that another image holds."""

    image: pulumi.Input[str]
    """Image with `cp`."""
    folder: str
    """Folder in it, whose content is copied to `/files`."""


class ScriptJobArgs(TypedDict):
    """Arguments of `ScriptJob`."""

    job: str
    """Beginning of the Job's name; what follows changes with its content, since a Job cannot be changed."""
    namespace: pulumi.Input[str]
    """Namespace."""
    image: pulumi.Input[str]
    """Image with a shell."""
    script: str
    """What `/bin/sh -euc` runs: repeating it changes nothing, and no secret is in it."""
    placement: Placement
    """Pool on which it runs."""
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Variables; none by default."""
    secret_environment: NotRequired[Mapping[str, ScriptSecret]]
    """Variables from secrets; none by default."""
    labels: NotRequired[Mapping[str, str]]
    """Labels of its pod, by which network policies let it through; none by default."""
    user: NotRequired[int]
    """User that it runs as; 1000 by default."""
    size: NotRequired[ContainerSize]
    """Request and limit; `SIZE` by default."""
    files: NotRequired[ScriptFiles]
    """Files for the script; none by default."""


class ScriptJob(pulumi.ComponentResource):
    """A Job that runs a script once. Child: `job`."""

    def __init__(self, name: str, args: ScriptJobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:ScriptJob", name, {}, opts)
        refuse(name, _problems(args))
        job = f"{args['job']}-{_digest(args)}"
        labels = {"app.kubernetes.io/name": job, **args.get("labels", {})}
        container: dict[str, Any] = {
            "name": "script",
            "image": args["image"],
            "command": ["/bin/sh", "-euc", args["script"]],
            "resources": resources(args.get("size", SIZE)),
            "securityContext": restricted_container(),
            "env": _environment(args),
            "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],  # noqa: S108 - a volume of the pod's own
        }
        pod: dict[str, Any] = {
            **scheduling(args["placement"]),
            "restartPolicy": "OnFailure",
            "automountServiceAccountToken": False,
            "securityContext": restricted_pod(user=args.get("user", 1000)),
            "containers": [container],
            "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "64Mi"}}],
        }
        if files := args.get("files"):
            _add_files(pod, files, args.get("size", SIZE))
        spec: Any = {
            "backoffLimit": 6,
            "activeDeadlineSeconds": DEADLINE_SECONDS,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        }
        # Longer than the Job itself takes to give up, so that its own error is seen.
        timeouts = pulumi.CustomTimeouts(create=f"{DEADLINE_SECONDS + 60}s", update=f"{DEADLINE_SECONDS + 60}s")
        self.job = k8s.batch.v1.Job(
            f"{name}-job",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=job, namespace=args["namespace"], labels=labels),
            spec=spec,
            opts=pulumi.ResourceOptions.merge(
                after(self, opts), pulumi.ResourceOptions(custom_timeouts=timeouts, delete_before_replace=True)
            ),
        )
        self.register_outputs({})


def _add_files(pod: dict[str, Any], files: ScriptFiles, size: ContainerSize) -> None:
    """Copy files out of their image before the script runs."""
    mount = {"name": "files", "mountPath": "/files"}
    pod["initContainers"] = [
        {
            "name": "files",
            "image": files["image"],
            "command": ["cp", "-R", f"{files['folder']}/.", "/files"],
            "resources": resources(size),
            "securityContext": restricted_container(),
            "volumeMounts": [mount],
        }
    ]
    pod["containers"][0]["volumeMounts"].append({**mount, "readOnly": True})
    pod["volumes"].append({"name": "files", "emptyDir": {"sizeLimit": "64Mi"}})


def _digest(args: ScriptJobArgs) -> str:
    """Return eight characters that change with the script and with what is known of its environment now."""
    known = {key: value for key, value in args.get("environment", {}).items() if isinstance(value, str)}
    image = args["image"] if isinstance(args["image"], str) else ""
    content: list[Any] = [args["script"], image, known, dict(args.get("secret_environment", {}))]
    if files := args.get("files"):
        content.append([files["image"] if isinstance(files["image"], str) else "", files["folder"]])
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _environment(args: ScriptJobArgs) -> list[dict[str, Any]]:
    plain: list[dict[str, Any]] = [
        {"name": name, "value": value} for name, value in args.get("environment", {}).items()
    ]
    secret: list[dict[str, Any]] = [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": source["secret"], "key": source["key"]}}}
        for name, source in args.get("secret_environment", {}).items()
    ]
    return plain + secret


def _problems(args: ScriptJobArgs) -> Iterator[tuple[str, str]]:
    if len(args["job"]) > LONGEST_NAME:
        yield "job", f"{args['job']!r} is longer than {LONGEST_NAME} characters: choose a shorter name"
    if not args["script"].strip():
        yield "script", "a Job without a script does nothing: give it one"
