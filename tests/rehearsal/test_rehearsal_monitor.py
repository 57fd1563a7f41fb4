"""What the monitor makes of registrations, by way of the SDK itself."""

import asyncio
from typing import Any

import pulumi
import pytest
from rehearsal_fakes import THING, FakeCloud, FakeProvider, Group, Thing

from apim_infra.findings import Severity
from apim_infra.rehearsal.state import Operation, Outcome
from apim_infra.rehearsal.testing import Recording, record

Options = pulumi.ResourceOptions


def run(program: Any, cloud: FakeCloud | None = None, **options: Any) -> Recording:
    return record(program, providers={"fake": cloud or FakeCloud()}, **options)


def several(*resources: Thing) -> None:
    """Make a program of several resources an expression."""


def operations(recording: Recording) -> dict[str, str]:
    return {step.urn.rpartition("::")[2]: str(step.operation) for step in recording.steps}


def test_names_parents_and_outputs_of_nested_components() -> None:
    recording = run(lambda: Group("g", depth=1))
    thing = recording.named("g-inner-thing")
    assert thing.urn == "urn:pulumi:test::apim::test:index:Group1$test:index:Group0$fake:index:Thing::g-inner-thing"
    assert thing.parent == recording.named("g-inner").urn
    assert recording.named("g").outputs == {"arn": "arn:g-thing-0"}
    assert recording.named("g").inputs == {"depth": 1}
    assert recording.errors == []


def test_sources_are_lines_of_the_users_code() -> None:
    recording = run(lambda: Thing("here"))
    file, _, line = recording.named("here").source.partition(":")
    assert file == "tests/rehearsal/test_rehearsal_monitor.py"
    assert int(line) > 1


def test_dependencies_by_option_and_by_property() -> None:
    def program() -> None:
        a = Thing("a")
        b = Thing("b")
        Thing("c", Options(depends_on=[a]), uses=[b.id], label=b.arn)

    recording = run(program)
    a, b, c = (recording.named(name).urn for name in "abc")
    resource = recording.named("c")
    assert resource.dependencies == sorted([a, b])
    assert resource.property_dependencies == {"label": [b], "uses": [b]}
    assert [r.urn for r in recording.graph.resources].index(c) == len(recording.graph.resources) - 1


def test_the_default_provider_has_the_stacks_configuration() -> None:
    cloud = FakeCloud()
    recording = run(
        lambda: several(Thing("a"), Thing("b")),
        cloud,
        config={"fake:region": "north", "fake:token": "provider-token", "other:x": "1"},
        secret_keys=["fake:token"],
    )
    [provider] = recording.of_type("pulumi:providers:fake")
    assert provider.urn == "urn:pulumi:test::apim::pulumi:providers:fake::default_1_2_3"
    assert provider.parent == ""
    assert provider.inputs == {"region": "north", "token": {"secret": True}}
    assert recording.named("a").provider == f"{provider.urn}::{provider.id}"
    assert cloud.configured == [{"region": "north", "token": "provider-token"}]


def test_a_provider_is_inherited_from_components() -> None:
    def program() -> None:
        north = FakeProvider("north", region="north")
        south = FakeProvider("south", region="south")
        Group("g", Options(providers=[north]), depth=1)
        Thing("own", Options(provider=south))
        child = Thing("parent", Options(provider=north))
        Thing("child", Options(parent=child))

    recording = run(program)
    north, south = recording.named("north"), recording.named("south")
    for name in ("g-thing", "g-inner-thing", "parent", "child"):
        assert recording.named(name).provider == f"{north.urn}::{north.id}", name
    assert recording.named("own").provider == f"{south.urn}::{south.id}"


def test_a_default_provider_can_be_forbidden() -> None:
    recording = run(lambda: Thing("a"), config={"pulumi:disable-default-providers": '["fake"]'})
    assert [finding.rule for finding in recording.errors] == ["default-provider-disabled"]


