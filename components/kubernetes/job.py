"""Jobs that tell a running service something over HTTP, once it is up."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.data import load
from components.kubernetes.helm_release import ADDONS
from components.kubernetes.pods import Placement, resources, restricted_container, restricted_pod, scheduling

AUTHORITY = "/authority"


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One call, such that repeating it changes nothing."""

    method: str
    url: str
    body: Mapping[str, Any]
    also_accept: int = 200
    """A status that is fine beside the successful ones."""


def http_job(
    resource: str,
    job: str,
    namespace: pulumi.Input[str],
    calls: Sequence[HttpCall],
    placement: Placement,
    opts: pulumi.ResourceOptions,
    user: str = "",
    password_secret: tuple[str, str] = ("", ""),
    authority_secret: str = "",
) -> k8s.batch.v1.Job:
    """Make a Job that calls in order, each until it succeeds, and fails after ten minutes.

    `user` logs in with the password in `password_secret` (name, key); `authority_secret` holds `ca.crt` for https.
    A Job cannot be changed: put into `job` whatever may change in its calls.
    """
    image = load(ADDONS)["images"]["curl"]
    container: dict[str, Any] = {
        "name": "curl",
        "image": image["image"],
        "command": ["/bin/sh", "-euc", "\n".join(_command(call, bool(user), bool(authority_secret)) for call in calls)],
        "resources": resources(image["size"]),
        "securityContext": restricted_container(),
        "env": [],
        "volumeMounts": [],
    }
    volumes: list[dict[str, Any]] = []
    if user:
        name, key = password_secret
        container["env"] = [
            {"name": "USERNAME", "value": user},
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": name, "key": key}}},
        ]
    if authority_secret:
        volumes = [{"name": "authority", "secret": {"secretName": authority_secret}}]
        container["volumeMounts"] = [{"name": "authority", "mountPath": AUTHORITY, "readOnly": True}]
    pod: dict[str, Any] = {
        **scheduling(placement),
        "restartPolicy": "OnFailure",
        "automountServiceAccountToken": False,
        "securityContext": restricted_pod(user=image["user"]),
        "containers": [container],
        "volumes": volumes,
    }
    labels = {"app.kubernetes.io/name": job}
    return k8s.batch.v1.Job(
        resource,
        metadata=k8s.meta.v1.ObjectMetaArgs(name=job, namespace=namespace, labels=labels),
        spec={
            "backoffLimit": 6,
            "activeDeadlineSeconds": 600,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
        opts=opts,
    )


def _command(call: HttpCall, login: bool, authority: bool) -> str:
    # The password goes by a configuration file on standard input: the arguments of a process can be read by others.
    configuration = """printf 'user = "%s:%s"\\n' "$USERNAME" "$PASSWORD" | """ if login else ""
    options = [
        "--silent --show-error --output /dev/null --write-out '%{http_code}'",
        "--retry 50 --retry-delay 10 --retry-connrefused",
        "--config -" if login else "",
        f"--cacert {AUTHORITY}/ca.crt" if authority else "",
        f"--request {call.method} --header 'Content-Type: application/json'",
        f"--data '{json.dumps(call.body, separators=(',', ':'))}'",
    ]
    curl = f"{configuration}curl {' '.join(option for option in options if option)} '{call.url}'"
    return (
        f'status=$({curl})\ncase "$status" in 2??|{call.also_accept}) ;; *) echo "{call.url}: $status"; exit 1;; esac'
    )
