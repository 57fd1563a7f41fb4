"""Helm values of Tyk's pump, which takes analytics out of Redis and sends them to the sinks of every team.

What takes a record out of Redis removes it, so that all sinks of one Redis are served by one program; each has a filter of its own.
"""

from collections.abc import Iterator
from typing import Any, Literal

from apim_infra.products import tyk_values as common
from apim_infra.products.plans import Access
from apim_infra.products.profile import ROLE_LABEL
from apim_infra.products.tyk import (
    NAME,
    PUMP_SECRET,
    has_dashboard,
    has_database,
    has_endpoint,
    has_remote,
    organisation_id,
)
from apim_infra.products.tyk_data import Sink, releases, sinks
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.tyk import TykPump, TykSink

METRICS_PORT = 9090
HEALTH_PORT = 8083
BY_VALUES = (TykSink.PROMETHEUS, TykSink.POSTGRESQL)
"""Sinks that the chart has values for."""


def pump_values(settings: StackSettings, access: Access) -> dict[str, Any]:
    """Return the values of chart `tyk-pump`; its objects are called `pump-tyk`."""
    data = releases()
    volumes, mounts = common.authority_volumes(settings)
    store = common.postgresql() if has_database(settings) else common.unused_stores("mongo", "postgres")
    return {
        "fullnameOverride": NAME,
        "global": {
            **common.registry(),
            "redis": common.redis(settings, access),
            **store,
            **common.remote(settings),
        },
        "pump": {
            "image": common.image("pump"),
            "replicaCount": settings.tyk.pump_replicas,
            "backend": list(_backends(settings)),
            "uptimePumpBackend": "postgres" if has_dashboard(settings) else "",
            "containerPort": METRICS_PORT,
            "healthCheckService": {"enabled": True, "type": "ClusterIP", "path": "hello", "port": HEALTH_PORT},
            "prometheusPump": {
                "path": "/metrics",
                "prometheusOperator": {"enabled": settings.observability.metrics.enabled},
            },
            "resources": common.size(data.pump),
            "podLabels": {ROLE_LABEL: "gateway"},
            **common.scheduling(access, "user"),
            **common.apart({"app": f"pump-{NAME}"}),
            "securityContext": common.pod_security(),
            "containerSecurityContext": common.container_security(),
            "extraEnvs": [*common.authority_environment(), *_sinks(settings)],
            "extraVolumes": volumes,
            "extraVolumeMounts": mounts,
        },
    }


def _backends(settings: StackSettings) -> Iterator[str]:
    if has_endpoint(settings):
        yield "prometheus"
    if has_remote(settings):
        yield "hybrid"
    if has_database(settings):
        yield "postgres"


def _sinks(settings: StackSettings) -> Iterator[dict[str, Any]]:
    """Yield what every pump is told, by variables whose names begin with its own."""
    for pump in settings.tyk.pumps:
        sink = sinks()[pump.sink]
        prefix = f"TYK_PMP_PUMPS_{_word(pump)}"
        if pump.sink not in BY_VALUES:
            yield {"name": f"{prefix}_TYPE", "value": sink.type}
            for variable, value in _told(pump, sink).items():
                yield {"name": f"{prefix}_META_{variable}", "value": value}
            if sink.secret and pump.secret is not None:
                from_secret = {"secretKeyRef": {"name": PUMP_SECRET, "key": pump.name}}
                yield {"name": f"{prefix}_META_{sink.secret}", "valueFrom": from_secret}
        for organisation in settings.tyk.organisations:
            if organisation.name == pump.organisation:
                for word in _filtered(pump):
                    name = f"TYK_PMP_PUMPS_{word}_FILTERS_ORGSIDS"
                    yield {"name": name, "value": organisation_id(settings, organisation)}
        if pump.apis:
            for word in _filtered(pump):
                yield {"name": f"TYK_PMP_PUMPS_{word}_FILTERS_APIIDS", "value": ",".join(pump.apis)}


def _word(pump: TykPump) -> str:
    return pump.name.upper().replace("-", "")


def _filtered(pump: TykPump) -> tuple[str, ...]:
    """Return the words of the pumps that the filter of one holds for: the chart names its own."""
    if pump.sink is TykSink.PROMETHEUS:
        return ("PROMETHEUS",)
    return ("SQL", "SQLAGGREGATE") if pump.sink is TykSink.POSTGRESQL else (_word(pump),)


def _told(pump: TykPump, sink: Sink) -> dict[str, str]:
    place = {"address": pump.address or "", "port": pump.port or sink.port or "", "folder": common.SCRATCH}
    fixed = {variable: text.format(**place) for variable, text in sink.fixed.items()}
    return fixed | {sink.settings[key]: value for key, value in pump.settings.items()}


def sink_ports(
    settings: StackSettings, *, inside: bool, protocol: Literal["tcp", "udp"]
) -> tuple[tuple[int, int], ...]:
    """Return the ports that pumps open connections to, as first and last: those inside, or those on the internet."""
    found = {
        pump.port or sinks()[pump.sink].port
        for pump in settings.tyk.pumps
        if pump.inside is inside and sinks()[pump.sink].protocol == protocol
    }
    return tuple((port, port) for port in sorted(port for port in found if port is not None))
