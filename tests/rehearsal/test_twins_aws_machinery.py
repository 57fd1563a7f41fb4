"""The AWS twin's machinery, shown on small rows of its own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from aws_cases.case import Scene, Step

from apim_infra.rehearsal.provider import Instance, Problem, RejectedError
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.table import Companion, Name, Quota, Reference, ResourceType
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


def test_id_arn_and_outputs_are_filled_in() -> None:
    created = scene(queue_row()).create(Step(QUEUE, "jobs", {"name": "jobs", "tags": {"a": "b"}}))
    assert created.id.startswith("q-")
    assert created.outputs["arn"] == "arn:aws:sqs:eu-central-1:111122223333:jobs"
    assert created.outputs["region"] == "eu-central-1"
    assert created.outputs["tagsAll"] == {"a": "b"}


def test_a_seed_gives_the_same_answers_and_another_seed_others() -> None:
    first, again, other = (scene(queue_row(), seed=seed).create(Step(QUEUE, "jobs")) for seed in (1, 1, 2))
    assert first == again
    assert first.id != other.id
    assert first.outputs["name"] != other.outputs["name"]


def test_an_identifier_may_be_made_of_an_output_of_the_row() -> None:
    row = queue_row(identifier="{url}", outputs=lambda context: {"url": f"https://sqs/{context.name}"})
    assert scene(row).create(Step(QUEUE, "jobs", {"name": "jobs"})).id == "https://sqs/jobs"


def test_every_problem_is_told_not_only_the_first() -> None:
    def rule(context: Context) -> list[Problem]:
        return [context.problem("Ruled", "never"), context.problem("RuledToo", "never ever")]

    world = scene(queue_row(rules=(rule,), references=(Reference("kmsMasterKeyId", TOPIC, "NoKey"),)))
    with pytest.raises(RejectedError) as refused:
        world.create(Step(QUEUE, "jobs", {"kmsMasterKeyId": "none"}))
    assert codes(refused) == ["NoKey", "Ruled", "RuledToo"]


def test_a_warning_does_not_refuse() -> None:
    row = queue_row(rules=(lambda context: [context.warning("Doubtful", "perhaps")],))
    created = scene(row).create(Step(QUEUE, "jobs"))
    assert [problem.code for problem in created.warnings] == ["Doubtful"]


def test_columns_are_checked_before_creation() -> None:
    row = queue_row(
        required=("policy",),
        enums={"fifoThroughputLimit": ("perQueue",)},
        ranges={"delaySeconds": (0, 900)},
        patterns={"kmsMasterKeyId": "alias/.*"},
        conflicts=(("kmsMasterKeyId", "sqsManagedSseEnabled"),),
        exactly_one=(("redrivePolicy", "redriveAllowPolicy"),),
        value_code="BadValue",
        missing_code="Missing",
    )
    wrong = {
        "fifoThroughputLimit": "some",
        "delaySeconds": 901,
        "kmsMasterKeyId": "key",
        "sqsManagedSseEnabled": True,
    }
    with pytest.raises(RejectedError) as refused:
        scene(row).create(Step(QUEUE, "jobs", wrong))
    assert {(problem.code, problem.path) for problem in refused.value.problems} == {
        ("Missing", "policy"),
        ("CheckFailure", "redrivePolicy"),
        ("CheckFailure", "kmsMasterKeyId"),
        ("BadValue", "fifoThroughputLimit"),
        ("BadValue", "delaySeconds"),
        ("BadValue", "kmsMasterKeyId"),
    }


def test_defaults_are_filled_in_and_an_explicit_value_wins() -> None:
    world = scene(queue_row(defaults={"delaySeconds": 5}))
    assert world.create(Step(QUEUE, "a")).outputs["delaySeconds"] == 5
    assert world.create(Step(QUEUE, "b", {"delaySeconds": 7})).outputs["delaySeconds"] == 7


class TestNames:
    def test_a_name_is_made_up_and_kept(self) -> None:
        world = scene(queue_row())
        made = world.create(Step(QUEUE, "jobs"))
        assert made.outputs["name"].startswith("jobs-")
        assert len(made.outputs["name"]) == len("jobs-") + 7
        request = world.request(Step(QUEUE, "jobs"), id=made.id, old_inputs=made.outputs)
        assert world.twin.check(request).inputs["name"] == made.outputs["name"]

    def test_a_replacement_gets_another_made_up_name_and_id(self) -> None:
        world = scene(queue_row())
        first, second = world.create(Step(QUEUE, "jobs")), world.create(Step(QUEUE, "jobs"))
        assert first.outputs["name"] != second.outputs["name"]
        assert first.id != second.id

    def test_a_fixed_name_stands_in_the_way_of_its_own_replacement(self) -> None:
        world = scene(queue_row())
        world.create(Step(QUEUE, "jobs", {"name": "jobs"}))
        with pytest.raises(RejectedError) as refused:
            world.create(Step(QUEUE, "jobs", {"name": "jobs"}))
        assert codes(refused) == ["NameTaken"]

    @pytest.mark.parametrize(("unique", "taken"), [(("region",), False), (("account",), True), (None, False)])
    def test_names_are_unique_within_their_scope(self, unique: tuple[str, ...] | None, *, taken: bool) -> None:
        row = queue_row(name=Name("name", unique=unique, taken_code="NameTaken"))
        world = scene(row)
        world.create(Step(QUEUE, "a", {"name": "jobs"}))
        far = Step(QUEUE, "b", {"name": "jobs", "region": "eu-west-1"})
        if taken:
            with pytest.raises(RejectedError) as refused:
                world.create(far)
            assert codes(refused) == ["NameTaken"]
        else:
            assert world.create(far).outputs["name"] == "jobs"

    @pytest.mark.parametrize("name", ["Jobs", "a" * 21])
    def test_names_have_a_form(self, name: str) -> None:
        with pytest.raises(RejectedError) as refused:
            scene(queue_row()).create(Step(QUEUE, "jobs", {"name": name}))
        assert codes(refused) == ["BadName"]

    def test_a_prefix_is_extended(self) -> None:
        row = queue_row(name=Name("name", longest=80))
        name = scene(row).create(Step(QUEUE, "jobs", {"namePrefix": "jobs-"})).outputs["name"]
        assert name.startswith("jobs-")
        assert len(name) == len("jobs-") + 26


class TestReferences:
    def world(self) -> Scene:
        world = scene(queue_row(), TOPIC_ROW, SUBSCRIPTION_ROW)
        world.create(Step(TOPIC, "news", {"name": "news"}))
        world.create(Step(QUEUE, "jobs", {"name": "jobs"}))
        return world

    @pytest.mark.parametrize("endpoint", ["${jobs.arn}", "jobs", "mailto:a@example.com"])
    def test_what_exists_or_is_allowed_may_be_named(self, endpoint: str) -> None:
        step = Step(SUBSCRIPTION, "s", {"topic": "${news.arn}", "protocol": "sqs", "endpoint": endpoint})
        assert self.world().create(step).id

    def test_what_does_not_exist_is_refused_with_its_path(self) -> None:
        with pytest.raises(RejectedError) as refused:
            self.world().create(Step(SUBSCRIPTION, "s", {"topic": "t", "protocol": "sqs", "endpoint": "q"}))
        assert [(problem.code, problem.path) for problem in refused.value.problems] == [
            ("NoTopic", "topic"),
            ("NoQueue", "endpoint"),
        ]

    def test_what_is_in_another_region_has_its_own_code(self) -> None:
        world = self.world()
        far = {"topic": "${news.arn}", "protocol": "sqs", "endpoint": "mailto:a", "region": "eu-west-1"}
        with pytest.raises(RejectedError) as refused:
            world.create(Step(SUBSCRIPTION, "s", far))
        assert codes(refused) == ["FarTopic"]
        assert "eu-central-1" in refused.value.problems[0].hint

    def test_what_is_named_is_held_until_the_holder_goes(self) -> None:
        world = self.world()
        world.create(Step(SUBSCRIPTION, "s", {"topic": "${news.arn}", "protocol": "sqs", "endpoint": "mailto:a"}))
        with pytest.raises(RejectedError) as refused:
            world.delete("news")
        assert codes(refused) == ["InUse"]
        for name in ("s", "news", "jobs"):
            world.delete(name)
        assert world.twin.leftovers() == ()


def test_a_quota_counts_within_its_scope() -> None:
    world = scene(queue_row(quota=Quota(2, ("region",), "TooMany")))
    for name in ("a", "b"):
        world.create(Step(QUEUE, name))
    world.create(Step(QUEUE, "far", {"region": "eu-west-1"}))
    with pytest.raises(RejectedError) as refused:
        world.create(Step(QUEUE, "c"))
    assert codes(refused) == ["TooMany"]


def test_companions_come_and_go_with_their_owner() -> None:
    def companions(context: Context) -> list[Companion]:
        return [Companion(TOPIC, "alarm", {"arn": f"{context.outputs['arn']}/alarm"})]

    world = scene(queue_row(companions=companions), TOPIC_ROW, SUBSCRIPTION_ROW)
    world.create(Step(QUEUE, "jobs", {"name": "jobs"}))
    step = Step(SUBSCRIPTION, "s", {"topic": "${jobs.arn}/alarm", "protocol": "sqs", "endpoint": "jobs"})
    world.create(step)
    world.delete("s")
    assert [left.type for left in world.twin.leftovers()] == [QUEUE]
    world.delete("jobs")
    assert list(world.twin.world.all(TOPIC)) == []


class TestUpdate:
    def test_it_keeps_id_arn_and_what_the_cloud_added(self) -> None:
        row = queue_row(outputs=lambda context: {"url": f"https://sqs/{context.id}"})
        world = scene(row)
        made = world.create(Step(QUEUE, "jobs", {"name": "jobs", "delaySeconds": 1}))
        changed = world.update(Step(QUEUE, "jobs", {"name": "jobs", "delaySeconds": 2}))
        assert changed.id == made.id
        assert changed.outputs == {**made.outputs, "delaySeconds": 2}
        assert len(world.twin.leftovers()) == 1

    def test_an_input_that_is_taken_out_goes_from_the_outputs(self) -> None:
        world = scene(queue_row())
        world.create(Step(QUEUE, "jobs", {"name": "jobs", "delaySeconds": 1}))
        assert "delaySeconds" not in world.update(Step(QUEUE, "jobs", {"name": "jobs"})).outputs

    def test_rules_see_the_old_inputs_and_may_refuse(self) -> None:
        def grows(context: Context) -> list[Problem]:
            shrinks = context.old is not None and context.value("delaySeconds") < context.old["delaySeconds"]
            return [context.problem("Shrinks", "no")] if shrinks else []

        world = scene(queue_row(rules=(grows,)))
        world.create(Step(QUEUE, "jobs", {"name": "jobs", "delaySeconds": 5}))
        with pytest.raises(RejectedError) as refused:
            world.update(Step(QUEUE, "jobs", {"name": "jobs", "delaySeconds": 1}))
        assert codes(refused) == ["Shrinks"]

    def test_ignored_changes_stay_as_they_were(self) -> None:
        world = scene(queue_row())
        made = world.create(Step(QUEUE, "jobs", {"name": "jobs", "tags": {"a": "1", "b": "1"}}))
        step = Step(QUEUE, "jobs", {"name": "jobs", "tags": {"a": "2", "b": "2"}})
        old = {"name": "jobs", "tags": {"a": "1", "b": "1"}}
        request = world.request(step, id=made.id, old_inputs=old, ignore_changes=("tags.a",))
        assert world.twin.update(request).outputs["tags"] == {"a": "1", "b": "2"}

    def test_what_is_gone_cannot_be_updated_or_deleted(self) -> None:
        world = scene(queue_row())
        request = world.request(Step(QUEUE, "jobs", {"name": "jobs"}), id="q-none", old_inputs={})
        for call in (world.twin.update, world.twin.delete):
            with pytest.raises(RejectedError) as refused:
                call(request)
            assert codes(refused) == ["ResourceNotFoundException"]


def test_delete_rules_refuse_and_unprotect_switches_protection_off() -> None:
    def protected(context: Context) -> list[Problem]:
        return [context.problem("Protected", "no")] if context.inputs.get("fifoQueue") else []

    world = scene(queue_row(delete_rules=(protected,), protections={"fifoQueue": False}))
    world.create(Step(QUEUE, "jobs", {"name": "jobs", "fifoQueue": True}))
    with pytest.raises(RejectedError) as refused:
        world.delete("jobs")
    assert codes(refused) == ["Protected"]
    request = world.made["jobs"][0]
    assert world.twin.unprotect(request) == {"name": "jobs", "fifoQueue": False}
    assert world.twin.unprotect(replace(request, inputs={"fifoQueue": False})) is None


def test_a_snapshot_brings_everything_back() -> None:
    world = scene(queue_row(), TOPIC_ROW)
    world.create(Step(QUEUE, "a", {"name": "a"}))
    before = world.twin.snapshot()
    first = world.create(Step(TOPIC, "t", {"name": "t"}))
    world.update(Step(QUEUE, "a", {"name": "a", "delaySeconds": 3}))
    world.twin.restore(before)
    assert [left.type for left in world.twin.leftovers()] == [QUEUE]
    assert world.twin.world.find(QUEUE, "a", "name", "eu-central-1")["delaySeconds"] is None  # type: ignore[index]
    assert world.create(Step(TOPIC, "t", {"name": "t"})) == first


class TestOutsideOfTheStack:
    def test_what_is_read_and_not_there_is_taken_to_exist(self) -> None:
        world = scene(queue_row(), TOPIC_ROW, SUBSCRIPTION_ROW)
        read = world.twin.read(world.request(Step(TOPIC, "old"), id="arn:aws:sns:eu-central-1:111122223333:old"))
        assert read.not_verified
        topic = read.outputs["arn"]
        world.create(Step(SUBSCRIPTION, "s", {"topic": topic, "protocol": "email", "endpoint": "mailto:a"}))
        world.delete("s")
        assert world.twin.leftovers() == ()

    def test_what_is_there_is_read_as_it_is(self) -> None:
        world = scene(queue_row())
        made = world.create(Step(QUEUE, "jobs", {"name": "jobs"}))
        read = world.twin.read(world.request(Step(QUEUE, "jobs"), id=made.id))
        assert read.outputs == made.outputs
        assert not read.not_verified


class TestDifference:
    ROW = queue_row(create_only=frozenset({"name", "redrivePolicy"}), cloudformation="AWS::SQS::Queue")

    def compare(
        self, row: ResourceType, old: Mapping[str, Any], new: Mapping[str, Any], ignore: tuple[str, ...] = ()
    ) -> Any:
        world = scene(row)
        return world.twin.diff(world.request(Step(QUEUE, "jobs", new), old_inputs=old, ignore_changes=ignore))

    def test_equal_inputs_do_not_differ(self) -> None:
        found = self.compare(self.ROW, {"name": "a", "tags": {"x": "1"}}, {"tags": {"x": "1"}, "name": "a"})
        assert found.changed == ()

    def test_changes_are_told_by_path(self) -> None:
        found = self.compare(self.ROW, {"delaySeconds": 1, "tags": {"x": "1"}}, {"delaySeconds": 2, "tags": {"x": "2"}})
        assert found.changed == ("delaySeconds", "tags.x")
        assert found.replaced_by == ()

    def test_create_only_inputs_replace_and_cloudformation_knows_more_of_them(self) -> None:
        found = self.compare(self.ROW, {"name": "a", "fifoQueue": False}, {"name": "b", "fifoQueue": True})
        assert found.replaced_by == ("fifoQueue", "name")
        assert not found.delete_before_replace

    def test_a_row_can_say_that_the_provider_updates_in_place(self) -> None:
        row = replace(self.ROW, in_place=frozenset({"fifoQueue"}), delete_before_replace=True)
        found = self.compare(row, {"fifoQueue": False}, {"fifoQueue": True})
        assert found.changed == ("fifoQueue",)
        assert found.replaced_by == ()
        assert not found.delete_before_replace

    def test_a_row_can_ask_for_deletion_first(self) -> None:
        row = replace(self.ROW, delete_before_replace=True)
        assert self.compare(row, {"name": "a"}, {"name": "b"}).delete_before_replace

    def test_tags_never_replace_and_ignored_paths_do_not_differ(self) -> None:
        row = replace(self.ROW, create_only=frozenset({"tags", "name"}))
        assert self.compare(row, {"tags": {"x": "1"}}, {"tags": {"x": "2"}}).replaced_by == ()
        assert self.compare(row, {"tags": {"x": "1"}}, {"tags": {"x": "2"}}, ("tags",)).changed == ()
        assert self.compare(row, {"tags": {"x": "1"}}, {"tags": {"x": "2"}}, ("tags.x",)).changed == ()


class TestProvider:
    def instance(self, **inputs: Any) -> Instance:
        return Instance("urn:pulumi:s::p::pulumi:providers:aws::default", "id", inputs)

    def test_default_tags_are_put_on_and_own_tags_win(self) -> None:
        world = scene(queue_row())
        world.provider = self.instance(region="eu-central-1", defaultTags='{"tags": {"owner": "team", "env": "dev"}}')
        created = world.create(Step(QUEUE, "jobs", {"tags": {"env": "prd"}}))
        assert created.outputs["tagsAll"] == {"owner": "team", "env": "prd"}

    def test_a_resource_may_choose_its_region(self) -> None:
        world = scene(queue_row())
        assert ":eu-west-1:" in world.create(Step(QUEUE, "jobs", {"region": "eu-west-1"})).outputs["arn"]

    @pytest.mark.parametrize(
        ("inputs", "path"),
        [
            ({}, "region"),
            ({"region": "eu-center-1"}, "region"),
            ({"region": "eu-central-1", "regoin": "x"}, "regoin"),
            ({"region": "eu-central-1", "defaultTags": '{"tag": {}}'}, "defaultTags.tag"),
        ],
    )
    def test_wrong_configuration_is_refused(self, inputs: Mapping[str, Any], path: str) -> None:
        problems = scene(queue_row()).twin.check_config(self.instance(**inputs))
        assert [(problem.code, problem.path) for problem in problems] == [("CheckFailure", path)]

    def test_good_configuration_is_not(self) -> None:
        twin = scene(queue_row()).twin
        assert twin.check_config(self.instance(region="eu-central-1", version="7.51.1", maxRetries="5")) == ()
        warned = twin.check_config(self.instance(region="eu-central-1", allowedAccountIds='["123456789012"]'))
        assert [problem.warning for problem in warned] == [True]


def test_injected_failures_are_the_rows_own_or_the_services() -> None:
    own = Problem("QueueDeletedRecently", "wait")
    twin = scene(queue_row(failure=own), TOPIC_ROW).twin
    assert twin.injected_failure(QUEUE) is own
    assert twin.injected_failure(TOPIC).code == "TopicLimitExceeded"
    assert twin.injected_failure("aws:unheard/of:Of").code == "ThrottlingException"
