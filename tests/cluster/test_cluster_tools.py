import json
import re
import threading
from pathlib import Path

import pytest

from apim_infra.cli import main
from apim_infra.cluster import tools
from apim_infra.cluster.tools import PROGRAMS, Building, ToolsError, build_tools, find_tools, linker_flags, why_missing
from apim_infra.settings.cluster import ClusterSettings

MODULE = (tools.SOURCE / "go.mod").read_text(encoding="utf-8")

FAKE_GO = """#!/bin/sh
case "$1" in
env|list) exit {check} ;;
esac
while [ "$1" != -o ]; do shift; done
echo "$3" >> {calls}
case "$3" in *{broken}*) echo "undefined: something" >&2; exit 1 ;; esac
printf '#!/bin/sh\\necho Kubernetes v1.35.4\\n' > "$2"
chmod +x "$2"
"""


class FakeGo:
    """A go command that writes programs which only tell their version."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = folder / "calls"
        self._go = folder / "bin" / "go"
        self._go.parent.mkdir()
        self.cache = folder / "cache" / "apim-infra" / "tools"
        monkeypatch.setenv("PATH", f"{self._go.parent}:/usr/bin:/bin")
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        monkeypatch.delenv("APIM_TOOLS", raising=False)
        self.answers()

    def answers(self, *, broken: str = "nothing", check: int = 0) -> None:
        self._go.write_text(FAKE_GO.format(calls=self.calls, broken=broken, check=check), encoding="utf-8")
        self._go.chmod(0o755)

    def gone(self) -> None:
        self._go.unlink()

    @property
    def built(self) -> list[str]:
        return self.calls.read_text(encoding="utf-8").split() if self.calls.exists() else []


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGo:
    return FakeGo(tmp_path, monkeypatch)


def ignore(_: Building) -> None:
    pass


def test_the_programs_are_the_tool_lines_of_the_module() -> None:
    block = re.search(r"^tool \((.*?)\)", MODULE, re.MULTILINE | re.DOTALL)
    assert block is not None
    assert set(block[1].split()) == set(PROGRAMS.values())


def test_the_versions_that_are_stamped_are_those_that_the_module_requires() -> None:
    flags = linker_flags(
        "require (\n\tk8s.io/kubernetes v1.36.2\n\tsigs.k8s.io/kwok v0.9.1 // indirect\n\thelm.sh/helm/v3 v3.21.0\n)"
    )
    stamped = dict(part.split("=", 1) for part in flags.split() if "=" in part)
    assert stamped == {
        "k8s.io/component-base/version.gitVersion": "v1.36.2",
        "k8s.io/component-base/version.gitMajor": "1",
        "k8s.io/component-base/version.gitMinor": "36",
        "sigs.k8s.io/kwok/pkg/consts.Version": "v0.9.1",
        "helm.sh/helm/v3/internal/version.version": "v3.21.0",
    }


def test_the_control_plane_has_the_version_that_clusters_have_by_default() -> None:
    minor = ClusterSettings.model_fields["version"].default
    assert tools.required(MODULE, "k8s.io/kubernetes").startswith(f"v{minor}.")


def test_a_build_tells_how_far_it_is_and_is_done_once(go: FakeGo) -> None:
    told: list[Building] = []
    assert find_tools() is None
    assert "make tools" in why_missing()
    made = build_tools(told.append)
    assert [(one.name, one.number, one.seconds is None) for one in told] == [
        (name, number, begins) for number, name in enumerate(PROGRAMS, 1) for begins in (True, False)
    ]
    assert go.built == list(PROGRAMS.values())
    assert made.version == "1.35.4"
    assert sorted(path.name for path in made.folder.iterdir()) == sorted(PROGRAMS)
    assert build_tools(told.append) == find_tools() == made
    assert len(go.built) == len(PROGRAMS)


def test_a_build_that_fails_leaves_nothing_and_the_next_begins_anew(go: FakeGo) -> None:
    go.answers(broken="kwokctl")
    with pytest.raises(ToolsError, match=r"(?s)go build sigs.k8s.io/kwok/cmd/kwokctl.*undefined: something"):
        build_tools(ignore)
    assert [path.name for path in go.cache.iterdir()] == ["lock"]
    assert find_tools() is None
    go.answers()
    assert build_tools(ignore) == find_tools()


def test_what_an_earlier_build_left_half_done_is_removed(go: FakeGo) -> None:
    left = go.cache / "0123456789abcdef.part"
    left.mkdir(parents=True)
    build_tools(ignore)
    assert not left.exists()


def test_of_two_builds_at_the_same_time_one_waits_for_the_other(go: FakeGo) -> None:
    threads = [threading.Thread(target=build_tools, args=(ignore,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert go.built == list(PROGRAMS.values())
    assert find_tools() is not None


def test_other_pins_are_other_tools(go: FakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build_tools(ignore)
    source = tmp_path / "source"
    source.mkdir()
    (source / "go.mod").write_text(MODULE.replace("v1.35.4", "v1.35.5"), encoding="utf-8")
    (source / "go.sum").write_text("", encoding="utf-8")
    monkeypatch.setattr(tools, "SOURCE", source)
    assert find_tools() is None
    assert build_tools(ignore).folder != first.folder


def test_without_go_it_is_said_what_is_skipped(go: FakeGo) -> None:
    go.gone()
    with pytest.raises(ToolsError) as caught:
        build_tools(ignore)
    needed = re.search(r"^go (\S+)", MODULE, re.MULTILINE)
    assert needed is not None
    assert str(caught.value).startswith(
        f"Go {needed[1]} or newer is needed to build the control plane: the `go` command is not on"
    )
    assert "Skipped without the tools: `apim rehearse --cluster`" in str(caught.value)
    assert str(caught.value) == why_missing()


def test_a_go_that_is_too_old_is_refused_before_anything_is_built(go: FakeGo) -> None:
    go.answers(check=1)
    with pytest.raises(ToolsError, match="or newer is needed to build the control plane"):
        build_tools(ignore)
    assert go.built == []


def test_tools_elsewhere_are_named_by_the_environment(
    go: FakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build_tools(ignore)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("APIM_TOOLS", str(elsewhere))
    with pytest.raises(ToolsError, match=f"APIM_TOOLS={elsewhere} has no etcd, .*unset it"):
        build_tools(ignore)
    for name in PROGRAMS:
        (elsewhere / name).symlink_to(built.folder / name)
    found = find_tools()
    assert found == build_tools(ignore)
    assert found is not None
    assert (found.folder, found.version, found.helm) == (elsewhere, "1.35.4", elsewhere / "helm")
    assert len(go.built) == len(PROGRAMS)


def test_programs_that_do_not_run_here_are_no_tools(
    go: FakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    for name in PROGRAMS:
        (foreign / name).write_bytes(b"\x7fELF of another machine")
        (foreign / name).chmod(0o755)
    monkeypatch.setenv("APIM_TOOLS", str(foreign))
    assert find_tools() is None
    with pytest.raises(ToolsError, match="kube-apiserver does not run on this machine"):
        build_tools(ignore)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(("cluster", *arguments))
    printed = capsys.readouterr()
    return int(caught.value.code or 0), printed.out, printed.err


def test_the_command_builds_and_prints_the_folder(go: FakeGo, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "tools")
    found = find_tools()
    assert found is not None
    assert (code, out) == (0, f"{found.folder}\n")
    told = err.splitlines()
    assert told[0] == "[1/7] etcd ..."
    assert re.fullmatch(r"\[7/7\] helm built in \d+ s", told[-1])
    code, out, err = run(capsys, "tools", "--json")
    assert (code, json.loads(out), err) == (0, {"folder": str(found.folder), "version": "1.35.4"}, "")


@pytest.mark.parametrize("command", ["tools", "up"])
def test_what_cannot_be_built_is_said_in_one_message(
    go: FakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    go.gone()
    expected = why_missing()
    assert run(capsys, command) == (2, "", f"{expected}\n")
    code, out, err = run(capsys, command, "--json")
    assert (code, json.loads(out), err) == (2, {"error": expected}, "")


def test_no_control_plane_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert run(capsys, "status") == (1, "No control plane runs: `apim cluster up` starts one\n", "")
    assert run(capsys, "down") == (0, "No control plane runs\n", "")


def test_outside_of_a_checkout_it_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APIM_TOOLS", raising=False)
    monkeypatch.setattr(tools, "SOURCE", tmp_path)
    assert find_tools() is None
    assert (
        why_missing()
        == f"{tmp_path} has no go.mod: build the tools from a checkout, and name their folder in APIM_TOOLS"
    )
