"""Versions of the add-ons: each fits every Kubernetes version that a stack may ask for, and each set of definitions has one owner."""

from collections import Counter
from typing import Any

import pytest

from apim_infra.planning.versions import supported_versions
from apim_infra.rehearsal.twins.kubernetes.data import load as twin_data
from apim_infra.settings.environment import Cloud
from components.kubernetes.data import load

ADDONS: dict[str, Any] = load("addons.yaml")["addons"]
ALTERNATIVES = ({"envoy-gateway", "gateway-api"},)
"""Add-ons of which a stack has one: the ingress controllers, each with what brings the kinds of the Gateway API."""


def minor(version: str) -> int:
    return int(version.partition(".")[2])


@pytest.mark.parametrize("cloud", Cloud)
def test_every_addon_runs_on_every_kubernetes_that_a_stack_may_have(cloud: Cloud) -> None:
    versions = [minor(version) for version in supported_versions(cloud, "kubernetes")]
    told = {name: row["kubernetes"] for name, row in ADDONS.items() if "kubernetes" in row}
    assert len(told) >= 8
    for name, span in told.items():
        assert minor(span["from"]) <= min(versions), name
        assert max(versions) <= minor(span.get("to", "1.99")), name


def test_every_set_of_definitions_has_one_owner() -> None:
    facts: dict[str, Any] = twin_data("charts.yaml")["charts"]
    owners: dict[str, list[str]] = {}
    for name, row in ADDONS.items():
        chart = row["chart"].rpartition("/")[2]
        for group in facts.get(chart, {}).get("groups", ()):
            owners.setdefault(group, []).append(name)
    shared = {group: names for group, names in owners.items() if len(names) > 1}
    assert {frozenset(names) for names in shared.values()} <= {frozenset(one) for one in ALTERNATIVES}
    assert Counter(len(names) for names in owners.values())[1] > 10


def test_every_chart_that_is_pinned_is_known_to_the_rehearsal_or_brings_no_definitions() -> None:
    facts: dict[str, Any] = twin_data("charts.yaml")["charts"]
    bring = {"cert-manager", "eck-operator", "external-secrets", "velero", "traefik", "gateway-crds-helm"}
    charts = {row["chart"].rpartition("/")[2] for row in ADDONS.values()}
    assert bring <= charts & facts.keys()
