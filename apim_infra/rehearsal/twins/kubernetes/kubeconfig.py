"""Configuration of the provider: the kubeconfig, and what it tells about the cluster behind it."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

import yaml

from apim_infra.rehearsal.provider import Problem, Properties
from apim_infra.rehearsal.twins.kubernetes.data import load, parse
from apim_infra.rehearsal.twins.kubernetes.faults import nearest
from apim_infra.rehearsal.twins.kubernetes.objects import part
from apim_infra.rehearsal.twins.kubernetes.schema import hidden

_SOURCE = "pulumi-kubernetes, provider configuration"
_EKS_REGION = re.compile(r"https://[^.]+\.[^.]+\.([a-z0-9-]+)\.eks\.amazonaws\.com")
_AKS_REGION = re.compile(r"https://[^/]+\.([a-z0-9]+)\.azmk8s\.io")


def _fail(message: str, hint: str, *, warning: bool = False) -> Problem:
    return Problem("CheckFailure", message, "kubeconfig", hint, _SOURCE, warning=warning)


def parsed(configuration: Properties) -> Mapping[str, Any] | None:
    """Return the kubeconfig, None when there is none or it cannot be read as one."""
    text: Any = configuration.get("kubeconfig")
    if isinstance(text, dict) and not hidden(cast(Any, text)):
        return cast(dict[str, Any], text)
    if not isinstance(text, str) or hidden(text) or _is_path(text):
        return None
    return _document(text)


@lru_cache(maxsize=64)
def _document(text: str) -> Mapping[str, Any] | None:
    """Read a kubeconfig once: every object is asked for the namespace that it names."""
    try:
        document = parse(text)
    except yaml.YAMLError:
        return None
    return cast(dict[str, Any], document) if isinstance(document, dict) else None


def _is_path(text: str) -> bool:
    return "\n" not in text and "{" not in text and ":" not in text


def check(configuration: Properties) -> Iterator[Problem]:
    """Find what is wrong with the configuration of a provider resource. The kubeconfig is never shown."""
    text: Any = configuration.get("kubeconfig")
    if text in (None, ""):
        message = (
            "no kubeconfig is given: the provider takes the machine's own, and would change whatever cluster that names"
        )
        yield _fail(message, "pass the kubeconfig of the cluster", warning=True)
        return
    if hidden(text):
        return
    if isinstance(text, str) and _is_path(text):
        yield _fail("kubeconfig is a path: what is in the file is not rehearsed", "pass the contents", warning=True)
        return
    document = parsed(configuration)
    if document is None:
        yield _fail("failed to parse kubeconfig: it is neither YAML nor JSON of an object", "see kubectl config view")
        return
    yield from _contents(document, configuration)


def _contents(document: Mapping[str, Any], configuration: Properties) -> Iterator[Problem]:
    names = {section: _names(document, section) for section in ("clusters", "contexts", "users")}
    for section in ("clusters", "contexts"):
        if not names[section]:
            yield _fail(f"invalid kubeconfig: it has no {section}", f"add an entry to {section}")
    current: Any = configuration.get("context") or document.get("current-context")
    if not current:
        yield _fail("invalid kubeconfig: no context is chosen", "set current-context, or the provider's context")
    elif names["contexts"] and not hidden(current) and current not in names["contexts"]:
        yield _fail(f'context "{current}" does not exist', nearest(str(current), names["contexts"]))
    for context in _entries(document, "contexts"):
        for field, section in (("cluster", "clusters"), ("user", "users")):
            wanted = part(context, "context").get(field)
            if names[section] and wanted not in names[section] and not hidden(wanted):
                message = f'context "{context.get("name")}" names the {field} "{wanted}", which does not exist'
                yield _fail(message, nearest(str(wanted), names[section]))


def _entries(document: Mapping[str, Any], section: str) -> list[dict[str, Any]]:
    """Return the entries of a section; what is no list of objects has none."""
    entries: Any = document.get(section)
    found = cast(list[Any], entries) if isinstance(entries, list) else []
    return [cast(dict[str, Any], entry) for entry in found if isinstance(entry, dict)]


def _names(document: Mapping[str, Any], section: str) -> list[str]:
    return [str(entry.get("name")) for entry in _entries(document, section)]


def default_namespace(configuration: Properties) -> str:
    """Return the namespace of objects that name none."""
    given: Any = configuration.get("namespace")
    if isinstance(given, str) and given and not hidden(given):
        return given
    document = parsed(configuration) or {}
    current: Any = configuration.get("context") or document.get("current-context")
    for entry in _entries(document, "contexts"):
        if entry.get("name") == current:
            return str(part(entry, "context").get("namespace") or "default")
    return "default"


def cloud(configuration: Properties) -> tuple[str, str]:
    """Return the service that runs the cluster (`eks`, `aks`, or empty) and its region, told by the server's address."""
    for entry in _entries(parsed(configuration) or {}, "clusters"):
        address = str(part(entry, "cluster").get("server", ""))
        host = address.removeprefix("https://").partition("/")[0].partition(":")[0]
        for name, facts in load("builtin.yaml")["clouds"].items():
            if any(host.endswith(ending) for ending in facts["hosts"]):
                match = _EKS_REGION.match(address) or _AKS_REGION.match(address)
                return name, match[1] if match else ""
    return "", ""
