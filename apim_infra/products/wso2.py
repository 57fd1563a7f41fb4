"""The plan of WSO2 API Manager: secrets, certificates, databases, then the programs, then the gateways of each group."""

from apim_infra.products.plans import (
    Access,
    BudgetPlan,
    CertificatePlan,
    Composed,
    Generated,
    ProductPlan,
    ReleasePlan,
    SecretPlan,
)
from apim_infra.products.profile import BACKEND_CERTIFICATE, Chart, Profile, Program, profile
from apim_infra.products.wso2_databases import ADMINISTRATOR_PASSWORD, JOB, databases_job
from apim_infra.products.wso2_values import (
    ADMINISTRATOR,
    APIM_DATABASE,
    CONTROL_PLANE,
    COUNTERS,
    ENCRYPTION,
    KEY_MANAGER,
    KEYSTORE,
    POD_LABEL,
    SECRET,
    SHARED_DATABASE,
    SIGNING_CERTIFICATE,
    TRAFFIC_MANAGER,
    Nodes,
    gateway_values,
    program_values,
)
from apim_infra.settings.environment import Product
from apim_infra.settings.stack import StackSettings

CHARTS = {CONTROL_PLANE: "wso2am-acp", TRAFFIC_MANAGER: "wso2am-tm", KEY_MANAGER: "wso2am-km"}
"""Release of a program to its chart, which has the version of the gateways' own."""
START_SECONDS = 1200
"""Bound of an installation: nodes of one program start one after the other, each in up to six minutes, and updates need the same again."""
_HOME = "/home/wso2carbon/wso2am-acp-{version}"
"""Folder of the product in the control plane's image."""


def programs(settings: StackSettings) -> tuple[Program, ...]:
    """Return the programs that the settings ask for; traffic manager and key manager are part of the control plane otherwise."""
    asked = {
        CONTROL_PLANE: True,
        TRAFFIC_MANAGER: settings.wso2.traffic_manager,
        KEY_MANAGER: settings.wso2.key_manager,
    }
    return tuple(program for program in profile(Product.WSO2).programs if asked[program.name])


def pod_labels(settings: StackSettings) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return, by role, the names by which the charts label pods; the Job with the databases belongs to the control plane."""
    product = profile(Product.WSO2)
    return {
        "control-plane": (POD_LABEL, (*(program.name for program in programs(settings)), JOB)),
        "gateway": (POD_LABEL, tuple(product.release(group.name) for group in settings.gateway_groups)),
    }


def plan(settings: StackSettings, access: Access) -> ProductPlan:
    """Return what one deployment of the product is made of."""
    product = profile(settings.product)
    if product.chart is None:
        raise ValueError(f"product {product.product} has no chart")
    version = product.chart
    wanted = programs(settings)
    tag = settings.gateway.image_tag or product.image.tag
    image = Composed("{registry}/wso2am-acp:" + tag, {"registry": access.image_registry})
    databases = databases_job(access, image, _HOME.format(version=product.image.tag))
    releases: list[ReleasePlan] = []
    for program in wanted:
        chart = Chart(CHARTS[program.name], version.repository, version.version)
        values = program_values(settings, access, product, program)
        # Events and users are the control plane's: the others start after it.
        needs = (databases.name, *(release.name for release in releases[:1]))
        releases.append(ReleasePlan(program.name, chart, values, program.pool, needs, START_SECONDS))
    started = tuple(release.name for release in releases)
    for group in settings.gateway_groups:
        values = gateway_values(settings, access, product, group)
        releases.append(ReleasePlan(product.release(group.name), version, values, "user", started, START_SECONDS))
    return ProductPlan(
        secrets=(_secret(settings, access),),
        certificates=_certificates(settings, product, wanted),
        budgets=tuple(
            BudgetPlan(release.name, {POD_LABEL: release.name}) for release in releases if _many(settings, release.name)
        ),
        steps=(databases, *releases),
    )


def _many(settings: StackSettings, release: str) -> bool:
    """Tell whether a release has more than one pod at all times: the only one could never be moved under a budget."""
    smallest = {profile(settings.product).release(group.name): group.replicas.min for group in settings.gateway_groups}
    return smallest.get(release, 2 if settings.wso2.high_availability else 1) > 1


def _secret(settings: StackSettings, access: Access) -> SecretPlan:
    values = {
        ADMINISTRATOR: Generated(),
        APIM_DATABASE: Generated(),
        SHARED_DATABASE: Generated(),
        ENCRYPTION: Generated(length=32, hexadecimal=True),
        KEYSTORE: Generated(),
        ADMINISTRATOR_PASSWORD: access.stores["postgresql"].password,
    }
    if settings.wso2.distributed_throttling:
        values[COUNTERS] = access.stores["redis"].password
    return SecretPlan(SECRET, values)


def _certificates(
    settings: StackSettings, product: Profile, wanted: tuple[Program, ...]
) -> tuple[CertificatePlan, CertificatePlan]:
    """Return the certificate that every program and gateway shows, and the one whose key signs tokens."""
    nodes = Nodes.of(settings.wso2)
    services = [program.service_name for program in wanted]
    services += [*nodes.control_plane, *nodes.traffic_manager]
    services += [product.service_name(group.name) for group in settings.gateway_groups]
    names = tuple(dict.fromkeys(services))
    inside = tuple(f"{name}.{settings.gateway.namespace}.svc" for name in names)
    opened = (SECRET, KEYSTORE)
    return (
        CertificatePlan(BACKEND_CERTIFICATE, (*names, *inside), keystore_password=opened, lasting=True),
        CertificatePlan(SIGNING_CERTIFICATE, ("wso2-signing",), keystore_password=opened, rsa=True, lasting=True),
    )
