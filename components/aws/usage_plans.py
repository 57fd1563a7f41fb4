"""Clients of a REST API with keys of their own and limits of their own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags
from components.common import refuse


class ApiStageArgs(TypedDict):
    """A stage that clients of a plan may call."""

    api_id: pulumi.Input[str]
    """Identifier of the REST API."""
    stage: pulumi.Input[str]
    """Name of its stage."""


class UsagePlanArgs(TypedDict):
    """Clients with the same limits, each of them for itself."""

    name: str
    """Name of the plan."""
    keys: NotRequired[Sequence[str]]
    """Clients; each has a key of this name; none by default."""
    rate: NotRequired[float]
    """Steady rate of each client, in requests per second; the stage's own by default."""
    burst: NotRequired[int]
    """Requests of each client that may come at once; the stage's own by default."""
    quota: NotRequired[int]
    """Requests of each client in a period; no quota by default."""
    period: NotRequired[str]
    """Period of the quota, `DAY` (default), `WEEK` or `MONTH`."""


class UsagePlansArgs(TypedDict):
    """Arguments of `UsagePlans`."""

    stages: Sequence[ApiStageArgs]
    """Stages that the clients may call."""
    plans: Sequence[UsagePlanArgs]
    """The plans."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: UsagePlansArgs) -> Iterator[tuple[str, str]]:
    if not args["stages"]:
        yield "stages", "keys would open nothing: give the stage of an API"
    names = [plan["name"] for plan in args["plans"]]
    keys = [key for plan in args["plans"] for key in plan.get("keys", ())]
    for path, given in (("plans", names), ("plans.keys", keys)):
        for name in dict.fromkeys(name for name in given if given.count(name) > 1):
            yield path, f"'{name}' occurs twice: a client has one key, and a key one plan"


class UsagePlans(pulumi.ComponentResource):
    """Usage plans with the keys of their clients. Values of keys are made by API Gateway and never leave it but as secrets."""

    key_ids: Mapping[str, pulumi.Output[str]]
    """Client to the identifier of its key, which access logs show."""
    key_values: Mapping[str, pulumi.Output[str]]
    """Client to the value of its key, a secret."""

    def __init__(self, name: str, args: UsagePlansArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:UsagePlans", name, {**args}, opts)
        refuse(name, _problems(args))
        self._prefix = name
        tags = args.get("tags")
        self.plans: dict[str, aws.apigateway.UsagePlan] = {}
        self.keys: dict[str, aws.apigateway.ApiKey] = {}
        self.members: dict[str, aws.apigateway.UsagePlanKey] = {}
        for plan in args["plans"]:
            made = self.plans[plan["name"]] = self._plan(plan, args["stages"], tags)
            for client in plan.get("keys", ()):
                self._client(client, made, tags)
        self.key_ids = {client: key.id for client, key in self.keys.items()}
        self.key_values = {client: pulumi.Output.secret(key.value) for client, key in self.keys.items()}
        self.register_outputs({"key_ids": self.key_ids, "key_values": self.key_values})

    def _plan(self, plan: UsagePlanArgs, stages: Sequence[ApiStageArgs], tags: Tags | None) -> aws.apigateway.UsagePlan:
        quota = plan.get("quota")
        return aws.apigateway.UsagePlan(
            f"{self._prefix}-{plan['name']}",
            description=f"Limits of each client of {plan['name']}",
            api_stages=[
                aws.apigateway.UsagePlanApiStageArgs(api_id=stage["api_id"], stage=stage["stage"]) for stage in stages
            ],
            throttle_settings=aws.apigateway.UsagePlanThrottleSettingsArgs(
                rate_limit=plan.get("rate"), burst_limit=plan.get("burst")
            ),
            quota_settings=(
                aws.apigateway.UsagePlanQuotaSettingsArgs(limit=quota, period=plan.get("period", "DAY"))
                if quota is not None
                else None
            ),
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _client(self, client: str, plan: aws.apigateway.UsagePlan, tags: Tags | None) -> None:
        key = self.keys[client] = aws.apigateway.ApiKey(
            f"{self._prefix}-{client}-key",
            description=f"Key of {client}",
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.members[client] = aws.apigateway.UsagePlanKey(
            f"{self._prefix}-{client}-member",
            usage_plan_id=plan.id,
            key_id=key.id,
            key_type="API_KEY",
            # A key has one plan for each stage: it leaves the old one first.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True, additional_secret_outputs=["value"]),
        )
