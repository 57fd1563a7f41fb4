"""A program in a process of its own: how it is run, and every way in which it can go wrong."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rehearsal_fakes import FakeCloud, program, write_program

from apim_infra.rehearsal import language_host
from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.lifecycle import rehearse
from apim_infra.rehearsal.runner import Ended, Program, Run, environment
from apim_infra.settings.violations import SettingsError


def run(small: Program, timeout: float = 60) -> tuple[Ended, Deployment]:
    deployment = Deployment(small.stack, small.project, {"fake": FakeCloud()}, config=small.config)
    process = Run(small)
    try:
        return process.finish(deployment, timeout), deployment
    finally:
        process.cancel()


def test_a_program_sees_what_the_language_host_gives_it(tmp_path: Path) -> None:
    body = """
        import json, os, sys
        import pulumi
        config = pulumi.Config()
        print(json.dumps({
            "cwd": os.getcwd(), "argv": sys.argv, "path": sys.path[0], "name": __name__,
            "project": pulumi.get_project(), "stack": pulumi.get_stack(), "organization": pulumi.get_organization(),
            "plain": config.get("plain"), "object": config.get_object("object"), "preview": pulumi.runtime.is_dry_run(),
            "root": pulumi.runtime.get_root_directory(), "secret": pulumi.Config().is_secret("key") if hasattr(config, "is_secret") else True,
            "rehearsal": [m for m in sys.modules if m.startswith("apim_infra")],
        }))
        """
    small = program(
        tmp_path,
        body,
        config={"small:plain": "text", "small:object": '{"a":[1]}', "small:key": "s"},
        secret_keys=("small:key",),
    )
    ended, _ = run(small)
    assert ended.failure is None
    import json

    seen = json.loads(ended.lines[0])
    root = str(tmp_path.resolve())
    assert seen == {
        "cwd": root,
        "argv": ["."],
        "path": root if seen["path"] == root else ".",
        "name": "__main__",
        "project": "small",
        "stack": "test",
        "organization": "organization",
        "plain": "text",
        "object": {"a": [1]},
        "preview": False,
        "root": root,
        "secret": True,
        "rehearsal": [],
    }


def test_byte_code_may_be_cached_and_other_configuration_does_not_leak_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PULUMI_CONFIG", '{"other:key": "x"}')
    seen = environment(program(tmp_path, "", config={"small:a": "1"}))
    assert "PYTHONDONTWRITEBYTECODE" not in seen
    assert seen["PULUMI_CONFIG"] == '{"small:a": "1"}'


def failing(folder: Path, body: str) -> tuple[str, str, str]:
    report = rehearse(program(folder, body), twins={"fake": FakeCloud()}, timeout=60)
    [finding] = report.findings
    assert report.exit == 1
    assert "Traceback" not in finding.message
    return finding.rule, finding.message, finding.source


def test_an_exception_is_a_finding_with_the_users_own_lines(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("def half(n):\n    return 1 / n\n", encoding="utf-8")
    body = """
        from sdk import *
        from helper import half
        Thing("a")
        half(0)
        """
    assert failing(tmp_path, body) == (
        "program-failed",
        "ZeroDivisionError: division by zero; in half (helper.py:2), called by <module> (__main__.py:5)",
        "helper.py:2",
    )


def test_an_exception_in_an_apply_is_a_finding(tmp_path: Path) -> None:
    body = """
        from sdk import *
        def broken(arn):
            raise ValueError(f"cannot use {arn}")
        Thing("a").arn.apply(broken)
        """
    rule, message, source = failing(tmp_path, body)
    assert rule == "program-failed"
    assert message.startswith("ValueError: cannot use arn:a-0; in broken (__main__.py:4)")
    assert source == "__main__.py:4"


def test_exceptions_that_are_each_others_context_are_followed_once(tmp_path: Path) -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__context__, other.__context__ = other, one
    assert language_host.frames_of(one, tmp_path) == []


def test_a_run_error_is_its_message_alone(tmp_path: Path) -> None:
    body = """
        import pulumi
        raise pulumi.RunError("the moon is not full")
        """
    assert failing(tmp_path, body) == ("program-error", "the moon is not full", "__main__.py:3")


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    assert failing(tmp_path, "import pulumi\nx = = 1\n") == (
        "program-failed",
        "SyntaxError: invalid syntax; in the module (__main__.py:2)",
        "__main__.py:2",
    )


def test_a_missing_module_names_its_line(tmp_path: Path) -> None:
    rule, message, source = failing(tmp_path, "import nowhere_to_be_found\n")
    assert (rule, source) == ("program-failed", "__main__.py:1")
    assert message.startswith("ModuleNotFoundError: No module named 'nowhere_to_be_found'")


def test_leaving_early_is_a_finding(tmp_path: Path) -> None:
    assert failing(tmp_path, "import sys\nsys.exit(7)\n")[:2] == ("program-failed", "the program left with exit code 7")


def test_dying_is_a_finding(tmp_path: Path) -> None:
    rule, message, _ = failing(tmp_path, "import os\nprint('last words', flush=True)\nos._exit(9)\n")
    assert (rule, message) == ("program-failed", "the program's process ended with exit code 9: last words")


def test_a_refused_data_source_is_reported_once(tmp_path: Path) -> None:
    body = """
        from sdk import *
        pulumi.runtime.invoke("fake:index:getNothing", {})
        """
    rule, message, source = failing(tmp_path, body)
    assert (rule, source) == ("fake:UnknownFunction", "__main__.py:3")
    assert message == "fake:index:getNothing: no data source fake:index:getNothing"


def test_missing_configuration_is_no_finding_but_refused(tmp_path: Path) -> None:
    body = """
        import pulumi
        pulumi.Config().require("size")
        """
    with pytest.raises(SettingsError) as error:
        rehearse(program(tmp_path, body), twins={"fake": FakeCloud()}, timeout=60)
    [violation] = error.value.violations
    assert "small:size" in violation.rule
    assert "pulumi config set small:size" in violation.fix


def test_a_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    ended, _ = run(program(tmp_path, "import time\ntime.sleep(60)\n"), timeout=1)
    assert ended.failure is not None
    assert ended.failure.kind == "timeout"


def test_an_async_program_and_logs(tmp_path: Path) -> None:
    body = """
        from sdk import *
        async def main():
            pulumi.log.info("under way")
            pulumi.log.warn("look out")
            return {"arn": Thing("a").arn}
        pulumi.run(main)
        """
    ended, deployment = run(program(tmp_path, body))
    assert ended.failure is None
    assert deployment.exports == {"arn": "arn:a-0"}
    assert [(m.severity, m.text) for m in ended.messages] == [("info", "under way"), ("warning", "look out")]


def test_delete_hooks_run_while_the_program_still_does(tmp_path: Path) -> None:
    body = """
        from sdk import *
        async def gone(args):
            print("deleting", args.name, flush=True)
        hook = pulumi.ResourceHook("gone", gone)
        if pulumi.Config().get("with"):
            Thing("a", pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_delete=[hook])))
        """
    cloud = FakeCloud()
    first = program(tmp_path, body, config={"small:with": "yes"})
    before = Deployment("test", "small", {"fake": cloud})
    assert Run(first).finish(before, 60).failure is None
    second = program(tmp_path, body)
    after = Deployment("test", "small", {"fake": cloud}, before=before.after)
    ended = Run(second).finish(after, 60)
    assert ended.lines == ["deleting a"]
    assert cloud.world == {}


def children_of(pid: int) -> list[int]:
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        found.extend(int(word) for word in (thread / "children").read_text(encoding="utf-8").split())
    return found


def test_an_interrupt_ends_the_program_and_writes_nothing(tmp_path: Path) -> None:
    write_program(tmp_path, "import time\nprint('up', flush=True)\ntime.sleep(60)\n")
    graph = tmp_path / "graph.json"
    script = "from apim_infra.cli import main; main()"
    command = [sys.executable, "-c", script, "rehearse", "test", "--program", str(tmp_path), "--graph", str(graph)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    started: list[int] = []
    deadline = time.monotonic() + 30
    while len(started) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
        started = [child for child in children_of(process.pid) if running_python(child)]
    assert len(started) == 2
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert not graph.exists()
    assert not [child for child in started if alive(child)]


def running_python(pid: int) -> bool:
    try:
        return b"language_host" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_cancelled_run_leaves_no_process_and_no_thread(tmp_path: Path) -> None:
    before = {thread.name for thread in threading.enumerate()}
    process = Run(program(tmp_path, "import sdk\nsdk.Thing('a')\n"))
    time.sleep(0.5)
    process.cancel()
    process.cancel()
    assert {t.name for t in threading.enumerate() if t.is_alive() and not t.daemon} <= before | {
        t.name for t in threading.enumerate() if t.name.startswith("ThreadPoolExecutor")
    }
    assert not alive(process._process.pid)
