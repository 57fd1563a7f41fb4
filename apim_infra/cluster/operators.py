"""What operators make of the platform's custom resources: workloads, volumes and secrets, so that quotas and capacity count them.

Pods that an operator manages one by one are made as those of a StatefulSet. Nothing of an operator's own work is played: no status is set, no
database comes up.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from apim_infra.cluster import operator_gateways, operator_secrets, operator_stores, operator_workloads
from apim_infra.cluster.operator_data import group_of, table
from apim_infra.cluster.stand_in_objects import Manifest

Builder = Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]]], Iterator[Manifest]]

_BUILDERS: Mapping[str, Builder] = {
    "gateway": operator_gateways.gateway,
    "certificate": operator_secrets.certificate,
    "issuer": operator_secrets.issuer,
    "external-secret": operator_secrets.external_secret,
    "prometheus": operator_workloads.prometheus,
    "alertmanager": operator_workloads.alertmanager,
    "elasticsearch": operator_workloads.elasticsearch,
    "kibana": operator_workloads.kibana,
    "opensearch": operator_workloads.opensearch,
    "postgresql": operator_stores.postgresql,
    "mariadb": operator_stores.mariadb,
    "cassandra": operator_stores.cassandra,
}


def made_by(custom_object: Mapping[str, Any], others: Sequence[Mapping[str, Any]] = ()) -> list[Manifest]:
    """Return what an operator would make of a custom resource, without any field that only a running operator knows.

    `others` are objects that are there beside it: a Gateway looks for its EnvoyProxy, Prometheus for its operator's arguments, a certificate for
    the password of its keystore.
    """
    builder = table().makes.get(_key(custom_object))
    return list(_BUILDERS[builder](custom_object, others)) if builder else []


def is_known(custom_object: Mapping[str, Any]) -> bool:
    """Tell whether it is known what an operator makes of an object of this kind, be it nothing."""
    return _key(custom_object) in table().makes or _key(custom_object) in _without_pods()


@cache
def _without_pods() -> frozenset[str]:
    return frozenset(f"{group}/{kind}" for group, kinds in table().nothing.items() for kind in kinds)


def _key(custom_object: Mapping[str, Any]) -> str:
    return f"{group_of(custom_object)}/{custom_object['kind']}"