def test_a_refused_provider_is_a_finding_and_skips_its_resources() -> None:
    def program() -> None:
        Thing("a", Options(provider=FakeProvider("nowhere", region="nowhere")))

    recording = run(program)
    [finding] = recording.errors
    assert finding.rule == "fake:InvalidRegion"
    assert operations(recording)["a"] == "skip"


def test_protect_retain_and_deleted_with_are_inherited() -> None:
    def program() -> None:
        cluster = Thing("cluster")
        group = Group("g", Options(protect=True, retain_on_delete=True, deleted_with=cluster))
        Thing("open", Options(parent=group, protect=False, retain_on_delete=False))

    recording = run(program)
    state = recording.deployment.recorded
    thing, opened = recording.named("g-thing"), recording.named("open")
    assert thing.protect
    assert not opened.protect
    assert thing.deleted_with == opened.deleted_with == recording.named("cluster").urn
    assert state[thing.urn].retain_on_delete
    assert not state[opened.urn].retain_on_delete


def test_two_resources_of_one_name_are_refused() -> None:
    recording = run(lambda: several(Thing("a"), Thing("a")))
    [finding] = recording.errors
    assert finding.rule == "duplicate-urn"
    assert "test_rehearsal_monitor.py:" in finding.message


def test_secrets_stay_secret() -> None:
    cloud = FakeCloud()

    def program() -> None:
        config = pulumi.Config("apim")
        thing = Thing("a", Options(additional_secret_outputs=["arn"]), password=config.require_secret("password"))
        pulumi.export("token", thing.token)
        pulumi.export("text", pulumi.Output.concat("x-", config.require_secret("password")))
        pulumi.export("leaked", thing.password.apply(lambda p: {"deep": [p]}))
        thing.password.apply(lambda p: pulumi.export("clear", f"no secret any more: {p}"))

    recording = run(program, cloud, config={"apim:password": "topsecret-1"}, secret_keys=["apim:password"])
    resource = recording.named("a")
    secret = {"secret": True}
    assert resource.inputs["password"] == secret
    assert resource.outputs["password"] == resource.outputs["token"] == resource.outputs["arn"] == secret
    assert cloud.seen["a"]["password"] == "topsecret-1"
    assert recording.exports["token"] == recording.exports["text"] == recording.exports["leaked"] == secret
    assert "topsecret-1" not in str(recording.graph.to_json())


def test_secrets_are_taken_out_of_rejections() -> None:
    recording = run(lambda: Thing("a", password=pulumi.Output.secret("q7-x2z")))
    [finding] = recording.errors
    assert finding.message == "password [secret] is too short"


def test_a_rejection_names_path_code_source_and_hint_and_the_rest_goes_on() -> None:
    def program() -> None:
        big = Thing("big", size=101)
        Thing("needs-big", uses=[big.id])
        Thing("after-big", Options(depends_on=[big]))
        Thing("below-big", Options(parent=big))
        Thing("refused", refuse=True)
        Thing("odd", size=99)
        pulumi.export("big", big.id)

    recording = run(program)
    assert operations(recording) == {
        "apim-test": "create",
        "default_1_2_3": "create",
        "big": "fail",
        "needs-big": "skip",
        "after-big": "skip",
        "below-big": "skip",
        "refused": "fail",
        "odd": "create",
    }
    rules = {finding.rule: finding for finding in recording.findings}
    assert set(rules) == {"fake:SizeTooLarge", "fake:Refused", "fake:SizeOdd"}
    assert rules["fake:SizeTooLarge"].message == "size: 101 is more than 100"
    assert rules["fake:SizeTooLarge"].fix == "choose at most 100"
    assert rules["fake:SizeTooLarge"].source.startswith("tests/rehearsal/test_rehearsal_monitor.py:")
    assert rules["fake:SizeOdd"].severity is Severity.WARNING


def test_unknown_types_are_counted_by_name() -> None:
    def program() -> None:
        Thing("a", type_="fake:index:Unknown")
        b = Thing("b", type_="fake:index:Unknown")
        Thing("c", type_="other:index:Thing")
        Thing("d", uses=[b.id])

    recording = run(program)
    messages = sorted(finding.message for finding in recording.errors)
    assert len(messages) == 2
    assert messages[0].startswith("no twin knows the type fake:index:Unknown: 2 resources not rehearsed (a, b)")
    assert messages[1].startswith("no twin knows the type other:index:Thing: 1 resource not rehearsed (c)")
    assert operations(recording)["d"] == "skip"


