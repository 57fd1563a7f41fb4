import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apim_infra import __version__
from apim_infra.cli import main

ROOT = Path(__file__).parents[2]
SECRET = "v1:c2VjcmV0"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for stack in ("dev", "prd"):
        shutil.copy(ROOT / f"Pulumi.{stack}.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return int(caught.value.code or 0), printed.out, printed.err


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[str]]:
    code, out, err = run(capsys, "explain", *arguments)
    assert (code, err) == (0, "")
    return {line.split()[0]: line.split()[1:] for line in out.splitlines()}


def test_every_setting_is_shown_with_its_origin(capsys: pytest.CaptureFixture[str]) -> None:
    shown = lines(capsys, "prd")
    assert shown["setting"] == ["value", "origin"]
    assert shown["region"] == ["eu-central-1", "file"]
    assert shown["network.nat"] == ["per-zone", "tier"]
    assert shown["cluster.pools.management.size"] == ["m7i.xlarge", "size"]
    assert shown["network.service_cidr"] == ["172.20.0.0/16", "default"]
    assert shown["network.existing"] == ["null", "default"]


def test_a_path_narrows_and_set_wins(capsys: pytest.CaptureFixture[str]) -> None:
    shown = lines(capsys, "dev", "network", "--set", "network.zones=3")
    assert all(path.startswith("network.") for path in shown if path != "setting")
    assert shown["network.zones"] == ["3", "set"]


def test_another_file_can_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    file = ROOT / "examples/aws-minimal/Pulumi.aws-minimal.yaml"
    assert lines(capsys, "any", "company_domain", "--file", str(file))["company_domain"][1] == "file"


def test_json_carries_values_with_their_types(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "explain", "prd", "cluster.pools.user", "--json")
    document: dict[str, Any] = json.loads(out)
    assert code == 0
    assert document["stack"] == "prd"
    settings = {row["path"]: (row["value"], row["origin"]) for row in document["settings"]}
    assert settings["cluster.pools.user.max"] == (12, "file")
    assert settings["cluster.pools.user.taints[0].value"] == ("user", "default")


def test_a_secret_is_not_shown(capsys: pytest.CaptureFixture[str], directory: Path) -> None:
    file = directory / "Pulumi.dev.yaml"
    text = file.read_text(encoding="utf-8").replace(
        "alerts:\n", f"alerts:\n      slack_webhook: {{secure: {SECRET}}}\n"
    )
    file.write_text(text, encoding="utf-8")
    shown = lines(capsys, "dev", "observability.alerts")
    assert shown["observability.alerts.slack_webhook"] == ["[secret]", "file"]
    _, out, _ = run(capsys, "explain", "dev", "--json")
    assert SECRET not in out


@pytest.mark.parametrize(
    ("path", "fix"),
    [
        ("netwrok", "did you mean network?"),
        ("cluster.pool.user", "did you mean cluster.pools.user?"),
        ("recovery.restore.mariadb", "look at recovery.restore"),
        ("tags.team", "look at tags"),
        ("a..b", "leave it out"),
    ],
)
def test_an_unknown_path_is_refused(capsys: pytest.CaptureFixture[str], path: str, fix: str) -> None:
    code, out, err = run(capsys, "explain", "dev", path)
    assert (code, out) == (2, "")
    assert path in err
    assert fix in err


def test_refused_settings_are_listed_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "explain", "dev", "--set", "network.cidr=abc", "--set", "cloud=gcp")
    assert (code, out) == (2, "")
    assert "The configuration is refused: 2 violations" in err
    for text in ("network.cidr = abc", "must be an IPv4 range", "write it like 10.20.0.0/16", "cloud = gcp"):
        assert text in err


def test_refused_settings_are_json_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "explain", "dev", "--json", "--set", "network.zoness=3")
    assert (code, err) == (2, "")
    (violation,) = json.loads(out)["violations"]
    assert violation.keys() == {"path", "value", "rule", "fix"}
    assert (violation["path"], violation["value"]) == ("network.zoness", 3)


def test_a_value_that_looks_like_markup_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = run(capsys, "explain", "dev", "--set", "region=[bold]x")
    assert "region = [bold]x" in err or "JSON" in err


@pytest.mark.parametrize("arguments", [["explain"], ["explain", "dev", "--nope"], ["nope"]])
def test_wrong_usage_is_refused(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert "Error" in err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version") == (0, f"apim {__version__}\n", "")


def test_help_imports_no_pulumi_and_nothing_of_the_control_plane() -> None:
    code = (
        "import sys\n"
        "from apim_infra.cli import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0\n"
        "heavy = ('pulumi', 'components', 'httpx', 'grpc', 'apim_infra.cluster.api', 'apim_infra.rehearsal')\n"
        "assert not [name for name in sys.modules if name.startswith(heavy)]\n"
    )
    environment = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPATH": str(ROOT)}
    printed = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert "explain" in printed.stdout


def test_what_follows_from_a_load_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    load = ("--set", 'gateway_groups=[{"name":"a","cpu_millicores":1000,"load":{"requests_per_second":5000}}]')
    code, out, _ = run(capsys, "explain", "dev", *load)
    shown = {line.split()[0]: line.split()[-1] for line in out.splitlines() if line.strip()}
    assert (code, shown["gateway_groups[0].replicas.max"], shown["cluster.pools.user.max"]) == (0, "load", "load")
    assert "since 5000 requests a second of pass-through are to be carried" in out
    assert "cluster.pools.user.max: " in out
    _, fixed, _ = run(capsys, "explain", "dev", *load, "--set", "cluster.pools.user.max=20")
    assert "cluster.pools.user.max: " not in fixed
