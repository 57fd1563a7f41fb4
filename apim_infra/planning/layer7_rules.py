"""What is asked of Layer7 and cannot, or must not, be built."""

from collections.abc import Iterator

from apim_infra.products.layer7_parts import clusters, has_grid
from apim_infra.products.profile import available_products, profile
from apim_infra.settings.environment import Cloud, Product
from apim_infra.settings.gateway import Exposure
from apim_infra.settings.layer7 import DataGrid, Layer7Settings, ServiceMetrics
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.settings.violations import Violation


def layer7_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is wrong with the settings of Layer7, and with the engine of the relational store for any product."""
    yield from _engine(settings)
    yield from _rotation(settings)
    if settings.product is not Product.LAYER7:
        if settings.layer7 != Layer7Settings():
            rule = f"is for product layer7, and this one is {settings.product}"
            yield Violation("layer7", _given(settings.layer7), rule, "leave it out, or set product to layer7")
        return
    yield from _license(settings)
    yield from _database(settings)
    yield from _grid(settings)
    yield from _ports(settings)
    layer7 = settings.layer7
    if layer7.metrics is ServiceMetrics.INFLUXDB and not settings.observability.metrics.enabled:
        yield Violation(
            "layer7.metrics",
            layer7.metrics.value,
            "needs Grafana, which is part of the platform's metrics",
            "set observability.metrics.enabled to true, or use none",
        )
    if settings.private_deployment is not None:
        yield Violation(
            "private_deployment",
            settings.private_deployment.domain,
            "is not available for layer7: its settings are those of one deployment",
            "leave it out, and make a stack of its own for the second one",
        )


def _given(layer7: Layer7Settings) -> str:
    """Return the names of the settings that are not the library's own; values may be secrets."""
    usual = Layer7Settings()
    return ", ".join(name for name in Layer7Settings.model_fields if getattr(layer7, name) != getattr(usual, name))


def _engine(settings: StackSettings) -> Iterator[Violation]:
    """Hold the relational store to an engine that the product takes; Azure manages MySQL alone."""
    store = settings.stores.mariadb
    if settings.product not in available_products() or store.mode is not StoreMode.MANAGED:
        return
    allowed = profile(settings.product).database_engines
    if settings.cloud is Cloud.AWS and store.engine not in allowed:
        named = " or ".join(engine.value for engine in allowed)
        rule = f"must be {named}: {settings.product} takes no other engine"
        yield Violation("stores.mariadb.engine", store.engine.value, rule, f"use {named}")


def _rotation(settings: StackSettings) -> Iterator[Violation]:
    """Refuse a password that changes by itself where secrets hold the one of the last deployment: Axway's programs, and the Job of Layer7."""
    days = settings.stores.mariadb.password_rotation_days
    if days is not None and settings.product in (Product.AXWAY, Product.LAYER7):
        yield Violation(
            "stores.mariadb.password_rotation_days",
            days,
            f"must not be set: {settings.product} is given the password of the last deployment",
            "leave it out",
        )


def _license(settings: StackSettings) -> Iterator[Violation]:
    if not settings.layer7.accept_license:
        yield Violation(
            "layer7.accept_license",
            False,
            "must be true: the gateways do not start before the terms of the vendor's licence are accepted",
            "read them, and set it to true",
        )
    if settings.layer7.license is None:
        yield Violation(
            "layer7.license",
            None,
            "must be given: the gateways do not start without a licence",
            "pulumi config set --path --secret layer7.license < license.xml",
        )


def _database(settings: StackSettings) -> Iterator[Violation]:
    layer7, store = settings.layer7, settings.stores.mariadb
    if layer7.external_database is None:
        if store.mode is StoreMode.NONE:
            yield Violation(
                "stores.mariadb.mode",
                store.mode.value,
                "must not be none: the gateways keep their configuration in MySQL",
                "use managed, or give layer7.external_database",
            )
        return
    if store.mode is not StoreMode.NONE:
        yield Violation(
            "stores.mariadb.mode",
            store.mode.value,
            "must be none beside layer7.external_database: the gateways have one database",
            "use none, or leave layer7.external_database out",
        )
    if layer7.token_service:
        yield Violation(
            "layer7.token_service",
            True,
            "needs a database of its own, which nobody makes on a server that is brought along",
            "set it to false, or leave layer7.external_database out",
        )
    if len(clusters(settings)) > 1:
        yield Violation(
            "layer7.external_database",
            layer7.external_database.host,
            "is one database, and there are gateway groups with a database of their own",
            "leave it out, or set database to shared for every group",
        )


def _grid(settings: StackSettings) -> Iterator[Violation]:
    layer7 = settings.layer7
    if layer7.data_grid is DataGrid.EXTERNAL and len(clusters(settings)) > 1:
        yield Violation(
            "layer7.data_grid",
            layer7.data_grid.value,
            "is one grid, and groups with a database of their own would count and keep data with the others",
            "use embedded or in-cluster, or set database to shared for every group",
        )
    members = layer7.data_grid_members
    if not has_grid(settings) and members != Layer7Settings().data_grid_members:
        rule = f"is for data_grid in-cluster, and this one is {layer7.data_grid}"
        yield Violation("layer7.data_grid_members", members, rule, "leave it out, or set data_grid to in-cluster")


def _ports(settings: StackSettings) -> Iterator[Violation]:
    product, groups = profile(Product.LAYER7), {group.name: group for group in settings.gateway_groups}
    taken = {port.port: port.purpose for port in product.ports}
    for position, port in enumerate(settings.layer7.ports):
        path = f"layer7.ports[{position}]"
        if port.port in taken:
            rule = f"is taken by the gateways themselves: {taken[port.port]}"
            yield Violation(f"{path}.port", port.port, rule, "choose another port")
        if port.name in ("https", "http", "management"):
            yield Violation(f"{path}.name", port.name, "is the name of a port of the platform", "choose another name")
        if port.group is not None and port.group not in groups:
            rule = "must be the name of a gateway group"
            yield Violation(f"{path}.group", port.group, rule, f"use {', '.join(groups)}")
        public = port.exposure is Exposure.PUBLIC
        if public and settings.ingress.application_gateway is not None:
            yield Violation(
                f"{path}.exposure",
                port.exposure.value,
                "must be private behind an Application Gateway, which passes on HTTP alone",
                "use private, or leave ingress.application_gateway out",
            )
        balancer = settings.ingress.public if public else settings.ingress.internal
        if not balancer.enabled:
            name = "public" if public else "internal"
            yield Violation(
                f"{path}.exposure",
                port.exposure.value,
                f"needs the {name} load balancer, which is not built",
                f"set ingress.{name}.enabled to true, or change the exposure",
            )
