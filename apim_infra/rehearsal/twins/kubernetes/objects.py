"""Reading Kubernetes objects: pod templates, label selectors, containers."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from apim_infra.rehearsal.provider import UNKNOWN
from apim_infra.rehearsal.values import MASK

Object = Mapping[str, Any]
"""A manifest, or a part of one."""

_TEMPLATES = {
    "/Pod": (),
    "/ReplicationController": ("spec", "template"),
    "apps/Deployment": ("spec", "template"),
    "apps/StatefulSet": ("spec", "template"),
    "apps/DaemonSet": ("spec", "template"),
    "apps/ReplicaSet": ("spec", "template"),
    "batch/Job": ("spec", "template"),
    "batch/CronJob": ("spec", "jobTemplate", "spec", "template"),
}


class Located(NamedTuple):
    """A part of an object and its path."""

    path: str
    value: Any


def part(parent: Object, *fields: str) -> Object:
    """Return the object at a path of fields, empty when it, or one on the way, is not there."""
    value: Any = parent
    for field in fields:
        value = cast(Object, value).get(field)
        if not isinstance(value, dict):
            return {}
    return cast(Object, value)


def metadata(manifest: Object) -> Object:
    """Return the metadata, empty when there is none."""
    return part(manifest, "metadata")


def name_of(manifest: Object) -> str:
    """Return the object's name, empty when it has none."""
    return str(metadata(manifest).get("name") or "")


def labels_of(manifest: Object) -> dict[str, str]:
    """Return the labels."""
    return metadata(manifest).get("labels") or {}


def annotations_of(manifest: Object) -> dict[str, str]:
    """Return the annotations."""
    return metadata(manifest).get("annotations") or {}


def items(parent: Object, field: str, path: str) -> Iterator[Located]:
    """Iterate over a list field with the path of each item; nothing for a field that is not there."""
    prefix = f"{path}.{field}" if path else field
    for index, item in enumerate(parent.get(field) or ()):
        yield Located(f"{prefix}[{index}]", item)


def has_pods(key: str) -> bool:
    """Tell whether objects of a kind (`apps/Deployment`) make pods."""
    return key in _TEMPLATES


def pod_template(key: str, manifest: Object) -> Located | None:
    """Return the pod template of a workload (the pod itself for a Pod), None for another kind."""
    if key not in _TEMPLATES:
        return None
    return Located(".".join(_TEMPLATES[key]), part(manifest, *_TEMPLATES[key]))


def pod_spec(key: str, manifest: Object) -> Located | None:
    """Return the pod specification of a workload, None for another kind."""
    template = pod_template(key, manifest)
    if template is None:
        return None
    return Located(f"{template.path}.spec" if template.path else "spec", part(template.value, "spec"))


def containers(spec: Located) -> Iterator[Located]:
    """Iterate over init containers and containers of a pod specification."""
    yield from items(spec.value, "initContainers", spec.path)
    yield from items(spec.value, "containers", spec.path)


def _expression_matches(expression: Object, labels: Mapping[str, str]) -> bool:
    key, operator, values = expression.get("key", ""), expression.get("operator"), expression.get("values") or ()
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    return (key in labels) is (operator == "Exists")


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """Tell whether a label selector (`matchLabels`, `matchExpressions`) selects labels; an empty one selects all."""
    wanted = part(selector, "matchLabels")
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _expression_matches(expression, labels) for expression in selector.get("matchExpressions") or ()
    )


def select(value: Any, path: str, fields: list[str]) -> Iterator[Located]:
    """Iterate over what is at a path of fields, `name[*]` for every element of a list, with the path of each."""
    if not fields:
        if value is not None and value not in (UNKNOWN, MASK):
            yield Located(path, value)
        return
    field, _, every = fields[0].partition("[")
    if not isinstance(value, dict):
        return
    child = cast(dict[str, Any], value).get(field)
    path = f"{path}.{field}" if path else field
    if not every:
        yield from select(child, path, fields[1:])
    elif isinstance(child, list):
        for index, item in enumerate(cast(list[Any], child)):
            yield from select(item, f"{path}[{index}]", fields[1:])
