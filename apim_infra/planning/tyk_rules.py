"""Rules of Tyk: what a pattern needs, and what makes no sense with it."""

from collections.abc import Iterator

from apim_infra.planning.flows import EVERYWHERE
from apim_infra.products.tyk import PORTAL, has_dashboard, has_database, has_gateways, has_remote, programs
from apim_infra.products.tyk_data import sinks
from apim_infra.settings.environment import Product, Tier
from apim_infra.settings.gateway import Exposure
from apim_infra.settings.ingress import IngressController
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.settings.tyk import TykPattern, TykPump, TykSettings, TykSink
from apim_infra.settings.violations import MASK, Violation

CHART_PUMPS = frozenset({"PROMETHEUS", "HYBRID", "SQL", "SQLAGGREGATE"})
"""Names of pumps that the chart uses itself."""


def tyk_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is wrong with the settings of Tyk, or that they are there for another product."""
    if settings.product is not Product.TYK:
        if settings.tyk != TykSettings():
            yield Violation("tyk", None, f"has no effect on product {settings.product}", "remove it")
        return
    yield from _stores(settings)
    yield from _private(settings)
    yield from _licences(settings)
    yield from _organisations(settings)
    yield from _remote(settings)
    yield from _mdcb(settings)
    yield from _cloud(settings)
    yield from _tags(settings)
    yield from _hosts(settings)
    for position, pump in enumerate(settings.tyk.pumps):
        yield from _pump(settings, f"tyk.pumps[{position}]", pump, settings.tyk.pumps[:position])


def _stores(settings: StackSettings) -> Iterator[Violation]:
    pattern, stores = settings.tyk.pattern, settings.stores
    redis, database = stores.redis.mode, stores.gateway_postgresql.mode
    if has_gateways(settings) and redis is StoreMode.NONE:
        yield Violation(
            "stores.redis.mode",
            redis.value,
            "must not be none: gateways keep keys, counters and analytics in it",
            "use managed",
        )
    if not has_gateways(settings) and redis is not StoreMode.NONE:
        yield Violation("stores.redis.mode", redis.value, f"has no user with pattern {pattern}", "use none")
    if has_database(settings) and database is not StoreMode.MANAGED:
        yield Violation(
            "stores.gateway_postgresql.mode",
            database.value,
            "must be managed: a Job makes databases and roles in it, which the owner of one in the cluster may not",
            "use managed",
        )
    if not has_database(settings) and database is not StoreMode.NONE:
        yield Violation(
            "stores.gateway_postgresql.mode",
            database.value,
            f"has no user with pattern {pattern}: gateways keep their state in Redis",
            "use none, or send analytics to it: tyk.pumps with sink postgresql",
        )
    if has_database(settings) and stores.gateway_postgresql.password_rotation_days is not None:
        yield Violation(
            "stores.gateway_postgresql.password_rotation_days",
            stores.gateway_postgresql.password_rotation_days,
            "must be absent: the Job that makes databases and roles knows the first password alone",
            "leave it out; the roles of the programs have passwords of their own",
        )
    control_plane = pattern is TykPattern.CONTROL_PLANE
    if control_plane and settings.tyk.database_authority is not None and redis is StoreMode.IN_CLUSTER:
        rule = "must be managed with tyk.database_authority: the chart of MDCB mounts authorities beside a Redis that speaks TLS alone"
        yield Violation("stores.redis.mode", redis.value, rule, "use managed")
    if settings.tyk.database_authority is not None and not has_database(settings):
        yield Violation("tyk.database_authority", None, "has no effect without PostgreSQL", "leave it out")


def _private(settings: StackSettings) -> Iterator[Violation]:
    pattern = settings.tyk.pattern
    if settings.private_deployment is not None and pattern not in (TykPattern.MINIMAL,):
        yield Violation(
            "private_deployment",
            None,
            f"is not available with pattern {pattern}: both deployments would have the same organisations, hosts and licences",
            "use pattern minimal, or give the second deployment a stack of its own",
        )


def _licences(settings: StackSettings) -> Iterator[Violation]:
    tyk = settings.tyk
    licences = tyk.licences
    portals = any(each.portal_host for each in tyk.organisations)
    wanted = {
        "dashboard": (has_dashboard(settings), licences.dashboard, f"pattern {tyk.pattern} runs the dashboard"),
        "mdcb": (tyk.pattern is TykPattern.CONTROL_PLANE, licences.mdcb, "pattern control-plane runs MDCB"),
        "portal": (has_dashboard(settings) and portals, licences.portal, "an organisation has a portal"),
    }
    for name, (needed, given, why) in wanted.items():
        path = f"tyk.licences.{name}"
        if needed and given is None:
            fix = f"set it: pulumi config set --path --secret apim:{path}"
            yield Violation(path, None, f"is needed: {why}", fix)
        if not needed and given is not None:
            yield Violation(path, MASK, f"has no effect with pattern {tyk.pattern}", "remove it")


def _organisations(settings: StackSettings) -> Iterator[Violation]:
    tyk = settings.tyk
    if has_dashboard(settings) and not tyk.organisations:
        yield Violation(
            "tyk.organisations",
            None,
            "must name one organisation at least: APIs and users belong to one",
            "add one, such as {name: default, administrator: apim@example.com}",
        )
    if not has_dashboard(settings) and tyk.organisations:
        names = ", ".join(each.name for each in tyk.organisations)
        rule = f"have no effect with pattern {tyk.pattern}: there is no dashboard to hold them"
        fix = "remove them, or use pattern high-availability or control-plane"
        yield Violation("tyk.organisations", names, rule, fix)


def _remote(settings: StackSettings) -> Iterator[Violation]:
    tyk = settings.tyk
    if not has_remote(settings):
        if tyk.remote is not None:
            rule = f"has no effect with pattern {tyk.pattern}: its gateways are managed from here"
            yield Violation("tyk.remote", tyk.remote.address, rule, "remove it, or use pattern data-plane or hybrid")
        return
    if tyk.remote is None:
        yield Violation(
            "tyk.remote",
            None,
            f"is needed: pattern {tyk.pattern} has its control plane elsewhere",
            "give its address, organisation_id and key",
        )
    elif tyk.pattern is TykPattern.HYBRID and tyk.remote.inside:
        rule = "must be false with pattern hybrid: the vendor's control plane is on the internet"
        yield Violation("tyk.remote.inside", True, rule, "leave it out, or use pattern data-plane")


def _mdcb(settings: StackSettings) -> Iterator[Violation]:
    if settings.tyk.pattern is not TykPattern.CONTROL_PLANE:
        return
    ingress = settings.ingress
    if ingress.controller is not IngressController.ENVOY_GATEWAY:
        rule = "must be envoy-gateway with pattern control-plane: connections of data planes are passed on to MDCB unopened"
        yield Violation("ingress.controller", ingress.controller.value, rule, "use envoy-gateway")
    public = settings.tyk.mdcb.exposure is Exposure.PUBLIC
    name, balancer = ("public", ingress.public) if public else ("internal", ingress.internal)
    if not balancer.enabled:
        rule = f"needs the {name} load balancer, which is not built"
        fix = f"set ingress.{name}.enabled to true, or change the exposure"
        yield Violation("tyk.mdcb.exposure", settings.tyk.mdcb.exposure.value, rule, fix)
    if public and EVERYWHERE in ingress.public.source_cidrs:
        yield Violation(
            "ingress.public.source_cidrs",
            EVERYWHERE,
            "must name the data planes and the users of this load balancer: MDCB behind it hands out keys",
            "list their ranges, or set tyk.mdcb.exposure to private",
        )
    if public and ingress.application_gateway is not None:
        rule = "must be private with ingress.application_gateway, which ends TLS itself and takes HTTP alone"
        yield Violation("tyk.mdcb.exposure", "public", rule, "set it to private")


def _cloud(settings: StackSettings) -> Iterator[Violation]:
    tyk = settings.tyk
    if tyk.pattern is not TykPattern.CLOUD:
        if tyk.cloud is not None:
            yield Violation("tyk.cloud", None, f"has no effect with pattern {tyk.pattern}", "remove it")
        return
    if tyk.cloud is None:
        rule = "is needed: it says which services the gateways of the vendor reach"
        yield Violation("tyk.cloud", None, rule, "list them in tyk.cloud.upstreams")
    if settings.gateway_groups:
        names = ", ".join(group.name for group in settings.gateway_groups)
        rule = "must be empty with pattern cloud: the vendor runs the gateways"
        yield Violation("gateway_groups", names, rule, "set it to []")
    if not settings.ingress.public.enabled:
        rule = "must be true with pattern cloud: the vendor's gateways come from the internet"
        yield Violation("ingress.public.enabled", False, rule, "set it to true")
    elif EVERYWHERE in settings.ingress.public.source_cidrs:
        rule = "must name the addresses of the vendor's gateways: services behind them are open to everybody otherwise"
        yield Violation("ingress.public.source_cidrs", EVERYWHERE, rule, "list the addresses that the vendor names")
    ports: dict[str, int] = {}
    for position, upstream in enumerate(tyk.cloud.upstreams if tyk.cloud else ()):
        if ports.setdefault(upstream.service, upstream.port) != upstream.port:
            rule = f"must be {ports[upstream.service]} as for the same service before"
            yield Violation(f"tyk.cloud.upstreams[{position}].port", upstream.port, rule, "give one port for a service")
        if upstream.host == settings.ingress.public.hosts.api:
            rule = "must differ from ingress.public.hosts.api, the host of the vendor's gateways"
            yield Violation(f"tyk.cloud.upstreams[{position}].host", upstream.host, rule, "use another label")
    if tyk.pumps:
        rule = "have no effect with pattern cloud: the vendor has the analytics"
        yield Violation("tyk.pumps", ", ".join(pump.name for pump in tyk.pumps), rule, "remove them")


def _tags(settings: StackSettings) -> Iterator[Violation]:
    groups = settings.gateway_groups
    if not any(group.tags for group in groups):
        return
    if settings.tyk.pattern is TykPattern.MINIMAL:
        for position, group in enumerate(groups):
            if group.tags:
                rule = "have no effect with pattern minimal: gateways load every API in their files"
                fix = "remove them, or use a pattern with a control plane"
                yield Violation(f"gateway_groups[{position}].tags", ", ".join(group.tags), rule, fix)
        return
    if has_dashboard(settings) and all(group.tags for group in groups):
        yield Violation(
            "gateway_groups",
            ", ".join(group.name for group in groups),
            "must hold one group without tags: the dashboard makes keys through gateways that know every API",
            "add a private group without tags",
        )
    for position, group in enumerate(groups):
        if not group.tags and group.exposure is Exposure.PUBLIC:
            yield Violation(
                f"gateway_groups[{position}].exposure",
                group.exposure.value,
                "must be private: a group without tags loads every API, those too that are tagged for inside",
                "set it to private, or give the group tags",
            )


def _hosts(settings: StackSettings) -> Iterator[Violation]:
    """Hold the hosts of the programs apart, and from those of the load balancers."""
    taken = {settings.ingress.public.hosts.api: "ingress.public.hosts.api"} if has_gateways(settings) else {}
    positions = {f"{PORTAL}-{each.name}": position for position, each in enumerate(settings.tyk.organisations)}
    paths = {"dashboard": "tyk.dashboard_host", "mdcb": "tyk.mdcb.host"}
    paths |= {name: f"tyk.organisations[{position}].portal_host" for name, position in positions.items()}
    for program in programs(settings):
        path = paths[program.name]
        if program.host in taken:
            yield Violation(
                path, program.host, f"must differ from {taken[program.host]}", "give each host its own label"
            )
        taken.setdefault(program.host, path)


def _pump(settings: StackSettings, path: str, pump: TykPump, before: list[TykPump]) -> Iterator[Violation]:
    word = pump.name.upper().replace("-", "")
    if word in CHART_PUMPS or word in {each.name.upper().replace("-", "") for each in before}:
        yield Violation(f"{path}.name", pump.name, "becomes the name of another pump", "rename it")
    yield from _sink(path, pump)
    if pump.sink is TykSink.CSV and settings.tier is Tier.PRD:
        rule = "must not be csv in prd: files are gone with their pod"
        yield Violation(f"{path}.sink", pump.sink.value, rule, "use another sink")
    if pump.sink in (TykSink.PROMETHEUS, TykSink.POSTGRESQL) and any(each.sink is pump.sink for each in before):
        rule = "is there already: all pumps share one endpoint, and one database"
        yield Violation(f"{path}.sink", pump.sink.value, rule, "remove it")
    if pump.sink is TykSink.POSTGRESQL and has_dashboard(settings):
        rule = "is there already: the dashboard shows its analytics from PostgreSQL"
        yield Violation(f"{path}.sink", pump.sink.value, rule, "remove it")


def _sink(path: str, pump: TykPump) -> Iterator[Violation]:
    """Yield what a sink needs and is not told, and what it is told and does not know."""
    sink = sinks()[pump.sink]
    if sink.address == "required" and pump.address is None:
        yield Violation(f"{path}.address", None, f"is needed by sink {pump.sink}", "give its name")
    if sink.address == "none" and pump.address is not None:
        fix = "put it into the connection string, the secret" if sink.secret else "leave it out"
        yield Violation(f"{path}.address", pump.address, f"has no meaning for sink {pump.sink}", fix)
    for key in sorted(set(sink.required) - pump.settings.keys()):
        yield Violation(f"{path}.settings.{key}", None, f"is needed by sink {pump.sink}", "set it")
    for key in sorted(pump.settings.keys() - sink.settings.keys()):
        fix = f"use {', '.join(sink.settings)}" if sink.settings else "leave it out: the sink takes no settings"
        yield Violation(f"{path}.settings.{key}", pump.settings[key], f"is not known to sink {pump.sink}", fix)
    if sink.secret_required and pump.secret is None:
        yield Violation(f"{path}.secret", None, f"is needed by sink {pump.sink}", "set it as a secret of the stack")
    if sink.secret is None and pump.secret is not None:
        yield Violation(f"{path}.secret", MASK, f"has no meaning for sink {pump.sink}", "remove it")
    if sink.protocol is None and (pump.port is not None or pump.inside):
        yield Violation(f"{path}.port", pump.port, f"has no meaning for sink {pump.sink}", "leave port and inside out")