def test_stack_and_resource_transforms_run_in_the_engines_order() -> None:
    order: list[tuple[str, str]] = []

    def transform(label: str) -> Any:
        def apply(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
            if args.type_ != THING:
                return None
            order.append((label, args.name))
            return pulumi.ResourceTransformResult(
                {**args.props, label: True}, Options.merge(args.opts, Options(protect=True))
            )

        return apply

    def program() -> None:
        pulumi.runtime.register_stack_transform(transform("stack"))
        group = pulumi.ComponentResource("test:index:C", "c", None, Options(transforms=[transform("parent")]))
        Thing("a", Options(parent=group, transforms=[transform("own")]), size=1)

    recording = run(program)
    assert order == [("own", "a"), ("parent", "a"), ("stack", "a")]
    resource = recording.named("a")
    assert resource.inputs == {"size": 1, "own": True, "parent": True, "stack": True}
    assert resource.protect


def test_a_transform_that_changes_nothing_keeps_dependencies() -> None:
    def program() -> None:
        a = Thing("a")
        Thing("b", Options(transforms=[lambda _: None]), uses=[a.id])

    recording = run(program)
    assert recording.named("b").property_dependencies == {"uses": [recording.named("a").urn]}


def test_a_failing_transform_reaches_the_program() -> None:
    def broken(args: pulumi.ResourceTransformArgs) -> None:
        raise ValueError("no such thing")

    with pytest.raises(Exception, match="no such thing"):
        run(lambda: Thing("a", Options(transforms=[broken])))


def test_hooks_run_around_creation() -> None:
    seen: list[str] = []

    def hook(name: str, error: str = "") -> pulumi.ResourceHook:
        def call(args: pulumi.ResourceHookArgs) -> None:
            seen.append(f"{name} {args.name} {bool(args.new_outputs)}")
            if error:
                raise ValueError(error)

        return pulumi.ResourceHook(name, call)

    def program() -> None:
        before, after = hook("before"), hook("after")
        Thing("a", Options(hooks=pulumi.ResourceHookBinding(before_create=[before], after_create=[after])))
        Thing("b", Options(hooks=pulumi.ResourceHookBinding(before_create=[hook("stop", "not today")])))

    recording = run(program)
    assert sorted(seen) == ["after a True", "before a False", "stop b False"]
    [finding] = recording.errors
    assert finding.rule == "hook-failed"
    assert "not today" in finding.message
    assert operations(recording)["b"] == "fail"


def test_an_error_hook_may_ask_for_another_try() -> None:
    asked: list[list[str]] = []

    def program() -> None:
        def on_error(args: pulumi.ErrorHookArgs) -> bool:
            asked.append(args.errors)
            return len(asked) < 3

        Thing(
            "a", Options(hooks=pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook("again", on_error)])), refuse=True
        )

    recording = run(program)
    assert asked == [["Refused: the cloud refuses"]] * 3
    assert [finding.rule for finding in recording.errors] == ["fake:Refused"]


def test_aliases_find_a_renamed_resource_and_its_children() -> None:
    cloud = FakeCloud()

    def program(name: str, **options: Any) -> Any:
        def make() -> None:
            group = pulumi.ComponentResource("test:index:C", name, None, Options(**options))
            Thing(f"{name}-thing", Options(parent=group), label="kept")

        return make

    first = run(program("old"), cloud)
    second = run(program("new", aliases=[pulumi.Alias(name="old")]), cloud, before=first)
    assert second.named("new").aliases == [{"name": "old"}]
    assert operations(second) == {"default_1_2_3": "same", "apim-test": "same", "new": "same", "new-thing": "same"}
    assert sorted(r.name for r in second.deployment.after.resources.values()) == [
        "apim-test",
        "default_1_2_3",
        "new",
        "new-thing",
    ]
    by_urn = run(program("third", aliases=[second.named("new").urn]), cloud, before=second)
    assert operations(by_urn)["third-thing"] == "same"


