import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from apim_infra.settings.layers import leaves_of, plain_value
from apim_infra.settings.load import load_settings
from apim_infra.settings.schema import stack_file_schema
from apim_infra.settings.write import generated, write

ROOT = Path(__file__).parents[2]
STACK_FILES = sorted([*ROOT.glob("Pulumi.*.yaml"), *ROOT.glob("examples/*/Pulumi.*.yaml")])
HEAD = {"apim:cloud": "aws", "apim:region": "eu-west-1", "apim:company_domain": "example.com", "apim:tier": "dev"}


@pytest.mark.parametrize("name", sorted(generated()))
def test_a_generated_file_is_the_committed_one(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == generated()[name], "run `make generate`"


def test_writing_makes_the_generated_files(tmp_path: Path) -> None:
    write(tmp_path)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")} == set(generated())


def validator() -> jsonschema.Draft202012Validator:
    schema = stack_file_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_there_are_stack_files() -> None:
    assert {path.name for path in STACK_FILES} >= {
        "Pulumi.dev.yaml",
        "Pulumi.stg.yaml",
        "Pulumi.prd.yaml",
        "Pulumi.aws-minimal.yaml",
    }


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.name)
def test_every_stack_file_is_valid_and_points_to_the_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not list(validator().iter_errors(yaml.safe_load(text)))
    first = text.splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("$schema=")[2]).resolve() == ROOT / "schemas/pulumi-stack.schema.json"


@pytest.mark.parametrize(
    "config",
    [
        {"apim:network": {"zones": 3}, "aws:region": "eu-west-1"},
        {"apim:stores": {"postgresql": {"version": 17}, "mariadb": {"size": "db.m7g.large"}}},
        {"apim:observability": {"alerts": {"slack_webhook": {"secure": "v1:abc"}}}},
        {"apim:ingress": {"dns": {"public_zone_id": {"secure": "v1:abc"}}}},
        {"apim:network": {"existing": None}, "apim:gateway": {"image_tag": None}},
    ],
)
def test_the_schema_accepts_what_the_models_accept(config: dict[str, Any]) -> None:
    assert not list(validator().iter_errors({"config": {**HEAD, **config}, "encryptionsalt": "v1:x"}))


@pytest.mark.parametrize(
    "config",
    [
        {"apim:netwrok": {}},
        {"apim:network": {"zoness": 3}},
        {"apim:network": {"zones": 7}},
        {"apim:network": {"cidr": "abc"}},
        {"apim:cloud": "gcp"},
        {"apim:cluster": {"version": 1.35}},
        {"apim:observability": {"alerts": {"slack_webhook": "https://hooks.example.com/in-clear"}}},
        {"apim:company_domain": {"secure": "v1:abc"}},
        {"apim:gateway_groups": [{"mode": "shared"}]},
        {"network": {}},
    ],
)
def test_the_schema_refuses_what_the_models_refuse(config: dict[str, Any]) -> None:
    assert list(validator().iter_errors({"config": {**HEAD, **config}}))


def test_the_schema_demands_the_four_settings() -> None:
    (error, *_) = validator().iter_errors({"config": {"apim:cloud": "aws"}})
    assert "apim:company_domain" in json.dumps(error.schema["required"])
    assert list(validator().iter_errors({"config": HEAD, "network": {}}))


def test_the_reference_names_every_setting() -> None:
    settings = load_settings({key.removeprefix("apim:"): value for key, value in HEAD.items()}).settings
    reference = generated()["docs/configuration.md"]
    for leaf in leaves_of(plain_value(settings)):
        name = ".".join("" if isinstance(segment, int) else segment for segment in leaf).replace("..", "[].")
        assert f"`{name.rstrip('.')}`" in reference, name


def test_settings_import_no_pulumi() -> None:
    code = (
        "import sys\n"
        "import apim_infra.settings.load, apim_infra.settings.stack_file\n"
        "assert not [name for name in sys.modules if name.startswith('pulumi')]\n"
    )
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
