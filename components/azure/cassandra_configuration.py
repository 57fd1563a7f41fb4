"""What a node of Cassandra is told on Azure: the common scripts with Azure's own parts."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, cast

import yaml

from components import cassandra_configuration as common
from components.cassandra_configuration import ScriptParts


@cache
def facts() -> Mapping[str, Any]:
    """Return the data of every cloud and Azure's own beside the component: packages, image, addresses."""
    return {**common.facts(), **cast("Mapping[str, Any]", yaml.safe_load(_text("cassandra.yaml")))}


def boot(values: Mapping[str, str]) -> str:
    """Return what a node does when it boots; `values` fill the script's own names and hold no secret.

    A node always has the timer of daily snapshots; whether it takes them, and where they go, it reads from the ring's shared secret each day, so that
    no node is replaced when that changes.
    """
    daily = facts()["snapshots"]
    snapshots = Template(_text("cassandra_snapshots.sh")).substitute(
        {**values, "hour": f"{daily['hour']:02}", "spread": str(daily["spread_minutes"])}
    )
    return common.boot(_parts(), {**values, "packages": facts()["packages"]}, snapshots)


def keyspaces(values: Mapping[str, str], names: Sequence[str], replication_factor: int, datacenter: str) -> str:
    """Return a run command that makes roles and keyspaces; a changed replication factor is set, and needs a repair of every node."""
    return run_command(common.keyspaces(_parts(), values, names, replication_factor, datacenter))


def ready(address: str, booted_with: str) -> str:
    """Return a run command that ends well once a node is up and no other is down or joining."""
    return run_command(common.ready(address, booted_with))


def run_command(script: str) -> str:
    """Return a script of bash as one that any shell runs: which one a machine's agent takes is not said."""
    return f"exec /bin/bash -c \"$(cat <<'SCRIPT'\n{script.rstrip()}\nSCRIPT\n)\"\n"


def disk_controller(size: str) -> str:
    """Return how disks are connected at a size, `NVMe` or `SCSI`."""
    version = re.search(r"_v(\d+)$", size)
    return "NVMe" if version is not None and int(version[1]) >= facts()["nvme_from_version"] else "SCSI"


@cache
def _parts() -> ScriptParts:
    return ScriptParts(**facts()["script"])


@cache
def _text(name: str) -> str:
    return files("components.azure").joinpath(name).read_text("utf-8")
