"""Which stores change their password by themselves."""

from collections.abc import Mapping

from apim_infra.settings.environment import Cloud
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import RelationalStore, StoreMode

ENDPOINT = "secretsmanager"
"""Service that rotation and the cluster ask for passwords, by its short name."""


def rotatable_stores(settings: StackSettings) -> Mapping[str, RelationalStore]:
    """Return the stores that have `password_rotation_days`, by their name in the settings."""
    stores = settings.stores
    return {
        "mariadb": stores.mariadb,
        "postgresql": stores.postgresql,
        "gateway_postgresql": stores.gateway_postgresql,
    }


def rotated_stores(settings: StackSettings) -> Mapping[str, int]:
    """Return the stores whose password is changed by itself, by their name in the settings, with the days between two changes."""
    if settings.cloud is not Cloud.AWS:
        return {}
    return {
        name: store.password_rotation_days
        for name, store in rotatable_stores(settings).items()
        if store.mode is StoreMode.MANAGED and store.password_rotation_days is not None
    }
