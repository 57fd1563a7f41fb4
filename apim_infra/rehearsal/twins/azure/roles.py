"""Built-in roles, from `roles.yaml`."""

from functools import lru_cache

from apim_infra.rehearsal.twins.cloud.values import data_file


@lru_cache(maxsize=1)
def _guids() -> frozenset[str]:
    table = data_file("apim_infra.rehearsal.twins.azure", "roles.yaml")
    return frozenset(str(guid).lower() for guid in table["roles"].values())


def is_built_in(guid: str) -> bool:
    """Tell whether a GUID is that of a built-in role."""
    return guid.lower() in _guids()
