"""What the stacks ask AWS for, judged by CloudFormation's own schemas: a second opinion beside the twin's."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from cloudformation_translation import Translation, names, type_of
from conftest import STACK_FILES, Rehearsed

from apim_infra.rehearsal.graph import Resource


def aws_resources(rehearsed: Rehearsed) -> list[Resource]:
    return [r for r in rehearsed.graph.resources if r.type.startswith("aws:") and not r.external]


AWS_STACKS = sorted(
    stack for stack, file in STACK_FILES.items() if "apim:cloud: aws" in file.read_text(encoding="utf-8")
)


@pytest.mark.slow
@pytest.mark.parametrize("stack", AWS_STACKS)
def test_every_type_is_mapped_or_has_no_counterpart(rehearsed: Callable[[str], Rehearsed], stack: str) -> None:
    types = {resource.type for resource in aws_resources(rehearsed(stack))}
    unknown = sorted(token for token in types if not type_of(token) and token not in names()["without"])
    assert not unknown, "name the CloudFormation type, or say why there is none, in cloudformation_names.yaml"


@pytest.mark.slow
@pytest.mark.parametrize("stack", AWS_STACKS)
def test_every_input_passes_the_schema_of_its_type(rehearsed: Callable[[str], Rehearsed], stack: str) -> None:
    judged, problems = 0, list[str]()
    for resource in aws_resources(rehearsed(stack)):
        if type_of(resource.type):
            judged += 1
            problems += Translation(resource.type).problems(resource)
    assert judged > 50
    assert not problems


@pytest.mark.slow
def test_most_properties_have_a_counterpart(rehearsed: Callable[[str], Rehearsed]) -> None:
    given, missed = 0, 0
    for resource in aws_resources(rehearsed("prd")):
        if type_of(resource.type):
            translation = Translation(resource.type)
            translation.problems(resource)
            given += len(resource.inputs)
            missed += len({path.partition(".")[0] for path in translation.missed})
    assert missed < given / 10


@pytest.mark.slow
@pytest.mark.parametrize(
    ("token", "change", "said"),
    [
        ("aws:rds/instance:Instance", {"allocatedStorage": "much"}, "AllocatedStorage"),
        ("aws:lb/listener:Listener", {"port": 70000}, "Port"),
        ("aws:eks/nodeGroup:NodeGroup", {"capacityType": "CHEAP"}, "CapacityType"),
        ("aws:iam/role:Role", {"assumeRolePolicy": None}, "AssumeRolePolicyDocument"),
    ],
)
def test_a_wrong_input_fails(
    rehearsed: Callable[[str], Rehearsed], token: str, change: dict[str, object], said: str
) -> None:
    resource = next(resource for resource in aws_resources(rehearsed("prd")) if resource.type == token)
    wrong = replace(resource, inputs={**resource.inputs, **change})
    assert said in " ".join(Translation(token).problems(wrong))


@pytest.mark.slow
def test_types_without_a_counterpart_are_named(rehearsed: Callable[[str], Rehearsed]) -> None:
    used = {resource.type for stack in AWS_STACKS for resource in aws_resources(rehearsed(stack))}
    without = sorted(used & set(names()["without"]))
    assert without
    pytest.skip(
        f"{len(without)} of {len(used)} AWS types in use have no CloudFormation type of their own: {', '.join(without)}"
    )
