"""The AWS twin as a provider: what differs, its configuration, what is outside of the stack."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from aws_cases.case import Step
from aws_small_rows import QUEUE, SUBSCRIPTION, SUBSCRIPTION_ROW, TOPIC, TOPIC_ROW, codes, queue_row, scene

from apim_infra.rehearsal.provider import Instance, Problem, RejectedError
from apim_infra.rehearsal.twins.aws.table import ResourceType


class TestOutsideOfTheStack:
    def test_what_is_read_and_not_there_is_taken_to_exist(self) -> None:
        world = scene(queue_row(), TOPIC_ROW, SUBSCRIPTION_ROW)
        read = world.twin.read(world.request(Step(TOPIC, "old"), id="arn:aws:sns:eu-central-1:111122223333:old"))
        assert read.not_verified
        topic = read.outputs["arn"]
        world.create(Step(SUBSCRIPTION, "s", {"topic": topic, "protocol": "email", "endpoint": "mailto:a"}))
        world.delete("s")
        assert world.twin.leftovers() == ()

    @pytest.mark.parametrize(("identifier", "there"), [("q-0123456789abcdef", True), ("q-", False), ("queue", False)])
    def test_an_id_that_nothing_can_have_is_not(self, identifier: str, *, there: bool) -> None:
        world = scene(queue_row())
        request = world.request(Step(QUEUE, "jobs"), id=identifier)
        if there:
            assert world.twin.read(request).id == identifier
        else:
            with pytest.raises(RejectedError) as refused:
                world.twin.read(request)
            assert codes(refused) == ["ResourceNotFoundException"]

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
