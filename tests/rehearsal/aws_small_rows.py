"""Small rows on which the AWS twin's machinery is shown."""

from typing import Any

import pytest
from aws_cases.case import Scene

from apim_infra.rehearsal.provider import RejectedError
from apim_infra.rehearsal.twins.aws.table import Name, Reference, ResourceType
from apim_infra.rehearsal.twins.aws.twin import AwsTwin

QUEUE = "aws:sqs/queue:Queue"


TOPIC = "aws:sns/topic:Topic"


SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"


def queue_row(**columns: Any) -> ResourceType:
    return ResourceType(
        **{
            "token": QUEUE,
            "kind": "queue",
            "identifier": "q-{hex8}",
            "arn": "arn:aws:sqs:{region}:{account}:{name}",
            "name": Name("name", r"[a-z0-9-]+", 20, "BadName", ("region",), "NameTaken"),
            "source": "test",
            **columns,
        }
    )


TOPIC_ROW = ResourceType(
    TOPIC, "topic", "{arn}", "arn:aws:sns:{region}:{account}:{name}", name=Name("name"), source="test"
)


SUBSCRIPTION_ROW = ResourceType(
    SUBSCRIPTION,
    "subscription",
    "sub-{hex8}",
    references=(
        Reference("topic", TOPIC, "NoTopic", by="arn", region_code="FarTopic", holds=True, held_code="InUse"),
        Reference("endpoint", QUEUE, "NoQueue", by="arn|name", allow=r"mailto:.*"),
    ),
    source="test",
)


def scene(*rows: ResourceType, seed: int = 0, region: str = "eu-central-1") -> Scene:
    return Scene(AwsTwin(seed, {row.token: row for row in rows}), region)


def codes(refused: pytest.ExceptionInfo[RejectedError]) -> list[str]:
    return [problem.code for problem in refused.value.problems]