def test_an_update_a_replacement_and_a_deletion() -> None:
    cloud = FakeCloud()
    first = run(lambda: several(Thing("a", size=1), Thing("b"), Thing("c"), Thing("d", size=1)), cloud)

    def program() -> None:
        Thing("a", size=2)
        Thing("b", label="other")
        Thing("d", Options(ignore_changes=["size"]), size=7)

    second = run(program, cloud, before=first)
    steps = {step.urn.rpartition("::")[2]: step for step in second.steps if step.operation is not Operation.DELETE}
    assert steps["a"].operation is Operation.UPDATE
    assert steps["a"].paths == ("size",)
    assert steps["b"].operation is Operation.REPLACE
    assert steps["d"].operation is Operation.SAME
    assert sorted(cloud.world) == ["a-0", "d-0", "other-0"]
    assert cloud.calls[-2:] == [("delete", "b"), ("delete", "c")]
    assert sorted(r.name for r in second.deployment.after.resources.values() if r.custom) == [
        "a",
        "b",
        "d",
        "default_1_2_3",
    ]


@pytest.mark.parametrize(
    "options",
    [{"replace_on_changes": ["size"]}, {"replacement_trigger": "two"}],
)
def test_what_makes_an_update_a_replacement(options: dict[str, Any]) -> None:
    cloud = FakeCloud()
    first = run(lambda: Thing("a", Options(replacement_trigger="one"), size=1), cloud)
    trigger = {"replacement_trigger": "one", **options}
    second = run(lambda: Thing("a", Options(**trigger, delete_before_replace=True), size=2), cloud, before=first)
    assert operations(second)["a"] == "replace"
    assert cloud.calls[-2:] == [("delete", "a"), ("create", "a")]


def test_a_resource_is_read_but_not_deleted() -> None:
    cloud = FakeCloud()

    def program() -> None:
        known = Thing("known", Options(id="known-1"), size=3)
        Thing("missing", Options(id="missing-1"))
        pulumi.export("arn", known.arn)

    recording = run(program, cloud)
    assert recording.exports["arn"] == "arn:known-1"
    assert recording.named("known").external
    assert [finding.rule for finding in recording.errors] == ["fake:NotFound"]
    again = run(lambda: None, cloud, before=recording)
    assert ("delete", "known") not in cloud.calls
    assert again.deployment.after.resources.keys() == {again.graph.resources[0].urn}


def test_a_resource_is_imported() -> None:
    recording = run(lambda: Thing("a", Options(import_="known-7")))
    assert recording.named("a").id == "known-7"
    assert operations(recording)["a"] == "import"


def test_data_sources_are_answered_and_refused() -> None:
    def program() -> None:
        provider = FakeProvider("north", region="north")
        options = pulumi.InvokeOptions(provider=provider)
        zones = pulumi.runtime.invoke_output(
            "fake:index:getZones", {"secret": pulumi.Output.secret("s3cret-x")}, options
        )
        pulumi.export("zones", zones)
        pulumi.export("here", pulumi.runtime.invoke("fake:index:getZones", {}).value["zones"])

    recording = run(program)
    assert recording.exports == {"here": ["here-a"], "zones": {"secret": True}}


def test_an_unknown_data_source_is_reported_and_raised() -> None:
    recorded: list[Recording] = []

    def program() -> None:
        pulumi.runtime.invoke("fake:index:getNothing", {})

    with pytest.raises(Exception, match="UnknownFunction: no data source fake:index:getNothing"):
        recorded.append(run(program))


def test_a_resource_passed_as_a_value_reaches_the_provider_as_its_id() -> None:
    cloud = FakeCloud()

    def program() -> None:
        a = Thing("a")
        Thing("b", uses=[a])

    recording = run(program, cloud)
    assert cloud.seen["b"]["uses"] == ["a-0"]
    assert recording.named("b").inputs["uses"] == ["a-0"]


