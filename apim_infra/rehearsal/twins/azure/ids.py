"""Resource ids of Azure Resource Manager (ARM): `/subscriptions/<id>/resourceGroups/<name>/providers/<namespace>/<type>/<name>/<type>/<name>...`.

Case does not count in them, so that everything is looked up by `key`.
"""

import re
from functools import lru_cache

GROUP = re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+", re.IGNORECASE)
SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+", re.IGNORECASE)
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
RESOURCE_GROUP_TYPE = "Microsoft.Resources/resourceGroups"
SUBSCRIPTION_TYPE = "Microsoft.Resources/subscriptions"
PROVIDERS = re.compile("/providers/", re.IGNORECASE)


def key(arm_id: str) -> str:
    """Return what two ids of the same resource have in common."""
    return "/" + arm_id.strip("/").lower()


def looks_like_id(value: object) -> bool:
    """Tell whether a value is meant as an ARM id."""
    return isinstance(value, str) and value.lower().startswith(("/subscriptions/", "/providers/microsoft."))


@lru_cache(maxsize=8192)
def is_well_formed(arm_id: str) -> bool:
    """Tell whether an id has the form that ARM reads: pairs of type and name after each provider."""
    head, *providers = PROVIDERS.split(arm_id.rstrip("/"))
    if head and not (GROUP.fullmatch(head) or SUBSCRIPTION.fullmatch(head)):
        return False
    for part in providers:
        pieces = part.split("/")
        if len(pieces) < 3 or len(pieces) % 2 == 0 or not all(pieces) or "." not in pieces[0]:
            return False
    return bool(head or providers)


@lru_cache(maxsize=8192)
def type_of(arm_id: str) -> str:
    """Return the resource type, such as `Microsoft.Network/virtualNetworks/subnets`."""
    head, *providers = PROVIDERS.split(arm_id.rstrip("/"))
    if not providers:
        return RESOURCE_GROUP_TYPE if GROUP.fullmatch(head) else SUBSCRIPTION_TYPE
    pieces = providers[-1].split("/")
    return "/".join([pieces[0], *pieces[1::2]])


def name_of(arm_id: str) -> str:
    """Return the last name."""
    return arm_id.rstrip("/").rpartition("/")[2]


@lru_cache(maxsize=8192)
def parent_of(arm_id: str) -> str:
    """Return the id of what holds a resource: the resource that it is nested in or extends, its resource group, or its subscription; "" for none."""
    arm_id = arm_id.rstrip("/")
    place = [found.start() for found in PROVIDERS.finditer(arm_id)]
    if not place:
        return "/".join(arm_id.split("/")[:3]) if GROUP.fullmatch(arm_id) else ""
    # "/providers/namespace/type/name" has four slashes
    nested = arm_id[place[-1] :].count("/") > 4
    return arm_id.rsplit("/", 2)[0] if nested else arm_id[: place[-1]]


def ancestors(arm_id: str) -> list[str]:
    """Return the ids of everything that holds a resource, the nearest first."""
    found: list[str] = []
    while arm_id := parent_of(arm_id):
        found.append(arm_id)
    return found


def subscription_of(arm_id: str) -> str:
    """Return the id of the subscription, "" when there is none in it."""
    found = SUBSCRIPTION.match(arm_id)
    return found[0].rpartition("/")[2] if found else ""


def group_of(arm_id: str) -> str:
    """Return the name of the resource group, "" when there is none in it."""
    found = GROUP.match(arm_id)
    return found[0].rpartition("/")[2] if found else ""
