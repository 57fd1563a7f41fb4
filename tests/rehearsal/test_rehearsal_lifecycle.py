"""First deployment, a second run that must change nothing, destroy that must leave nothing; over gRPC, in a process of its own."""

from pathlib import Path

import pytest
from rehearsal_fakes import FakeCloud, program

from apim_infra.findings import Severity
from apim_infra.rehearsal.lifecycle import Watcher, rehearse
from apim_infra.rehearsal.report import Rehearsal
from apim_infra.rehearsal.state import Step
from apim_infra.settings.violations import SettingsError


def play(folder: Path, body: str, cloud: FakeCloud | None = None, **options: object) -> Rehearsal:
    return rehearse(program(folder, body), twins={"fake": cloud or FakeCloud()}, timeout=60, **options)  # type: ignore[arg-type] - whatever `rehearse` takes


def rules(report: Rehearsal) -> list[str]:
    return [finding.rule for finding in report.findings if finding.severity is Severity.ERROR]


def test_a_clean_life_cycle(tmp_path: Path) -> None:
    cloud = FakeCloud()
    seen: list[Step] = []
    phases: list[tuple[str, int]] = []
    watcher = Watcher(phase=lambda name, total: phases.append((name, total)), step=seen.append)
    report = play(
        tmp_path,
        """
        from sdk import *
        class Group(pulumi.ComponentResource):
            def __init__(self, name):
                super().__init__("test:index:Group", name)
                options = pulumi.ResourceOptions(parent=self)
                one = Thing(f"{name}-one", options)
                two = Thing(f"{name}-two", options, uses=[one.id])
                self.register_outputs({"arn": two.arn})
                self.arn = two.arn
        pulumi.export("arn", Group("g").arn)
        Thing("loose")
        print("hello from the program")
        """,
        cloud,
        watcher=watcher,
    )
    assert report.exit == 0
    assert report.findings == []
    assert report.steps == {"deploy": {"create": 6}, "repeat": {"same": 6}, "destroy": {"delete": 6}}
    assert set(report.seconds) == {"deploy", "repeat", "destroy", "total"}
    assert phases == [("deploy", 0), ("repeat", 6), ("destroy", 6)]
    assert len(seen) == 18
    assert cloud.world == {}
    assert cloud.calls[-3:] == [("delete", "loose"), ("delete", "g-two"), ("delete", "g-one")]
    assert report.output == ["hello from the program"]
    assert [(c.name, c.type, c.resources) for c in report.components] == [("g", "test:index:Group", 2), ("", "", 1)]
    assert report.packages == {"fake": 3}
    assert report.graph.exports == {"arn": "arn:g-two-0"}
    assert report.not_verified == ["the weather (3 resources)"]
    document = report.to_json()
    assert document["resources"] == 6
    assert "prices" in document["cannot_know"]


def test_both_transports_record_the_same_graph(tmp_path: Path) -> None:
    from apim_infra.rehearsal.testing import record

    body = """
        from sdk import *
        config = pulumi.Config()
        a = Thing("a", pulumi.ResourceOptions(protect=True), size=2, secret=config.require_secret("key"))
        b = Thing("b", pulumi.ResourceOptions(parent=a, aliases=["urn:pulumi:x::y::z::b"]), uses=[a.id])
        Thing("c", pulumi.ResourceOptions(deleted_with=b, ignore_changes=["size"], depends_on=[b]))
        pulumi.export("out", {"b": b.arn, "key": config.get_secret("key")})
        """
    config = {"small:key": "topsecret-2"}
    small = program(tmp_path, body, config=config, secret_keys=("small:key",))
    served = rehearse(small, twins={"fake": FakeCloud()}, timeout=60)

    def run() -> None:
        import runpy
        import sys

        sys.path.insert(0, str(tmp_path))
        try:
            runpy.run_path(str(tmp_path / "__main__.py"))
        finally:
            sys.path.remove(str(tmp_path))
            del sys.modules["sdk"]

    direct = record(
        run,
        project="small",
        stack="test",
        config=config,
        secret_keys=["small:key"],
        providers={"fake": FakeCloud()},
    )
    one, two = served.graph.to_json(), direct.graph.to_json()
    for resource in (*one["resources"], *two["resources"]):
        resource.pop("source")  # told relative to the folder of the program, which differs
    assert one == two
    assert "topsecret-2" not in str(one)


