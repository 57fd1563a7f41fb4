"""Alarms of the cloud: a topic with its subscribers, and one alarm for each metric of each part that is watched."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import allow, document, service_trust
from components.aws.tags import Tags
from components.aws.watched import Watched, alarm_data
from components.common import refuse

READ_METRICS = "arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"
"""The most that anybody in the Slack channel may do, whatever the role says."""


class AlarmChannelArgs(TypedDict):
    """A Slack channel. Its workspace must have been authorised once, by hand, in the account's console of Amazon Q Developer in chat applications."""

    workspace_id: str
    """Identifier of the workspace, such as `T0123ABCD`."""
    channel_id: str
    """Identifier of the channel, such as `C0123ABCD`."""


class AlarmsArgs(TypedDict):
    """Arguments of `Alarms`."""

    account_id: pulumi.Input[str]
    """Account whose alarms may use the topic."""
    watched: Sequence[Watched]
    """Parts of the platform; the thresholds of each kind are in `alarms.yaml`."""
    email: NotRequired[Sequence[str]]
    """Addresses that get alarms once they have confirmed it; none by default."""
    slack: NotRequired[AlarmChannelArgs]
    """Channel that gets alarms; none by default."""
    key_arn: pulumi.Input[str]
    """KMS key of the topic, which must let `cloudwatch.amazonaws.com` use it: alarms cannot use AWS's own key of SNS."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: AlarmsArgs) -> Iterator[tuple[str, str]]:
    if not args.get("email") and "slack" not in args:
        yield "email", "alarms would tell nobody: give addresses, or slack"
    names = [(part["kind"], part["name"]) for part in args["watched"]]
    for kind, name in sorted({pair for pair in names if names.count(pair) > 1}):
        yield "watched", f"two parts of the kind {kind} are called {name}: give each its own name"


class Alarms(pulumi.ComponentResource):
    """An encrypted topic, its subscribers, and alarms that tell it when something goes wrong and when it is over.

    Children: `topic`, `topic-policy`, `mail-...` for each address, `slack-role`, `slack-rights` and `slack` as asked for, and an alarm for each metric.
    """

    topic_arn: pulumi.Output[str]
    """ARN of the topic."""

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:Alarms", name, {}, opts)
        refuse(name, _problems(args))
        self._child = pulumi.ResourceOptions(parent=self)
        self.topic = aws.sns.Topic(
            f"{name}-topic", kms_master_key_id=args["key_arn"], tags=args.get("tags"), opts=self._child
        )
        self.topic_policy = aws.sns.TopicPolicy(
            f"{name}-topic-policy",
            arn=self.topic.arn,
            policy=_publishing(self.topic.arn, args["account_id"]),
            opts=self._child,
        )
        self.mails = [
            aws.sns.TopicSubscription(
                f"{name}-mail-{address.replace('@', '-at-')}",
                topic=self.topic.arn,
                protocol="email",
                endpoint=address,
                opts=self._child,
            )
            for address in args.get("email", ())
        ]
        self.slack = self._slack(name, args, args["slack"]) if "slack" in args else None
        self.alarms = [alarm for part in args["watched"] for alarm in self._alarms(name, args, part)]
        self.topic_arn = self.topic.arn
        self.register_outputs({"topic_arn": self.topic_arn})

    def _slack(self, name: str, args: AlarmsArgs, channel: AlarmChannelArgs) -> aws.chatbot.SlackChannelConfiguration:
        role = aws.iam.Role(
            f"{name}-slack-role",
            assume_role_policy=service_trust("chatbot.amazonaws.com", args["account_id"]),
            description="Shows the metrics of alarms in Slack",
            tags=args.get("tags"),
            opts=self._child,
        )
        rights = aws.iam.RolePolicy(
            f"{name}-slack-rights",
            role=role.name,
            policy=document([allow(["cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*"])]),
            opts=self._child,
        )
        return aws.chatbot.SlackChannelConfiguration(
            f"{name}-slack",
            configuration_name=f"{name}-slack",
            slack_team_id=channel["workspace_id"],
            slack_channel_id=channel["channel_id"],
            iam_role_arn=role.arn,
            guardrail_policy_arns=[READ_METRICS],
            sns_topic_arns=[self.topic.arn],
            logging_level="ERROR",
            tags=args.get("tags"),
            # A channel can have one configuration only.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[rights], delete_before_replace=True),
        )

    def _alarms(self, name: str, args: AlarmsArgs, part: Watched) -> Iterator[aws.cloudwatch.MetricAlarm]:
        rows: Mapping[str, Mapping[str, Any]] = alarm_data()["alarms"][part["kind"]]
        for what, row in rows.items():
            threshold = _threshold(row, part.get("facts", {}))
            if threshold is None:
                continue
            percentile = row["statistic"].startswith("p")
            yield aws.cloudwatch.MetricAlarm(
                f"{name}-{part['name']}-{what}",
                alarm_description=f"{part['name']}: {row['why']}",
                namespace=row["namespace"],
                metric_name=row["metric"],
                dimensions=part["dimensions"],
                statistic=None if percentile else row["statistic"],
                extended_statistic=row["statistic"] if percentile else None,
                comparison_operator="GreaterThanThreshold" if "above" in row else "LessThanThreshold",
                threshold=threshold,
                period=row["period"],
                evaluation_periods=row["periods"],
                treat_missing_data=row["missing"],
                alarm_actions=[self.topic.arn],
                ok_actions=[self.topic.arn],
                tags=args.get("tags"),
                # An alarm that finds the topic closed to it loses its first message.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.topic_policy]),
            )


def _threshold(row: Mapping[str, Any], facts: Mapping[str, float]) -> float | None:
    """Return the threshold of an alarm; None when it is a share of something that is not known of the part."""
    limit: Any = row.get("above", row.get("below"))
    if isinstance(limit, int | float):
        return float(limit)
    known = facts.get(limit["of"])
    return None if known is None else float(round(known * limit["share"]))


def _publishing(topic_arn: pulumi.Input[str], account_id: pulumi.Input[str]) -> pulumi.Output[str]:
    """Let the account's alarms, and its backups that fail, publish, over TLS."""
    own = allow(["sns:Publish"], topic_arn, StringEquals={"aws:SourceAccount": account_id})
    plain = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    services = ["cloudwatch.amazonaws.com", "backup.amazonaws.com"]
    return document([{"Sid": "Alarms", **own, "Principal": {"Service": services}}, plain])
