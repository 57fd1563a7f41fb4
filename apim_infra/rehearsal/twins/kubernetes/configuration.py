"""What the API server checks of configuration, access and extension objects beyond their schemas."""

import base64
import binascii
import itertools
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.kubernetes.faults import duplicate, forbidden, invalid, required, unsupported
from apim_infra.rehearsal.twins.kubernetes.objects import Object, items, name_of, part
from apim_infra.rehearsal.twins.kubernetes.syntax import quantity, subdomain_fault

_LARGEST = 1024 * 1024
_SECRET_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_STANDARD_QUOTAS = frozenset(
    [
        *_COMPUTE,
        *(f"{prefix}.{name}" for prefix in ("requests", "limits") for name in _COMPUTE),
        *("pods", "services", "services.nodeports", "services.loadbalancers", "replicationcontrollers"),
        *("resourcequotas", "secrets", "configmaps", "persistentvolumeclaims", "requests.storage"),
    ]
)


def config_map(manifest: Object) -> Iterator[Problem]:
    """Check a ConfigMap."""
    data: Object = part(manifest, "data")
    binary: Object = part(manifest, "binaryData")
    for key in sorted(data.keys() & binary.keys()):
        yield invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    size = sum(len(str(text).encode()) for text in (*data.values(), *binary.values()))
    if size > _LARGEST:
        yield Problem("Invalid", f"[]: Too long: may not be more than {_LARGEST} bytes", "data", "split it")


def secret(manifest: Object) -> Iterator[Problem]:
    """Check a Secret: the keys that its type needs, and that they hold what it says. Values are never shown."""
    if any(isinstance(manifest.get(field), str) for field in ("data", "stringData")):
        return  # masked as a whole: what is in it cannot be seen
    data: Object = {**part(manifest, "data"), **part(manifest, "stringData")}
    kind = str(manifest.get("type") or "Opaque")
    for key in _SECRET_KEYS.get(kind, ()):
        if key not in data:
            yield required(f"data[{key}]", hint=f"a Secret of type {kind} has this key")
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & data.keys():
        yield required("data[username]", hint="a Secret of type kubernetes.io/basic-auth has username or password")
    if sum(len(str(text)) for text in data.values()) > _LARGEST * 4 // 3:
        yield Problem("Invalid", f"data: Too long: may not be more than {_LARGEST} bytes", "data", "split it")
    if kind == "kubernetes.io/dockerconfigjson" and not _is_docker_config(manifest):
        hint = 'the value is JSON of the form {"auths": {"<registry>": {...}}}'
        yield Problem("Invalid", 'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>"', "data", hint)


def _is_docker_config(manifest: Object) -> bool:
    clear = part(manifest, "stringData").get(".dockerconfigjson")
    encoded = part(manifest, "data").get(".dockerconfigjson")
    if not isinstance(clear or encoded, str):
        return True  # missing (another problem says so) or hidden
    try:
        return isinstance(json.loads(clear or base64.b64decode(str(encoded))), dict)
    except (binascii.Error, ValueError):
        return False


def role(manifest: Object) -> Iterator[Problem]:
    """Check the rules of a Role or ClusterRole."""
    cluster = manifest.get("kind") == "ClusterRole"
    for rule in items(manifest, "rules", ""):
        urls, resources = rule.value.get("nonResourceURLs"), rule.value.get("resources")
        if urls and not cluster:
            yield invalid(f"{rule.path}.nonResourceURLs", urls, "namespaced rules cannot apply to non-resource URLs")
        if urls and (resources or rule.value.get("apiGroups")):
            yield invalid(
                f"{rule.path}.nonResourceURLs",
                urls,
                "rules cannot apply to both regular resources and non-resource URLs",
            )
        if not urls and rule.value.get("apiGroups") is None:
            yield required(
                f"{rule.path}.apiGroups", "resource rules must supply at least one api group", 'the core group is ""'
            )
        if not urls and not resources:
            yield required(f"{rule.path}.resources", "resource rules must supply at least one resource")


