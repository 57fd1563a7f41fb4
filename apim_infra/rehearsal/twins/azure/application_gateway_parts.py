"""Parts of an Application Gateway: names, ports, listeners, rules, redirects and probes. That a part names one that is there, the machinery checks."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.application_gateway import GATEWAY, LOGS, OWN, POLICY
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.cloud.values import is_mapping, listed

PARTS = (
    "sslCertificates",
    "trustedRootCertificates",
    "frontendIPConfigurations",
    "frontendPorts",
    "backendAddressPools",
    "backendHttpSettingsCollection",
    "httpListeners",
    "probes",
    "redirectConfigurations",
    "requestRoutingRules",
    "rewriteRuleSets",
    "urlPathMaps",
)
MOST_POOLS = 100
LAST_PRIORITY = 20000


def _of(part: Any, *path: str) -> Any:
    """Return what stands at a path of a part, None where nothing does."""
    for name in path:
        part = part.get(name) if is_mapping(part) else None
    return part


def _names(context: Context) -> Iterator[Problem]:
    for kind in PARTS:
        names = Counter(
            str(_of(part, "name")).lower() for part in listed(context.inputs.get(kind)) if _of(part, "name")
        )
        for name in (name for name, count in names.items() if count > 1):
            yield context.problem(
                "DuplicateResourceName",
                f"Resource {context.id} has two child resources with the same name ({name}).",
                kind,
                "give each a name of its own",
                "Logs of Microsoft.Network in public reports of migration tools (2018) and of the Azure cloud controller (2026)",
            )


def _pools(context: Context) -> Iterator[Problem]:
    count = len(listed(context.inputs.get("backendAddressPools")))
    if count > MOST_POOLS:
        yield context.problem(
            "ApplicationGatewayBackendAddressPoolLimitReached",
            "The number of BackendAddressPools exceeds the maximum allowed value. The number of BackendAddressPools is "
            f"{count} and the maximum allowed is {MOST_POOLS}.",
            "backendAddressPools",
            source=LOGS,
        )


def _listeners(context: Context) -> Iterator[Problem]:
    seen: dict[tuple[str, str, str], str] = {}
    for path, listener in context.at("httpListeners[*]"):
        secure, certificate = _of(listener, "protocol") == "Https", _of(listener, "sslCertificate")
        if secure and certificate is None and _of(listener, "sslProfile") is None:
            yield context.problem(
                "ApplicationGatewayHttpsListenerMustReferenceSslCert",
                f"Http Listener {_of(listener, 'name')} uses protocol Https. Ssl Certificate must be specified.",
                f"{path}.sslCertificate",
                source=LOGS,
            )
        if not secure and certificate is not None:
            yield context.warning(
                "BadRequest",
                f"Http Listener {_of(listener, 'name')} uses protocol Http and has a certificate.",
                f"{path}.sslCertificate",
                source=OWN,
            )
        hosts = [str(host).lower() for host in listed(_of(listener, "hostNames"))] or [
            str(_of(listener, "hostName") or "").lower()
        ]
        front, port = (_of(listener, end, "id") for end in ("frontendIPConfiguration", "frontendPort"))
        for host in hosts:
            place = (ids.key(str(front)), ids.key(str(port)), host)
            if place in seen:
                yield context.problem(
                    "ApplicationGatewayHttpListenersUsingSameFrontendPort",
                    f"Two Http Listeners of Application Gateway {context.id} are using the same Frontend Port {port}"
                    f"{f' for {host}' if host else ''}: {seen[place]} and {_of(listener, 'name')}.",
                    f"{path}.frontendPort",
                    "give each a port or a host name of its own",
                    LOGS,
                )
            seen[place] = str(_of(listener, "name"))


def _ports(context: Context) -> Iterator[Problem]:
    ports = Counter(_of(port, "port") for port in listed(context.inputs.get("frontendPorts")))
    for port in (port for port, count in ports.items() if count > 1 and port is not None):
        yield context.warning("BadRequest", f"Two frontend ports are {port:g}.", "frontendPorts", source=OWN)


def _priorities(context: Context) -> Iterator[Problem]:
    given = context.at("requestRoutingRules[*]")
    without = [path for path, rule in given if _of(rule, "priority") is None]
    if without and len(without) < len(given):
        yield context.problem(
            "ApplicationGatewayRequestRoutingRulePartialPriorityDefined",
            "Either all or no rule should have the priority specified.",
            f"{without[0]}.priority",
            source=LOGS,
        )
    elif without:
        yield context.problem(
            "ApplicationGatewayRequestRoutingRulePriorityCannotBeEmpty",
            "All request routing rules should have a priority defined starting from api-version 2021-08-01",
            f"{without[0]}.priority",
            f"give each rule a number of its own, 1 to {LAST_PRIORITY}",
            LOGS,
        )
    priorities = Counter(_of(rule, "priority") for _, rule in given)
    for priority in (each for each, count in priorities.items() if count > 1 and each is not None):
        yield context.warning(
            "BadRequest",
            f"Priority must be unique across all the request routing rules: {priority:g} occurs twice.",
            "requestRoutingRules",
            source="Issue 1487 of Azure's ingress controller for gateways (2024); the code is own knowledge",
        )


def _ways(context: Context) -> Iterator[Problem]:
    """Each rule leads somewhere: to a backend, a redirect or a map of paths; and each listener has one rule."""
    rules = context.at("requestRoutingRules[*]")
    for path, rule in rules:
        redirect, pool = _of(rule, "redirectConfiguration"), _of(rule, "backendAddressPool")
        settings, paths = _of(rule, "backendHttpSettings"), _of(rule, "urlPathMap")
        if redirect is not None and pool is not None:
            yield context.warning(
                "BadRequest",
                f"{_of(rule, 'name')} with RedirectConfiguration cannot reference a BackendAddressPool.",
                f"{path}.backendAddressPool",
                source="Issue 7025 of Bicep (2022), where the message is; the code is own knowledge",
            )
        elif _of(rule, "ruleType") == "Basic" and redirect is None and (pool is None or settings is None):
            yield context.warning(
                "BadRequest",
                f"{_of(rule, 'name')} leads nowhere: it has neither a redirect nor a backend with its settings.",
                path,
                source=OWN,
            )
        if _of(rule, "ruleType") == "PathBasedRouting" and paths is None:
            yield context.warning(
                "BadRequest",
                f"{_of(rule, 'name')} is path based and names no map of paths.",
                f"{path}.urlPathMap",
                source=OWN,
            )
    used = Counter(ids.key(str(_of(rule, "httpListener", "id"))) for _, rule in rules)
    for path, listener in context.at("httpListeners[*]"):
        count = used[ids.key(f"{context.id}/httpListeners/{_of(listener, 'name')}")]
        if count != 1:
            yield context.warning(
                "BadRequest",
                f"The listener {_of(listener, 'name')} has {count} rules; each has exactly one.",
                path,
                source=OWN,
            )


def _redirects(context: Context) -> Iterator[Problem]:
    for path, redirect in context.at("redirectConfigurations[*]"):
        if (_of(redirect, "targetListener") is None) == (_of(redirect, "targetUrl") is None):
            yield context.warning(
                "BadRequest",
                f"The redirect {_of(redirect, 'name')} needs a listener or a URL, one of both.",
                path,
                source=OWN,
            )


def _probes(context: Context) -> Iterator[Problem]:
    for path, probe in context.at("probes[*]"):
        host, picked = _of(probe, "host"), _of(probe, "pickHostNameFromBackendHttpSettings")
        if bool(host) == bool(picked):
            yield context.warning(
                "BadRequest",
                f"The probe {_of(probe, 'name')} needs a host of its own or that of the settings, one of both.",
                f"{path}.host",
                source="azure-docs, application-gateway/application-gateway-probe-overview; the code is own knowledge",
            )
        if host is None and picked:
            yield from _picked(context, path, probe)
        asked = str(_of(probe, "path") or "/")
        if not asked.startswith("/"):
            yield context.warning("BadRequest", f"The path {asked} must start with '/'.", f"{path}.path", source=OWN)


def _picked(context: Context, path: str, probe: Any) -> Iterator[Problem]:
    """Find settings without a host name that a probe would take one from."""
    own = ids.key(f"{context.id}/probes/{_of(probe, 'name')}")
    for _, settings in context.at("backendHttpSettingsCollection[*]"):
        named = _of(settings, "hostName") or _of(settings, "pickHostNameFromBackendAddress")
        if ids.key(str(_of(settings, "probe", "id"))) == own and not named:
            yield context.warning(
                "BadRequest",
                f"The probe {_of(probe, 'name')} takes its host from {_of(settings, 'name')}, which has none.",
                f"{path}.pickHostNameFromBackendHttpSettings",
                source=OWN,
            )


def _policy(context: Context) -> Iterator[Problem]:
    """Own rules of a web application firewall have priorities of their own, 1 to 100."""
    given = context.at("customRules[*].priority")
    for path, priority in given:
        if not 1 <= priority <= 100:
            yield context.warning("BadRequest", f"The priority {priority:g} is not within 1 to 100.", path, source=OWN)
    for priority in (each for each, count in Counter(value for _, value in given).items() if count > 1):
        yield context.warning("BadRequest", f"Two rules have the priority {priority:g}.", "customRules", source=OWN)
    for path, rule in context.at("customRules[*]"):
        if _of(rule, "ruleType") == "RateLimitRule" and _of(rule, "rateLimitThreshold") is None:
            yield context.warning(
                "BadRequest", f"The rule {_of(rule, 'name')} has no limit.", f"{path}.rateLimitThreshold", source=OWN
            )


RULES = {
    GATEWAY: (_names, _pools, _listeners, _ports, _priorities, _ways, _redirects, _probes),
    POLICY: (_policy,),
}