def test_what_a_second_run_would_change_is_an_error(tmp_path: Path) -> None:
    report = play(
        tmp_path,
        """
        import time, uuid
        from sdk import *
        Thing("a", stamp=time.time_ns(), nested={"id": str(uuid.uuid4()), "same": 1})
        Thing(f"b-{uuid.uuid4().hex[:4]}")
        pulumi.export("now", time.time_ns())
        """,
    )
    assert report.exit == 1
    assert set(rules(report)) == {"second-run-changes"}
    messages = [
        finding.message.removeprefix("a second run with the same settings would ") for finding in report.findings
    ]
    assert sorted(messages) == [
        "change the export now",
        "create it",
        "delete it",
        "update it: nested, stamp",
    ]
    by_urn = {f.urn.rpartition("::")[2]: f for f in report.findings}
    assert by_urn["a"].source == "__main__.py:4"


def test_a_data_source_that_answers_otherwise_the_second_time(tmp_path: Path) -> None:
    body = """
        from sdk import *
        there = pulumi.runtime.invoke("fake:index:getCount", {}).value["count"]
        Thing("a", seen=there)
        Thing("b")
        """
    report = play(tmp_path, body)
    [finding] = report.findings
    assert finding.message == "a second run with the same settings would update it: seen"
    assert finding.source == "__main__.py:4"
    assert report.steps["repeat"] == {"same": 4, "update": 1}


def test_a_second_run_that_follows_gives_up_before_it_changes_anything(tmp_path: Path) -> None:
    cloud = FakeCloud()
    report = play(
        tmp_path,
        """
        import os
        from sdk import *
        Thing("a", process=os.getpid())
        things = [Thing(f"t{number}") for number in range(30)]
        """,
        cloud,
    )
    assert [finding.message.rpartition(" ")[2] for finding in report.findings] == ["process"]
    assert cloud.calls.count(("update", "a")) == 1
    assert cloud.calls.count(("create", "t7")) == 1


def test_rejections_are_reported_and_the_rest_is_destroyed(tmp_path: Path) -> None:
    cloud = FakeCloud()
    report = play(
        tmp_path,
        """
        from sdk import *
        a = Thing("a", size=500)
        Thing("b", uses=[a.id])
        Thing("c")
        """,
        cloud,
    )
    assert report.exit == 1
    assert rules(report) == ["fake:SizeTooLarge"]
    assert report.findings[0].source == "__main__.py:3"
    assert [urn.rpartition("::")[2] for urn in report.skipped] == ["b"]
    assert "repeat" not in report.steps
    assert cloud.world == {}


@pytest.mark.parametrize("target", ["b", "fake:index:Guarded", "urn:pulumi:test::small::fake:index:Guarded::b"])
def test_an_injected_failure_is_named_and_a_re_run_finishes(tmp_path: Path, target: str) -> None:
    cloud = FakeCloud()
    report = play(
        tmp_path,
        """
        from sdk import *
        a = Thing("a")
        b = Thing("b", type_="fake:index:Guarded", uses=[a.id])
        Thing("c", uses=[b.id])
        """,
        cloud,
        fail=target,
    )
    assert report.exit == 1
    assert rules(report) == ["fake:OutOfCapacity"]
    assert [urn.rpartition("::")[2] for urn in report.failed] == ["b"]
    assert [urn.rpartition("::")[2] for urn in report.skipped] == ["c"]
    assert report.steps == {
        "deploy": {"create": 3, "skip": 1, "fail": 1},
        "repeat": {"same": 3, "create": 2},
        "destroy": {"delete": 5},
    }
    assert cloud.world == {}
    assert all(resource.id for resource in report.graph.custom())


