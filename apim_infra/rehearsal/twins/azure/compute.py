"""What the rules of machines, disks and extensions share: sizes, and who has which disk or interface."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.values import data_file, is_mapping
from apim_infra.rehearsal.twins.cloud.world import Thing

MACHINE = "azure-native:compute:VirtualMachine"
DISK = "azure-native:compute:Disk"
INTERFACE = "azure-native:network:NetworkInterface"

ERRORS = "azure-docs, virtual-machines/error-messages (2017-03), which lists Compute's codes and messages"
SIZE = re.compile(r"(?:Standard|Basic)_([A-Z]+)(\d+)(?:-\d+)?([a-z]*)((?:_[A-Za-z0-9]+)*)")

DATA_DISKS = "storageProfile.dataDisks[*]"
NETWORK_CARDS = "networkProfile.networkInterfaces[*].id"


@lru_cache(maxsize=1)
def facts() -> Mapping[str, Any]:
    """Return the data of `compute.yaml`."""
    return data_file("apim_infra.rehearsal.twins.azure", "compute.yaml")


@dataclass(frozen=True, slots=True)
class Size:
    """What the name of a size says."""

    series: str
    number: int
    letters: str
    version: str

    @property
    def premium(self) -> bool:
        """Whether it takes premium disks."""
        return self.series not in facts()["premium_by_letter"] or "s" in self.letters

    @property
    def controller(self) -> str:
        """How disks are connected: `NVMe` alone at newer sizes, `SCSI` at those before, some of which have both."""
        version = int(self.version.removeprefix("v") or 0)
        return "NVMe" if version >= facts()["nvme_from_version"] else "SCSI"

    @property
    def data_disks(self) -> int | None:
        """How many data disks it takes; None where the name does not say it."""
        rule = facts()["data_disks"]
        if self.series in rule["series"] and self.version in rule["versions"]:
            return min(self.number * rule["per_vcpu"], rule["most"])
        return None


def size_of(name: str) -> Size | None:
    """Read a name such as `Standard_D4s_v3`; None when no series is called so."""
    found = SIZE.fullmatch(name)
    if found is None or found[1] not in facts()["series"]:
        return None
    version = next((part for part in found[4].split("_") if re.fullmatch(r"v\d+", part)), "")
    return Size(found[1], int(found[2]), found[3], version)


def whole(value: Any) -> int | None:
    """Return a number that may have come as a float; None for none."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def block(value: Any) -> Mapping[str, Any]:
    """Return a nested object, an empty one for none."""
    return value if is_mapping(value) else {}


def machine_with(context: Context, path: str, arm_id: str) -> Thing | None:
    """Return another machine that has `arm_id` at a path of its inputs."""
    wanted = ids.key(arm_id)
    return next(
        (
            machine
            for machine in context.all(MACHINE)
            if any(isinstance(value, str) and ids.key(value) == wanted for _, value in values_at(machine.inputs, path))
        ),
        None,
    )
