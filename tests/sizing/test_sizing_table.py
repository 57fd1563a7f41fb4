"""The sizing table and the replica policy."""

from typing import Any

import pytest

from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.replicas import replicas
from apim_infra.sizing.table import Totals, control_plane_deployments, sizing_table, workload


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev", **values}
    return load_settings(given).settings


def test_the_rows_add_to_less_memory_than_the_source_prints() -> None:
    table = sizing_table()
    rows = [(row.cpu_millicores, row.memory_mib, row.storage_gb) for row in table.workloads]
    assert [sum(column) for column in zip(*rows, strict=True)] == [4000, 5696, 40]
    assert table.printed_totals == Totals(cpu_millicores=4000, memory_mib=5760, storage_gb=40)


def test_the_rows_are_those_of_the_source() -> None:
    rows = {
        row.name: (row.kind[0], row.cpu_millicores, row.memory_mib, row.storage_gb) for row in sizing_table().workloads
    }
    assert rows == {
        "analysis-manager": ("D", 500, 1024, 0),
        "bff": ("D", 500, 512, 0),
        "gateway-manager": ("D", 500, 768, 0),
        "tenant-manager": ("D", 500, 768, 0),
        "tenant-manager-console": ("D", 200, 512, 0),
        "policy-manager": ("D", 200, 512, 0),
        "developer-portal-backend": ("D", 200, 512, 20),
        "developer-portal-frontend": ("D", 200, 64, 0),
        "mariadb-master": ("S", 500, 512, 10),
        "mariadb-slave": ("S", 200, 256, 0),
        "tenant-manager-postgresql": ("S", 500, 256, 10),
    }


def test_a_row_that_is_not_there() -> None:
    assert workload("bff").memory_mib == 512
    with pytest.raises(KeyError):
        workload("BFF")


def test_deployments_have_the_replicas_of_the_settings() -> None:
    asked = stack(sizing={"replicas": 2, "workload_replicas": {"bff": 5}})
    counts = {row.name: replicas(asked, row) for row in control_plane_deployments()}
    assert counts.pop("bff") == 5
    assert counts.pop("developer-portal-backend") == 1  # its volume is of one node
    assert set(counts.values()) == {2}
    more = stack(sizing={"replicas": 2, "workload_replicas": {"developer-portal-backend": 3}})
    assert replicas(more, workload("developer-portal-backend")) == 3


def test_managed_stores_take_no_pods() -> None:
    table = sizing_table()
    stores = [row for row in (*table.workloads, *table.gateway_stores) if row.kind == "StatefulSet"]
    assert [replicas(stack(), row) for row in stores] == [0] * 6
    assert [replicas(stack(stores={"redis": {"mode": "none"}}), row) for row in stores] == [0] * 6


def test_stores_in_the_cluster_have_their_own_replicas() -> None:
    inside = stack(
        stores={
            "mariadb": {"mode": "in-cluster", "replicas": 2},
            "postgresql": {"mode": "in-cluster", "replicas": 1},
            "gateway_postgresql": {"mode": "in-cluster"},
            "redis": {"mode": "in-cluster", "replicas": 3},
        },
        sizing={"replicas": 4},
    )
    table = sizing_table()
    counts = {row.name: replicas(inside, row) for row in (*table.workloads, *table.gateway_stores)}
    assert {name: count for name, count in counts.items() if count != 4} == {
        "developer-portal-backend": 1,
        "mariadb-master": 1,
        "mariadb-slave": 2,
        "tenant-manager-postgresql": 2,
        "gateway-postgresql": 1,
        "cassandra": 0,
    }
    assert counts["redis"] == 4
