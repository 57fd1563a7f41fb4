"""What rules cost: the capacity units (WCU) of statements and of the groups that AWS keeps."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.twins.cloud.values import data_file, is_mapping, listed


@lru_cache(maxsize=1)
def table() -> Mapping[str, Any]:
    """Return the data file of capacities."""
    return data_file("apim_infra.rehearsal.twins.aws.wafv2", "capacity.yaml")


def managed_groups() -> Mapping[str, int]:
    """Return the rule groups that AWS keeps, each with its capacity."""
    return table()["managed_rule_groups"]["capacity"]


def capacity_of(rules: Any) -> int:
    """Return the capacity that the rules of a web ACL need together, as far as the table knows their statements."""
    return sum(_statement(rule.get("statement")) for rule in listed(rules))


def _statement(statement: Any) -> int:
    if not is_mapping(statement):
        return 0
    return sum(_part(kind, given) for kind, given in statement.items() if given is not None)


def _part(kind: str, given: Any) -> int:
    costs: Mapping[str, Any] = table()["statements"]["capacity"]
    inner: Mapping[str, Any] = given if is_mapping(given) else {}
    nested = [inner.get("scopeDownStatement"), *listed(inner.get("statements"))]
    own: Any = costs.get(kind, 0)
    if kind == "managedRuleGroupStatement":
        own = managed_groups().get(str(inner.get("name")), 0) if inner.get("vendorName") == "AWS" else 0
    elif is_mapping(own):
        own = own.get(str(inner.get("positionalConstraint")), own["other"])
    changes = [one for one in listed(inner.get("textTransformations")) if one.get("type") != "NONE"]
    return int(own) + len(changes) * costs["textTransformation"] + sum(map(_statement, nested))
