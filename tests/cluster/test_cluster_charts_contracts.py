"""Values of charts against their contracts: what the platform sets, and what is found wrong in it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from charts_support import SIZE, STACKS, release, shown

from apim_infra.cluster.chart_shapes import chart_shapes
from apim_infra.cluster.contracts import contracts, problems
from apim_infra.cluster.items import ReleaseInput
from apim_infra.findings import Severity

GOOD: dict[str, Any] = {
    "crds": {"enabled": True},
    "global": {"leaderElection": {"namespace": "platform-system"}},
    "resources": SIZE,
    **{part: {"resources": SIZE} for part in ("webhook", "cainjector", "startupapicheck")},
}


def found(values: Mapping[str, Any], **more: str) -> list[str]:
    return [finding.message for finding in problems(release(values, **more))]


def test_values_that_keep_the_contract_are_not_told() -> None:
    assert found(GOOD) == []


def test_a_misspelt_key_is_found_with_the_nearest_one() -> None:
    (finding,) = problems(release({**GOOD, "replicaCuont": 2}))
    assert finding.severity is Severity.ERROR
    assert "values.replicaCuont is no key of the chart" in finding.message
    assert "replicaCount" in finding.fix


def test_a_misspelt_key_inside_is_found_by_its_whole_path() -> None:
    (message,) = found({**GOOD, "webhook": {"resources": SIZE, "toleration": []}})
    assert "values.webhook.toleration is no key" in message


def test_a_value_of_another_type_is_found_without_being_shown() -> None:
    (message,) = found({**GOOD, "replicaCount": "hidden-word"})
    assert "values.replicaCount is a text, must be integer" in message
    assert "hidden-word" not in message


def test_sizes_must_be_quantities() -> None:
    (message,) = found({**GOOD, "resources": {"requests": {"cpu": "a lot"}}})
    assert "values.resources" in message


def test_what_must_be_set_is_missed() -> None:
    (message,) = found({key: value for key, value in GOOD.items() if key != "resources"})
    assert "values.resources is not set" in message


def test_what_the_chart_has_by_itself_is_banned_where_nobody_changes_it() -> None:
    (message,) = found({key: value for key, value in GOOD.items() if key != "crds"})
    assert "values.crds.enabled is banned" in message


def test_a_password_as_text_is_banned_and_a_reference_is_not() -> None:
    own = {"valueFrom": {"secretKeyRef": {"name": "database", "key": "password"}}}
    by_text = [
        m for m in found({"env": {"pg_password": "hidden-word"}}, chart="kong", version="3.4.1") if "banned" in m
    ]
    by_reference = [m for m in found({"env": {"pg_password": own}}, chart="kong", version="3.4.1") if "banned" in m]
    assert {message for message in by_text if message not in by_reference} == {
        "release kong (kong 3.4.1): values.env.pg_password is banned: it would be a secret in the release"
    }
    assert "hidden-word" not in "".join(by_text)


def test_another_version_and_an_unknown_chart_are_warned_of() -> None:
    (other,) = problems(release(GOOD, version="v1.22.0"))
    (unknown,) = problems(release({}, chart="nothing-known"))
    assert other.severity is unknown.severity is Severity.WARNING
    assert "of version v1.21.1" in other.message
    assert "no contract" in unknown.message


def test_a_chart_in_a_folder_has_a_schema_of_its_own() -> None:
    assert list(problems(ReleaseInput("apim", "apim", "./charts/apim", "", "", {"anything": 1}))) == []


@pytest.mark.parametrize("name", sorted(contracts()))
def test_a_contract_is_of_the_version_whose_shape_is_known_and_names_only_keys_that_it_allows(name: str) -> None:
    contract = contracts()[name]
    assert contract.version == chart_shapes()[name].version
    assert [row.path for row in contract.required if not allows(contract.values, row.path)] == []


def allows(allowed: Any, path: str) -> bool:
    """Tell whether a contract lets a path be set: what is below a type is the type's own affair."""
    for step in path.split("."):
        if not isinstance(allowed, Mapping):
            return True
        if step not in allowed and "*" not in allowed:
            return False
        allowed = allowed.get(step, allowed.get("*"))
    return True


@pytest.mark.slow
@pytest.mark.parametrize("stack", STACKS)
def test_every_release_of_every_stack_keeps_its_contract(rehearsed: Callable[[str], Any], stack: str) -> None:
    releases = [resource for resource in rehearsed(stack).graph.resources if resource.type.endswith(":Release")]
    assert releases
    wrong: list[str] = []
    for resource in releases:
        inputs = resource.inputs
        repository = (inputs.get("repositoryOpts") or {}).get("repo", "")
        asked = ReleaseInput(
            inputs["name"],
            inputs["namespace"],
            inputs["chart"],
            repository,
            inputs.get("version") or "",
            shown(inputs["values"]),
        )
        wrong += [finding.message for finding in problems(asked)]
    assert wrong == []