def test_methods_and_remote_components_are_refused_clearly() -> None:
    def program() -> None:
        pulumi.ComponentResource("fake:index:Remote", "r", {}, None, remote=True)

    [finding] = run(program).errors
    assert finding.rule == "remote-component"


def test_the_order_of_arrival_does_not_show() -> None:
    def program() -> None:
        async def later(number: int) -> str:
            await asyncio.sleep(0.002 * (number % 3))
            return f"n{number}"

        for number in range(12):
            Thing(f"t{number}", label=pulumi.Output.from_input(later(number)))

    graphs = {str(run(program, parallel=parallel).graph.to_json()) for parallel in (1, 2, 8)}
    assert len(graphs) == 1


def test_what_twins_could_not_check_is_remembered() -> None:
    recording = run(lambda: Thing("a"))
    assert recording.deployment.not_verified == {recording.named("a").urn: ("the weather",)}


def test_a_failed_resource_has_no_id_and_unknown_outputs() -> None:
    seen: list[Any] = []

    def program() -> None:
        bad = Thing("bad", refuse=True)
        bad.arn.apply(seen.append)
        Group("g")

    recording = run(program)
    assert seen == []
    assert recording.named("bad").id == ""
    assert recording.deployment.recorded[recording.named("bad").urn].outcome is Outcome.FAILED
    assert recording.named("g").outputs == {"arn": "arn:g-thing-0"}


def test_a_defect_of_a_twin_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = FakeCloud()

    def broken(request: Any) -> Any:
        return {}["secret"]

    monkeypatch.setattr(cloud, "create", broken)
    recording = run(lambda: several(Thing("a"), Thing("b", size=101)), cloud)
    assert sorted(finding.rule for finding in recording.errors) == ["fake:SizeTooLarge", "twin-defect"]
    assert "test_rehearsal_monitor.py:" in recording.findings[0].message
    assert operations(recording)["a"] == "fail"


def test_a_provider_that_nobody_knows_is_told_and_stack_references_have_their_own_fix() -> None:
    def program() -> None:
        pulumi.ProviderResource("strange", "alone", {})
        pulumi.StackReference("team/shop/prd")

    found = {finding.message: finding.fix for finding in run(program).errors}
    assert sorted(found) == [
        "no twin knows the type pulumi:providers:strange: 1 resource not rehearsed (alone)",
        "no twin knows the type pulumi:pulumi:StackReference: 1 resource not rehearsed (team/shop/prd)",
    ]
    assert any("knows one stack only" in fix for fix in found.values())


def test_a_stack_transform_changes_calls_of_data_sources() -> None:
    def program() -> None:
        pulumi.runtime.register_invoke_transform(
            lambda args: pulumi.InvokeTransformResult({**args.args, "more": 1}, args.opts)
        )
        pulumi.export("all", pulumi.runtime.invoke_output("fake:index:getZones", {"first": True}))

    assert run(program).exports == {"all": {"zones": ["here-a"], "first": True, "more": 1}}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"custom_timeouts": pulumi.CustomTimeouts(create="soon")}, "unable to parse customTimeout Value soon"),
        ({"deleted_with": pulumi.resource.DependencyResource("nonsense")}, "invalid deletedWith URN"),
        ({"depends_on": [pulumi.resource.DependencyResource("nonsense")]}, "invalid dependency URN"),
    ],
)
def test_what_the_engine_refuses_outright_reaches_the_program(options: dict[str, Any], message: str) -> None:
    with pytest.raises(Exception, match=message):
        run(lambda: Thing("a", Options(**options)))


def test_time_outs_are_kept() -> None:
    recording = run(lambda: Thing("a", Options(custom_timeouts=pulumi.CustomTimeouts(create="1h30m", delete="2.5s"))))
    state = recording.deployment.recorded[recording.named("a").urn]
    assert state.custom_timeouts == {"create": "1h30m", "delete": "2.5s"}


def test_a_type_must_have_three_parts() -> None:
    with pytest.raises(Exception, match="not a valid type token"):
        run(lambda: Thing("a", type_="fake:Thing"))