def binding(manifest: Object) -> Iterator[Problem]:
    """Check a RoleBinding or ClusterRoleBinding."""
    kind: Any = manifest["roleRef"].get("kind")
    kinds = ["ClusterRole"] if manifest.get("kind") == "ClusterRoleBinding" else ["Role", "ClusterRole"]
    if kind not in kinds:
        yield unsupported("roleRef.kind", kind, kinds)
    for subject in items(manifest, "subjects", ""):
        group, account = subject.value.get("apiGroup"), subject.value.get("kind") == "ServiceAccount"
        if account and not subject.value.get("namespace") and manifest.get("kind") == "ClusterRoleBinding":
            yield required(f"{subject.path}.namespace")
        if account and group:
            yield unsupported(f"{subject.path}.apiGroup", group, [""])
        if not account and group not in {None, "rbac.authorization.k8s.io"}:
            yield unsupported(f"{subject.path}.apiGroup", group, ["rbac.authorization.k8s.io"])


def resource_quota(manifest: Object) -> Iterator[Problem]:
    """Check a ResourceQuota."""
    for name, text in part(manifest, "spec", "hard").items():
        amount = quantity(text)
        path = f"spec.hard[{name}]"
        if amount is not None and amount < 0:
            yield invalid(path, text, "must be greater than or equal to 0")
        if "/" not in name and name not in _STANDARD_QUOTAS and "hugepages-" not in name:
            yield invalid(
                path, name, "must be a standard resource for quota", "see the documentation of resource quotas"
            )


def limit_range(manifest: Object) -> Iterator[Problem]:
    """Check a LimitRange: min <= defaultRequest <= default <= max."""
    kinds: set[str] = set()
    for limit in items(part(manifest, "spec"), "limits", "spec"):
        kind = str(limit.value.get("type"))
        if kind in kinds:
            yield duplicate(f"{limit.path}.type", kind)
        kinds.add(kind)
        if kind == "Pod":
            for field in ("default", "defaultRequest"):
                if limit.value.get(field):
                    yield forbidden(f"{limit.path}.{field}", "may not be specified when `type` is 'Pod'")
        yield from _limit_order(limit.path, limit.value)


def _limit_order(path: str, limit: Object) -> Iterator[Problem]:
    order = ("min", "defaultRequest", "default", "max")
    names = {name for field in order for name in part(limit, field)}
    for name in sorted(names):
        steps: list[tuple[str, Any, Decimal]] = []
        for field in order:
            text = part(limit, field).get(name)
            amount = None if text is None else quantity(text)
            if amount is not None:
                steps.append((field, text, amount))
        for (low_field, low, low_amount), (high_field, high, high_amount) in itertools.pairwise(steps):
            if low_amount > high_amount:
                message = f"{low_field} value {low} is greater than {high_field} value {high}"
                yield invalid(f"{path}.{low_field}[{name}]", low, message)


def custom_resource_definition(manifest: Object) -> Iterator[Problem]:
    """Check a CustomResourceDefinition."""
    spec: Object = manifest["spec"]
    names: Object = part(spec, "names")
    expected = f"{names.get('plural')}.{spec.get('group')}"
    if name_of(manifest) != expected:
        yield invalid(
            "metadata.name", name_of(manifest), 'must be spec.names.plural+"."+spec.group', f"name it {expected}"
        )
    if fault := subdomain_fault(str(spec.get("group"))):
        yield invalid("spec.group", spec.get("group"), fault)
    stored = [version.value.get("name") for version in items(spec, "versions", "spec") if version.value.get("storage")]
    if len(stored) != 1:
        yield invalid("spec.versions", stored, "must have exactly one version marked as storage version")
    for version in items(spec, "versions", "spec"):
        if not part(version.value, "schema").get("openAPIV3Schema"):
            yield required(f"{version.path}.schema.openAPIV3Schema", "schemas are required")
