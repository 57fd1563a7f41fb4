"""Cassandra on Azure, a ring of machines, from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from apim_infra.platform.azure_foundation import Foundation
from apim_infra.platform.cassandra_client import CassandraAccess
from apim_infra.platform.naming import Naming
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from components.azure.storage import LogStorage

CONSISTENCY = "QUORUM"
"""How programs read and write: with three copies, one in each zone, a zone can be lost."""


@dataclass(frozen=True, slots=True)
class CassandraParts:
    """What others need of a Cassandra on Azure."""

    access: CassandraAccess
    disk_ids: Mapping[str, pulumi.Output[str]] = field(default_factory=dict[str, pulumi.Output[str]])
    """Zone and number of each node to its data disk; none of the managed service."""
    machine_ids: Mapping[str, pulumi.Output[str]] = field(default_factory=dict[str, pulumi.Output[str]])
    """Zone and number of each node to its virtual machine; none of the managed service."""


def build_cassandra(
    settings: StackSettings, naming: Naming, foundation: Foundation, logs: LogStorage
) -> CassandraParts | None:
    """Build the ring that is asked for; None for no Cassandra, and for one in the cluster."""
    if settings.stores.cassandra.mode is StoreMode.SELF_MANAGED:
        return _ring(settings, naming, foundation, logs)
    return None
