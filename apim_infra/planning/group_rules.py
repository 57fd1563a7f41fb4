"""Rules between gateway groups and what they stand on, and what is to be known of a load that replicas are derived from."""

from collections.abc import Iterator
from functools import partial

from apim_infra.findings import Finding, Severity
from apim_infra.products.groups import DIGEST, own_database
from apim_infra.products.profile import Need, ProductUnavailableError, Profile, profile
from apim_infra.settings.deployments import PRIVATE, Deployment, deployments
from apim_infra.settings.gateway import GatewayGroup, GroupDatabase, GroupMode
from apim_infra.settings.gateway_load import LoadPolicy, measured_range, measurements
from apim_infra.settings.images import ImageSource
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.settings.violations import Violation

LOAD_ESTIMATED = "load-estimated"
"""Name of the rule that warns of replicas that rest on more than what was measured."""

LONGEST_DATABASE = 63
"""Bytes of a name of PostgreSQL (its documentation, identifiers)."""


def group_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what gateway groups of any deployment ask for that cannot be built, or that two of them own."""
    try:
        product = profile(settings.product)
    except ProductUnavailableError:
        return
    for deployment in deployments(settings):
        yield from owner_violations(product, deployment)
        for position, group in enumerate(deployment.settings.gateway_groups):
            path = _path(deployment, position)
            yield from _database(deployment.settings, path, group)
            yield from _image(settings, path, group)
            yield from _sidecar(product, path, group)


def owner_violations(product: Profile, deployment: Deployment) -> Iterator[Violation]:
    """Yield groups whose own keyspaces or databases would have the name of another group's: hyphens become underscores in both."""
    owners: dict[str, str] = {}
    for position, group in enumerate(deployment.settings.gateway_groups):
        path, database = f"{_path(deployment, position)}.name", own_database(product, group)
        for name in (*product.keyspaces(group.name), *([database] if database else [])):
            owner = owners.setdefault(name, path)
            if owner != path:
                rule = f"makes {name}, which {owner} owns already: each group has its own"
                yield Violation(path, group.name, rule, "rename one of the groups")
        if database and len(database) > LONGEST_DATABASE:
            rule = f"makes the database {database}, longer than {LONGEST_DATABASE} characters"
            yield Violation(path, group.name, rule, "shorten the name")


def _path(deployment: Deployment, position: int) -> str:
    prefix = "private_deployment." if deployment.prefix == PRIVATE else ""
    return f"{prefix}gateway_groups[{position}]"


def _database(settings: StackSettings, path: str, group: GatewayGroup) -> Iterator[Violation]:
    if group.database is GroupDatabase.SHARED:
        return
    refused = partial(Violation, f"{path}.database", group.database.value)
    if group.mode is GroupMode.SIDECAR:
        yield refused("has no meaning in mode sidecar, whose gateways have no database", "leave it out")
    elif (
        profile(settings.product).stores["gateway_postgresql"] is not Need.REFUSED
        and settings.stores.gateway_postgresql.mode is not StoreMode.MANAGED
    ):
        mode = settings.stores.gateway_postgresql.mode
        yield refused(
            f"needs a managed gateway_postgresql: the user of one in mode {mode} may make neither users nor databases",
            "set stores.gateway_postgresql.mode to managed, or use shared",
        )


def _image(settings: StackSettings, path: str, group: GatewayGroup) -> Iterator[Violation]:
    tag = group.image_tag or ""
    if tag.startswith(DIGEST) and settings.images.source is ImageSource.PULL_THROUGH_CACHE:
        rule = (
            "must be a tag where images come from a pull-through cache, which does not find a new image by its digest"
        )
        yield Violation(f"{path}.image_tag", tag, rule, "name the tag, or set images.source to upstream")


def _sidecar(product: Profile, path: str, group: GatewayGroup) -> Iterator[Violation]:
    if group.sidecar is None:
        return
    gateway = {port.port: port.name for port in product.ports} | ({group.port: "proxy"} if group.port else {})
    if group.sidecar.port in gateway:
        rule = f"is the port {gateway[group.sidecar.port]} of the gateway in the same pod"
        yield Violation(f"{path}.sidecar.port", group.sidecar.port, rule, "choose another one, such as 8080")


def load_notices(settings: StackSettings) -> Iterator[Finding]:
    """Yield a warning for each group whose replicas are derived from a load beyond what was measured, saying in what."""
    for deployment in deployments(settings):
        for position, group in enumerate(deployment.settings.gateway_groups):
            beyond = list(_beyond(settings, group))
            if beyond:
                yield Finding(
                    Severity.WARNING,
                    LOAD_ESTIMATED,
                    f"{_path(deployment, position)}.load: {group.replicas.max} gateways are an estimate: {'; '.join(beyond)}",
                    fix="measure with a load test of your own, and set replicas to what it shows",
                )


def _beyond(settings: StackSettings, group: GatewayGroup) -> Iterator[str]:
    """Yield in what a group's load goes beyond the measurements."""
    needed, measured = group.needed(), measurements()
    if group.load is None or needed is None:
        return
    _, most = measured_range()
    if settings.product is not measured.measured_with:
        yield f"measured with {measured.measured_with}, not with {settings.product}"
    if group.most_cpu_millicores != measured.cpu_millicores:
        yield f"measured with {measured.cpu_millicores} millicores, taken in proportion for {group.most_cpu_millicores}"
    if needed.maximum > most:
        yield f"measured with {most} gateways at most, continued along the same line"
    elif group.load.policy is not LoadPolicy.PASS_THROUGH and needed.maximum > measured_range()[0]:
        yield f"{group.load.policy} was measured with {measured_range()[0]} gateways, taken to grow like pass-through"
