"""The AWS twin's machinery, shown on small rows of its own."""

from dataclasses import replace

import pytest
from aws_cases.case import Scene, Step
from aws_small_rows import QUEUE, SUBSCRIPTION, SUBSCRIPTION_ROW, TOPIC, TOPIC_ROW, codes, queue_row, scene

from apim_infra.rehearsal.provider import Problem, RejectedError
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.table import Companion, Name, Quota, Reference


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
    assert world.twin.world.find(QUEUE, "a", "name", "eu-central-1")["delaySeconds"] is None  # type: ignore[index] - it is there
    assert world.create(Step(TOPIC, "t", {"name": "t"})) == first
