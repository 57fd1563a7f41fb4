"""Jobs that tell a running service something over HTTP, once it is up."""

import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.data import load
from components.kubernetes.helm_release import ADDONS
from components.kubernetes.pods import Placement, resources, restricted_container, restricted_pod, scheduling

AUTHORITY = "/authority"
DEADLINE_SECONDS = 900
"""How long a Job tries: a store that starts for the first time pulls its image and binds its volume before it answers."""


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One call, such that repeating it changes nothing."""

    method: str
    url: str
    body: Mapping[str, Any]
    """Sent as JSON; no secret, since the Job shows it."""
    also_accept: int = 200
    """A status that is fine beside the successful ones."""


@dataclass(frozen=True, slots=True)
class Login:
    """User and password of the calls."""

    user: str
    secret: str
    """Name of the Kubernetes secret with the password."""
    key: str
    """Key of the password in the secret."""


def digest(calls: Sequence[HttpCall]) -> str:
    """Return eight characters that change with the calls: a Job cannot be changed, only followed by another."""
    text = json.dumps([asdict(call) for call in calls], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def http_job(
    resource: str,
    job: str,
    namespace: pulumi.Input[str],
    calls: Sequence[HttpCall],
    placement: Placement,
    *,
    opts: pulumi.ResourceOptions,
    login: Login | None = None,
    authority_secret: str = "",
    verify: bool = True,
    labels: Mapping[str, str] | None = None,
) -> k8s.batch.v1.Job:
    """Make a Job that calls in order, each until it succeeds; it fails after `DEADLINE_SECONDS`.

    `job` is its name, with the `digest` of the calls in it; `authority_secret` holds the `ca.crt` that https servers are verified by.
    """
    image = load(ADDONS)["images"]["curl"]
    options = [
        f"--cacert {AUTHORITY}/ca.crt" if authority_secret else "",
        "" if verify else "--insecure",
        "--config -" if login else "",
    ]
    script = "\n".join(_command(call, [option for option in options if option], login is not None) for call in calls)
    container: dict[str, Any] = {
        "name": "curl",
        "image": image["image"],
        "command": ["/bin/sh", "-euc", script],
        "resources": resources(image["size"]),
        "securityContext": restricted_container(),
        "env": _environment(login) if login else [],
        "volumeMounts": [{"name": "authority", "mountPath": AUTHORITY, "readOnly": True}] if authority_secret else [],
    }
    pod: dict[str, Any] = {
        **scheduling(placement),
        "restartPolicy": "OnFailure",
        "automountServiceAccountToken": False,
        "securityContext": restricted_pod(user=image["user"]),
        "containers": [container],
        "volumes": [{"name": "authority", "secret": {"secretName": authority_secret}}] if authority_secret else [],
    }
    all_labels = {"app.kubernetes.io/name": job, **(labels or {})}
    spec: Any = {
        "backoffLimit": 6,
        "activeDeadlineSeconds": DEADLINE_SECONDS,
        "template": {"metadata": {"labels": all_labels}, "spec": pod},
    }
    # Longer than the Job itself takes to give up, so that its own error is seen.
    timeouts = pulumi.CustomTimeouts(create=f"{DEADLINE_SECONDS + 60}s", update=f"{DEADLINE_SECONDS + 60}s")
    return k8s.batch.v1.Job(
        resource,
        metadata=k8s.meta.v1.ObjectMetaArgs(name=job, namespace=namespace, labels=all_labels),
        spec=spec,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(custom_timeouts=timeouts)),
    )


def _environment(login: Login) -> list[dict[str, Any]]:
    return [
        {"name": "USERNAME", "value": login.user},
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": login.secret, "key": login.key}}},
    ]


def _command(call: HttpCall, options: Sequence[str], login: bool) -> str:
    # The password goes in by standard input: the arguments of a process can be read by others on its node.
    password = """printf 'user = "%s:%s"\\n' "$USERNAME" "$PASSWORD" | """ if login else ""
    curl = " ".join(
        [
            "curl --silent --show-error --output /dev/null --write-out '%{http_code}'",
            f"--retry {DEADLINE_SECONDS // 10 - 10} --retry-delay 10 --retry-all-errors",
            *options,
            f"--request {call.method} --header 'Content-Type: application/json'",
            f"--data {shlex.quote(json.dumps(call.body, separators=(',', ':')))}",
            f"'{call.url}'",
        ]
    )
    return (
        f"status=$({password}{curl})\n"
        f'case "$status" in 2??|{call.also_accept}) ;; *) echo "{call.url}: $status"; exit 1;; esac'
    )
