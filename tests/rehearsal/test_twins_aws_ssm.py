"""The parameter store: clean requests pass, and their outputs are what programs read."""

import pytest
from aws_cases.case import Scene, Step
from aws_cases.given import KEY
from aws_cases.service_given import changed
from aws_cases.ssm import PARAMETER

from apim_infra.rehearsal.provider import UNKNOWN, RejectedError

SECRET = changed(PARAMETER, type="SecureString", value="correct horse battery staple")


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        assert scene.create(step).warnings == (), step.name
    return scene


@pytest.mark.parametrize(
    "steps",
    [
        (changed(PARAMETER, name="host"),),
        (changed(PARAMETER, type="StringList", value="a,b"),),
        (changed(PARAMETER, tier="Advanced", value="x" * 8000),),
        (changed(PARAMETER, value=UNKNOWN),),
        (changed(PARAMETER, allowedPattern=r"^[a-z.]+$"),),
        # The provider sends a key for secret parameters only.
        (changed(PARAMETER, keyId="alias/aws/ssm"),),
        (KEY, changed(SECRET, keyId="${key.arn}")),
    ],
)
def test_clean_requests_pass(steps: tuple[Step, ...]) -> None:
    assert set(scene_of(*steps).made) == {step.name for step in steps}


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("/apim/host", "arn:aws:ssm:eu-central-1:111122223333:parameter/apim/host"),
        ("host", "arn:aws:ssm:eu-central-1:111122223333:parameter/host"),
    ],
)
def test_a_parameter_answers_with_its_arn(name: str, arn: str) -> None:
    made = scene_of(changed(PARAMETER, name=name)).made["parameter"][1]
    assert made.id == name
    assert made.outputs["arn"] == arn
    assert made.outputs["version"] == 1


def test_an_update_makes_another_version() -> None:
    scene = scene_of(PARAMETER)
    assert scene.update(changed(PARAMETER, value="api.example.org")).outputs["version"] == 2


def test_a_value_is_secret_and_never_shown() -> None:
    assert "value" in scene_of(SECRET).made["parameter"][1].secret_outputs
    with pytest.raises(RejectedError) as refused:
        Scene().create(changed(SECRET, allowedPattern="^[0-9]+$"))
    assert "staple" not in str([(problem.message, problem.hint) for problem in refused.value.problems])