def test_a_failing_provider_skips_what_it_serves(tmp_path: Path) -> None:
    report = play(tmp_path, 'from sdk import *\nThing("a")\n', fail="pulumi:providers:fake")
    assert rules(report) == ["fake:OutOfCapacity"]
    assert report.steps["repeat"] == {"same": 1, "create": 2}


@pytest.mark.parametrize(
    ("target", "rule", "fix"),
    [
        ("thing", "is no type, name or URN of a resource", "near it: fake:index:Thing"),
        ("alpah", "is no type, name or URN of a resource", "near it: alpha"),
        ("group", "is a component", "name a resource inside it, such as one of type fake:index:Thing"),
        ("%%", "is no type, name or URN of a resource", "name one of the 2 resources of the stack"),
    ],
)
def test_a_failure_that_names_nothing_is_refused(tmp_path: Path, target: str, rule: str, fix: str) -> None:
    body = """
        from sdk import *
        group = pulumi.ComponentResource("test:index:Group", "group")
        Thing("alpha", pulumi.ResourceOptions(parent=group))
        """
    with pytest.raises(SettingsError) as error:
        play(tmp_path, body, fail=target)
    [violation] = error.value.violations
    assert violation.path == "--fail"
    assert violation.value == target
    assert violation.rule.startswith(rule)
    assert violation.fix == fix


def test_protection_retention_and_what_is_deleted_along(tmp_path: Path) -> None:
    cloud = FakeCloud()
    report = play(
        tmp_path,
        """
        from sdk import *
        Options = pulumi.ResourceOptions
        Thing("protected", Options(protect=True))
        Thing("guarded", type_="fake:index:Guarded", guard=True)
        Thing("kept", Options(retain_on_delete=True))
        cluster = Thing("cluster")
        Thing("inside", Options(deleted_with=cluster))
        """,
        cloud,
    )
    assert report.exit == 0, report.findings
    names = {
        key: [urn.rpartition("::")[2] for urn in getattr(report, key)]
        for key in ("protected", "unprotected", "retained")
    }
    assert names == {"protected": ["protected"], "unprotected": ["guarded"], "retained": ["kept"]}
    assert sorted(cloud.world) == ["inside-0", "kept-0"]
    assert ("update", "guarded") in cloud.calls
    assert report.steps["destroy"] == {"delete": 6, "retain": 1}


def test_a_deletion_that_is_refused_and_what_is_left_behind(tmp_path: Path) -> None:
    report = play(
        tmp_path,
        """
        from sdk import *
        base = Thing("base")
        Thing("guarded", guard=True, uses=[base.id])
        Thing("sticky", sticky=True)
        """,
    )
    assert rules(report) == ["left-behind", "fake:Guarded", "left-behind", "left-behind"]
    assert report.steps["destroy"] == {"delete": 1, "skip": 3, "fail": 1}


def test_secrets_show_nowhere(tmp_path: Path) -> None:
    body = """
        from sdk import *
        key = pulumi.Config().require_secret("key")
        a = Thing("a", password=key)
        key.apply(lambda k: print("the key is", k))
        key.apply(lambda k: pulumi.log.warn(f"careful with {k}"))
        pulumi.export("key", key)
        Thing("b", size=a.password.apply(lambda p: 1000)) if False else None
        """
    small = program(tmp_path, body, config={"small:key": "topsecret-3"}, secret_keys=("small:key",))
    report = rehearse(small, twins={"fake": FakeCloud()}, timeout=60)
    assert report.output == ["the key is [secret]"]
    assert [finding.message for finding in report.findings] == ["careful with [secret]"]
    assert "topsecret-3" not in str(report.to_json()) + str(report.graph.to_json())


def test_two_rehearsals_with_one_seed_write_the_same_bytes(tmp_path: Path) -> None:
    from apim_infra.rehearsal.graph_file import graph_text

    body = """
        from sdk import *
        things = [Thing(f"t{n}") for n in range(20)]
        Thing("all", uses=[t.id for t in things])
        """
    small = program(tmp_path, body)
    texts = [
        graph_text(rehearse(small, twins={"fake": FakeCloud(seed)}, seed=seed, timeout=60).graph) for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]
