"""The sizing table: what each workload of the control plane asks for, as data."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data

WorkloadKind = Literal["Deployment", "StatefulSet"]

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Workload:
    """One replica of one workload; requests equal limits."""

    name: str
    kind: WorkloadKind
    """`StatefulSet` rows are stores: they take pods only where their store runs in the cluster."""
    cpu_millicores: int
    memory_mib: int
    storage_gb: int
    """Volume in GB, asked of Kubernetes as Gi: one claim of a Deployment's pods together, one of each pod of a StatefulSet."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class Totals:
    """Sum of rows at one replica each."""

    cpu_millicores: int
    memory_mib: int
    storage_gb: int

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class SizingTable:
    """The table with the totals that its source prints."""

    source: str
    date: date
    printed_totals: Totals
    """As printed, and wrong: 64 MiB above the rows' sum. Nothing is sized by them."""
    workloads: tuple[Workload, ...]
    """Rows of the source, in its order."""
    gateway_stores: tuple[Workload, ...]
    """Stores of the gateway, for environments that run them in the cluster; not in the source."""

    __pydantic_config__ = _STRICT


@cache
def sizing_table() -> SizingTable:
    """Return the sizing table."""
    return packaged_data("apim_infra.sizing", "table.yaml", SizingTable)


def workload(name: str) -> Workload:
    """Return one row by its name; raises KeyError when the table has no such row."""
    table = sizing_table()
    return {row.name: row for row in (*table.workloads, *table.gateway_stores)}[name]


def control_plane_deployments() -> tuple[Workload, ...]:
    """Return the rows that are Deployments: the control plane's own programs, without the stores."""
    return tuple(row for row in sizing_table().workloads if row.kind == "Deployment")
