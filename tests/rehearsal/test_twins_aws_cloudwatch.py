"""CloudWatch and EventBridge: clean requests pass, and their outputs are what programs read."""

import json

import pytest
from aws_cases.case import Scene, Step
from aws_cases.cloudwatch import CPU, MACHINE, QUERIES, RULE, TARGET, TOPIC
from aws_cases.service_given import changed, role, without

PATTERN = json.dumps({"source": ["aws.rds"], "detail": {"SourceType": [{"prefix": "DB"}]}})
CALLER = role("role", "events.amazonaws.com")
UNMEASURED = without(CPU, "namespace", "metricName", "statistic", "period")


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        assert scene.create(step).warnings == (), step.name
    return scene


@pytest.mark.parametrize(
    "steps",
    [
        (TOPIC, CPU),
        (TOPIC, changed(CPU, extendedStatistic="p99.9", statistic=None)),
        (TOPIC, changed(CPU, extendedStatistic="TM(10%:90%)", statistic=None)),
        (TOPIC, changed(CPU, period=10, evaluationPeriods=6, datapointsToAlarm=3)),
        (TOPIC, changed(CPU, period=3600, evaluationPeriods=168)),
        (TOPIC, changed(UNMEASURED, metricQueries=QUERIES)),
        (Step("aws:cloudwatch/dashboard:Dashboard", "board", {"dashboardName": "board", "dashboardBody": "{}"}),),
        (changed(RULE, scheduleExpression="rate(5 minutes)"),),
        (changed(RULE, scheduleExpression="cron(0 3 ? * MON-FRI *)"),),
        (changed(without(RULE, "scheduleExpression"), eventPattern=PATTERN),),
        (TOPIC, RULE, changed(TARGET, input='{"hello": "world"}')),
        (CALLER, RULE, changed(TARGET, arn=MACHINE, roleArn="${role.arn}")),
    ],
)
def test_clean_requests_pass(steps: tuple[Step, ...]) -> None:
    assert set(scene_of(*steps).made) == {step.name for step in steps}


def test_an_alarm_answers_with_its_arn() -> None:
    made = scene_of(TOPIC, CPU).made["cpu"][1]
    assert made.id == "cpu"
    assert made.outputs["arn"] == "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:cpu"
    assert made.outputs["treatMissingData"] == "missing"


def test_a_rule_and_its_target_answer_with_their_names() -> None:
    made = scene_of(TOPIC, RULE, TARGET).made
    assert made["rule"][1].outputs["arn"] == "arn:aws:events:eu-central-1:111122223333:rule/nightly"
    assert made["rule"][1].outputs["eventBusName"] == "default"
    assert made["target"][1].id == "nightly-topic"


def test_a_topic_outside_the_stack_is_warned_of() -> None:
    scene = scene_of(TOPIC)
    made = scene.create(changed(CPU, alarmActions=["arn:aws:sns:eu-central-1:111122223333:pager"]))
    assert [warning.code for warning in made.warnings] == ["NotFound"]


def test_a_rule_is_deleted_after_its_targets() -> None:
    scene = scene_of(TOPIC, RULE, TARGET)
    scene.delete("target")
    scene.delete("rule")
    assert set(scene.made) == {"topic"}
