"""Functions of the provider that a program may call."""

from typing import TYPE_CHECKING, Any, cast

import yaml

from apim_infra.rehearsal.provider import Problem, Properties, RejectedError
from apim_infra.rehearsal.twins.kubernetes.data import parse_all

if TYPE_CHECKING:
    from apim_infra.rehearsal.twins.kubernetes.helm import Helm


def answer(token: str, arguments: Properties, namespace: str, helm: "Helm") -> Properties:
    """Answer a function. Raises RejectedError for one that cannot be rehearsed."""
    if token == "kubernetes:yaml:decode":  # noqa: S105 - a function's name
        return {"result": _decode(arguments, namespace)}
    if token == "kubernetes:helm:template":  # noqa: S105 - a function's name
        return {"result": helm.template(arguments)}
    hint = "use resources of the SDK, or helm.sh/v3 Release"
    raise RejectedError([Problem("CheckFailure", f"{token} cannot be rehearsed", "", hint, "Kubernetes twin")])


def _decode(arguments: Properties, namespace: str) -> list[Any]:
    try:
        documents = parse_all(str(arguments.get("text", "")))
    except yaml.YAMLError as error:
        message = f"failed to decode YAML: {' '.join(str(error).split())}"
        raise RejectedError([Problem("CheckFailure", message, "text", "", "pulumi-kubernetes, yaml:decode")]) from error
    place = str(arguments.get("defaultNamespace") or namespace)
    flat = [item for document in documents for item in _flattened(document)]
    for manifest in flat:
        manifest.setdefault("metadata", {}).setdefault("namespace", place)
    return flat


def _flattened(document: Any) -> list[dict[str, Any]]:
    fields = cast(dict[str, Any], document) if isinstance(document, dict) else {}
    if str(fields.get("kind", "")).endswith("List") and isinstance(fields.get("items"), list):
        return [item for entry in cast(list[Any], fields["items"]) for item in _flattened(entry)]
    return [fields] if fields else []
