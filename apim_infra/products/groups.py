"""What every product's gateways carry for their group: labels, image, port, priority class, and the names of what a group has for itself."""

from apim_infra.products.profile import EXPOSURE_LABEL, GROUP_LABEL, ROLE_LABEL, Profile
from apim_infra.settings.gateway import GatewayGroup, GroupDatabase, GroupMode
from apim_infra.settings.stack import StackSettings

DIGEST = "sha256:"
"""What the digest of an image begins with."""

SIDECAR_ROLE = "sidecar"
"""Role of pods in which a service and its gateway run together."""


def group_labels(group: GatewayGroup) -> dict[str, str]:
    """Return the labels of a group's pods, by which network policies find them."""
    role = SIDECAR_ROLE if group.mode is GroupMode.SIDECAR else "gateway"
    return {ROLE_LABEL: role, GROUP_LABEL: group.name, EXPOSURE_LABEL: group.exposure.value}


def image_tag(product: Profile, settings: StackSettings, group: GatewayGroup) -> str:
    """Return the image tag, or the digest, of a group's gateways."""
    return group.image_tag or settings.gateway.image_tag or product.image.tag


def image_reference(repository: str, tag: str) -> str:
    """Return the reference of an image by its tag or its digest."""
    return f"{repository}@{tag}" if tag.startswith(DIGEST) else f"{repository}:{tag}"


def proxy_port(product: Profile, group: GatewayGroup) -> int:
    """Return the port on which a group's gateways take API calls."""
    return group.port or product.port("proxy")


def service_port(product: Profile, group: GatewayGroup) -> int:
    """Return the port of the service of a group's gateways, which follows theirs where both are the same."""
    same = product.service.port == product.port("proxy")
    return proxy_port(product, group) if same else product.service.port


def priority_class(settings: StackSettings, group: GatewayGroup) -> str | None:
    """Return the name of the priority class of a group's pods: its own, that of its tier, or None.

    Priority classes belong to the whole cluster: the namespace in front tells those of one deployment from another's.
    """
    if group.quota_share:
        return f"{settings.gateway.namespace}-group-{group.name}"
    return None if group.tier is None else f"{settings.gateway.namespace}-tier-{group.tier}"


def own_database(product: Profile, group: GatewayGroup) -> str | None:
    """Return the name of a group's own database and of its user; None where it shares that of the deployment. Names of databases have no hyphens."""
    if group.database is GroupDatabase.SHARED or group.mode is GroupMode.SIDECAR:
        return None
    return f"{product.product}_{group.name}".replace("-", "_")


def group_namespace(settings: StackSettings, group: GatewayGroup) -> str:
    """Return the namespace of a group's pods: that of the services where each of their pods has its gateway."""
    own = settings.gateway
    return own.microservices_namespace if group.mode is GroupMode.SIDECAR else own.namespace
