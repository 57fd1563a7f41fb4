"""What a node of Cassandra is told on AWS: the common scripts with AWS's own parts."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, cast

import yaml

from components import cassandra_configuration as common
from components.cassandra_configuration import ScriptParts


@cache
def facts() -> Mapping[str, Any]:
    """Return the data of every cloud and AWS's own beside the component: packages, image, addresses."""
    own = yaml.safe_load(files("components.aws").joinpath("cassandra.yaml").read_text("utf-8"))
    return {**common.facts(), **cast("Mapping[str, Any]", own)}


def boot(values: Mapping[str, str]) -> str:
    """Return the user data of a node; `values` fill the script's own names and hold no secret."""
    return common.boot(_parts(), {**values, "packages": facts()["packages"]})


def keyspaces(values: Mapping[str, str], names: Sequence[str], replication_factor: int, datacenter: str) -> str:
    """Return commands that make roles and keyspaces; a changed replication factor is set, and needs a repair of every node."""
    return common.keyspaces(_parts(), values, names, replication_factor, datacenter)


@cache
def _parts() -> ScriptParts:
    return ScriptParts(**facts()["script"])
