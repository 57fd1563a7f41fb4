"""Rules of what runs in the cluster: guarded namespaces, pinned images, restricted pods."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from pulumi_policy import PolicyResource, ResourceValidationArgs
from pulumi_policy.proxy import UnknownValueError

from policies.rule import Properties, group, items, resource_rule, stack_rule

NAMESPACE = "kubernetes:core/v1:Namespace"
QUOTA = "kubernetes:core/v1:ResourceQuota"
LIMIT_RANGE = "kubernetes:core/v1:LimitRange"
NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
RELEASE = "kubernetes:helm.sh/v3:Release"
POD = "kubernetes:core/v1:Pod"
WORKLOADS = (
    "kubernetes:apps/v1:Deployment",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:apps/v1:DaemonSet",
    "kubernetes:batch/v1:Job",
    "kubernetes:batch/v1:CronJob",
    POD,
)
SYSTEM_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
EXACT_VERSION = re.compile(r"v?\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?")


def pod_spec(type_: str, props: Properties) -> Properties:
    """Return the pod specification of a workload."""
    spec = group(props, "spec")
    if type_ == POD:
        return spec
    if type_.endswith(":CronJob"):
        spec = group(group(spec, "jobTemplate"), "spec")
    return group(group(spec, "template"), "spec")


def _containers(args: ResourceValidationArgs) -> list[Any]:
    spec = pod_spec(args.resource_type, args.props)
    return [*items(spec, "initContainers"), *items(spec, "containers")]


def image_is_pinned(image: str) -> bool:
    """Tell whether an image has a digest or a tag other than `latest`."""
    if "@sha256:" in image:
        return True
    tag = image.rpartition("/")[2].partition(":")[2]
    return tag not in ("", "latest")


def _images_pinned(args: ResourceValidationArgs) -> Iterator[str]:
    if args.resource_type == RELEASE:
        # A chart in a folder of the project carries its version in its own Chart.yaml.
        local = str(args.props.get("chart", "")).startswith((".", "/")) and not args.props.get("version")
        if not local and not EXACT_VERSION.fullmatch(str(args.props.get("version") or "")):
            yield f"version {args.props.get('version')!r} of chart {args.props.get('chart')!r} is not exact"
        yield from _latest_tags(args.props.get("values") or {}, "values")
        return
    for container in _containers(args):
        if not image_is_pinned(str(container.get("image", ""))):
            yield f"image {container.get('image')!r} of container {container.get('name')!r} has no tag, or 'latest'"


def _latest_tags(value: Any, path: str) -> Iterator[str]:
    """Yield every `tag` in chart values that is `latest`."""
    if isinstance(value, Mapping):
        group_of_values = cast("Mapping[str, Any]", value)
        for key in group_of_values:
            try:
                item = group_of_values[key]
            except UnknownValueError:
                if key == "tag":
                    raise
                continue  # an address that is known once its resource is there is no tag
            if key == "tag" and item == "latest":
                yield f"{path}.tag is 'latest'"
            yield from _latest_tags(item, f"{path}.{key}")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, item in enumerate(cast("Sequence[Any]", value)):
            yield from _latest_tags(item, f"{path}[{index}]")


def _pods_restricted(args: ResourceValidationArgs) -> Iterator[str]:
    spec = pod_spec(args.resource_type, args.props)
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield f"{key} is true: the pod shares the node's own"
    pod = group(spec, "securityContext")
    for container in _containers(args):
        own, name = group(container, "securityContext"), container.get("name")
        if own.get("privileged"):
            yield f"container {name!r} is privileged"
        if own.get("allowPrivilegeEscalation") is not False:
            yield f"container {name!r}: allowPrivilegeEscalation is not false"
        if not (own.get("runAsNonRoot") or (own.get("runAsNonRoot") is None and pod.get("runAsNonRoot"))):
            yield f"container {name!r}: runAsNonRoot is not true"
        if "ALL" not in items(group(own, "capabilities"), "drop"):
            yield f"container {name!r}: capabilities.drop does not name ALL"


def _namespaces_guarded(resources: list[PolicyResource]) -> Iterable[tuple[PolicyResource, str]]:
    inside = {
        kind: {_namespace_of(resource) for resource in resources if resource.resource_type == kind}
        for kind in (QUOTA, LIMIT_RANGE)
    }
    denied = {
        _namespace_of(resource)
        for resource in resources
        if resource.resource_type == NETWORK_POLICY and _denies_by_default(group(resource.props, "spec"))
    }
    for namespace in resources:
        if namespace.resource_type != NAMESPACE:
            continue
        name = group(namespace.props, "metadata").get("name")
        # In a preview of a cluster that is not there yet nothing is known of what is in it; the update is held to the rule.
        if name is None or name in SYSTEM_NAMESPACES:
            continue
        if name not in inside[QUOTA]:
            yield namespace, f"namespace {name!r} has no ResourceQuota"
        if name not in inside[LIMIT_RANGE]:
            yield (
                namespace,
                f"namespace {name!r} has no LimitRange: containers without requests are refused by its quota",
            )
        if name not in denied:
            yield namespace, f"namespace {name!r} has no NetworkPolicy that denies by default"


def _namespace_of(resource: PolicyResource) -> Any:
    return group(resource.props, "metadata").get("namespace")


def _denies_by_default(spec: Properties) -> bool:
    return (
        not group(spec, "podSelector")
        and {"Ingress", "Egress"} <= set(items(spec, "policyTypes"))
        and not items(spec, "ingress")
        and not items(spec, "egress")
    )


KUBERNETES_POLICIES = (
    stack_rule(
        "namespace-guarded",
        "Every namespace of the platform has a quota, defaults for containers and denies traffic by default.",
        _namespaces_guarded,
        fix="Make namespaces with components.kubernetes.namespace.Namespace.",
    ),
    resource_rule(
        "image-pinned",
        "Images have an exact tag or digest, charts an exact version.",
        (*WORKLOADS, RELEASE),
        _images_pinned,
        fix="Give the image a tag or digest and the chart a version.",
    ),
    resource_rule(
        "pod-restricted",
        "Pods run without privileges, as the restricted Pod Security Standard asks.",
        WORKLOADS,
        _pods_restricted,
        fix="Set runAsNonRoot, allowPrivilegeEscalation: false and drop ALL capabilities.",
    ),
)
