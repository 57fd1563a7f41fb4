"""Nodes that a deployment asks its cloud for, against those that the rehearsal plays."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from conftest import ROOT, STACK_FILES

from apim_infra.cluster.node_groups import AGENT_POOL, MANAGED_CLUSTER, NODE_GROUP, differences
from apim_infra.environment import load_environment
from apim_infra.rehearsal.state import ResourceState, StackState
from apim_infra.settings.stack import StackSettings

AWS, AZURE = "dev", "axway-on-azure"
Rehearsed = Callable[[str], Any]


def settings_of(stack: str) -> StackSettings:
    return load_environment(stack, directory=ROOT, file=ROOT / STACK_FILES[stack]).settings


def state_of(rehearsed: Rehearsed, stack: str) -> StackState:
    """Return the graph of a rehearsed stack as a deployment holds it, free to be changed."""
    found = copy.deepcopy(rehearsed(stack).graph.resources)
    states = {
        each.urn: ResourceState(each.urn, each.type, each.name, each.custom, checked=each.inputs, id=each.id)
        for each in found
    }
    return StackState(states)


def of_type(state: StackState, token: str, name: str) -> dict[str, Any]:
    """Return the inputs of the one resource of a type whose name has a word in it."""
    (found,) = [each.checked for each in state.resources.values() if each.type == token and name in each.name]
    return found


def messages(stack: str, state: StackState) -> list[str]:
    found = differences(settings_of(stack), state)
    assert {(each.severity, each.rule) for each in found} <= {("error", "cluster:nodes-differ")}
    return [each.message for each in found]


@pytest.mark.parametrize("stack", [AWS, AZURE])
def test_a_deployment_asks_for_the_nodes_that_are_played(rehearsed: Rehearsed, stack: str) -> None:
    assert messages(stack, state_of(rehearsed, stack)) == []


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("instanceTypes",), ["m7i.xlarge"], "size 'm7i.xlarge' is asked of the cloud, 'm7i.large' is played"),
        (("scalingConfig", "minSize"), 2, "minimum 2 is asked"),
        (("scalingConfig", "maxSize"), 3, "maximum 3 is asked"),
        (("labels", "kind"), "small", "labels {"),
        (("taints",), [], "taints [] is asked of the cloud, ['apim.io/pool=user:NoSchedule'] is played"),
    ],
)
def test_a_node_group_that_was_changed_by_hand_is_found(
    rehearsed: Rehearsed, path: tuple[str, ...], value: object, words: str
) -> None:
    state = state_of(rehearsed, AWS)
    holder = of_type(state, NODE_GROUP, "user-eu-west-1a")
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    (message,) = messages(AWS, state)
    assert message.startswith("nodes of pool user in eu-west-1a: ")
    assert words in message


def test_a_node_group_too_few_or_too_many_is_found(rehearsed: Rehearsed) -> None:
    state = state_of(rehearsed, AWS)
    first, second = (of_type(state, NODE_GROUP, f"user-eu-west-1{zone}") for zone in "ab")
    second["subnetIds"] = first["subnetIds"]
    assert messages(AWS, state) == [
        "nodes of pool user in eu-west-1a: another group is for the same",
        "nodes of pool user in eu-west-1b: the deployment asks the cloud for no such nodes",
    ]
    first["labels"]["apim.io/pool"] = "batch"
    assert "nodes of pool batch in eu-west-1a: the settings have no such pool there" in messages(AWS, state)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("vmSize", "Standard_D8s_v5", "size 'Standard_D8s_v5' is asked"),
        ("minCount", 9, "minimum 9 is asked"),
        ("maxCount", 99, "maximum 99 is asked"),
        ("availabilityZones", ["1"], "zones ['1'] is asked"),
        ("nodeTaints", ["own=:NoExecute"], "taints ['own=:NoExecute'] is asked"),
    ],
)
def test_an_agent_pool_that_was_changed_by_hand_is_found(
    rehearsed: Rehearsed, path: str, value: object, words: str
) -> None:
    own, system = state_of(rehearsed, AZURE), state_of(rehearsed, AZURE)
    of_type(own, AGENT_POOL, "-user-")[path] = value
    of_type(system, MANAGED_CLUSTER, "")["agentPoolProfiles"][0][path] = value
    for pool, state in (("user", own), ("system", system)):
        (message,) = messages(AZURE, state)
        assert message.startswith(f"nodes of pool {pool}: ")
        assert words in message


def test_a_pool_that_the_settings_name_bears_that_name(rehearsed: Rehearsed) -> None:
    state = state_of(rehearsed, AZURE)
    of_type(state, MANAGED_CLUSTER, "")["agentPoolProfiles"][0]["name"] = "other"
    assert messages(AZURE, state) == ["nodes of pool system: name 'other' is asked of the cloud, 'system' is played"]
