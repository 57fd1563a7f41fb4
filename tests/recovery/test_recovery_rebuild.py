from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.environment import Environment, load_environment
from apim_infra.planning import validation
from apim_infra.recovery.rebuild import RESTORED_STORES, Outputs, Rebuild, rebuild, refused_region
from apim_infra.settings.load import resolve
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stack_file import parse_stack_file
from apim_infra.settings.violations import SettingsError, Violation

LOST, SAFE = "eu-central-1", "eu-west-1"
BACKUPS = {name: f"arn:aws:rds:{SAFE}:111122223333:auto-backup:ab-{name}" for name in RESTORED_STORES}
OUTPUTS = Outputs(BACKUPS, "Z0123456789")

SPELLINGS = ("apim:", "", "apim:config:")
"""A key of the project may stand in the file with its namespace, without, and in the long form."""


def document(prefix: str = "apim:", **settings: Any) -> dict[str, Any]:
    minimal = {
        "cloud": "aws",
        "region": LOST,
        "company_domain": "example.com",
        "tier": "stg",
        "recovery": {"region": SAFE, "time_objective_minutes": 30},
    }
    return {"config": {f"{prefix}{key}": value for key, value in {**minimal, **settings}.items()}}


def settings_of(content: dict[str, Any]) -> StackSettings:
    """Read a document the way a stack file is read, with every check."""
    read = parse_stack_file(yaml.safe_dump(content), Path("Pulumi.x.yaml"))
    outcome = resolve(read.settings, checks=validation.violations)
    assert (read.violations, outcome.violations) == ((), ())
    assert outcome.resolved is not None
    return outcome.resolved.settings


def rebuilt(content: dict[str, Any], outputs: Outputs = OUTPUTS, region: str = SAFE) -> Rebuild:
    return rebuild("prd", content, settings_of(content), outputs, region)


def refusals(content: dict[str, Any], outputs: Outputs = OUTPUTS, region: str = SAFE) -> list[Violation]:
    with pytest.raises(SettingsError) as caught:
        rebuilt(content, outputs, region)
    assert all(violation.fix for violation in caught.value.violations)
    return list(caught.value.violations)


STORE = st.fixed_dictionaries({}, optional={"backup_retention_days": st.integers(0, 35), "storage_gb": st.just(40)})

DOCUMENTS = st.builds(
    document,
    st.sampled_from(SPELLINGS),
    network=st.fixed_dictionaries(
        {"cidr": st.sampled_from(["10.16.0.0/16", "10.64.0.0/16", "172.16.0.0/16", "192.168.0.0/16"])},
        optional={"zones": st.integers(2, 3), "nat": st.sampled_from(["single", "per-zone"])},
    ),
    stores=st.fixed_dictionaries(
        {"mariadb": STORE.map(lambda store: {**store, "replicas": 0}), "postgresql": STORE},
        optional={"gateway_postgresql": STORE, "redis": st.just({"mode": "none"})},
    ),
    tags=st.dictionaries(st.sampled_from(["owner", "cost-centre"]), st.sampled_from(["on", "12:30", "api"])),
    ingress=st.fixed_dictionaries({}, optional={"replicas": st.integers(1, 4)}),
)


@given(DOCUMENTS)
@pytest.mark.slow
def test_everything_stays_but_the_region_and_what_stores_are_restored_from(content: dict[str, Any]) -> None:
    before = deepcopy(content)
    made = rebuilt(content)
    assert content == before
    old, new = settings_of(content), settings_of(yaml.safe_load(made.text()))
    assert (made.stack, made.file_name) == (f"prd-{SAFE}", f"Pulumi.prd-{SAFE}.yaml")
    assert (new.region, new.recovery.region) == (SAFE, None)
    assert new.network == old.network
    kept = {"region", "recovery", "ingress"}
    assert new.model_dump(exclude=kept) == old.model_dump(exclude=kept)
    assert new.recovery.time_objective_minutes == old.recovery.time_objective_minutes
    assert new.ingress.dns.public_zone_id == "Z0123456789"
    assert new.ingress.model_dump(exclude={"dns"}) == old.ingress.model_dump(exclude={"dns"})
    assert LOST not in made.text()


@given(DOCUMENTS)
@pytest.mark.slow
def test_a_store_is_restored_exactly_when_its_backups_were_copied(content: dict[str, Any]) -> None:
    made = rebuilt(content)
    stores = settings_of(content).stores
    backed_up = {name for name in RESTORED_STORES if getattr(stores, name).backup_retention_days > 0}
    assert set(made.restored) == backed_up
    restore = settings_of(dict(made.document)).recovery.restore
    found = {} if restore is None else restore.model_dump(exclude_none=True, exclude_defaults=True)
    assert found == {name: {"automated_backups": BACKUPS[name]} for name in backed_up}


def test_a_group_that_is_written_as_json_is_kept() -> None:
    content = document(recovery='{"region": "eu-west-1", "point_objective_minutes": 15}', ingress='{"replicas": 4}')
    new = settings_of(dict(rebuilt(content).document))
    assert (new.recovery.point_objective_minutes, new.ingress.replicas) == (15, 4)


def test_encrypted_values_and_other_keys_of_the_file_are_kept() -> None:
    webhook = {"secure": "v1:AAAA:BBBB"}
    content = document(observability={"alerts": {"slack_webhook": webhook}})
    content |= {"encryptionsalt": "v1:salt"}
    content["config"]["aws:maxRetries"] = "3"
    made = yaml.safe_load(rebuilt(content).text())
    assert made["encryptionsalt"] == "v1:salt"
    assert made["config"]["apim:observability"]["alerts"]["slack_webhook"] == webhook
    assert made["config"]["aws:maxRetries"] == "3"


def test_a_platform_without_a_public_side_takes_no_zone_along() -> None:
    content = document(
        ingress={"public": {"enabled": False}}, gateway_groups=[{"name": "default", "exposure": "private"}]
    )
    assert settings_of(dict(rebuilt(content).document)).ingress.dns.public_zone_id is None


def test_zones_are_as_many_as_the_other_region_has() -> None:
    content = document(network={"zones": 4}, region="us-east-1", recovery={"region": "eu-west-1"})
    assert settings_of(dict(rebuilt(content).document)).network.zones == 3


@pytest.mark.parametrize(
    ("region", "rule", "fix"),
    [
        (LOST, "is the region that the platform is in", "another region"),
        ("eu-wset-1", "is no region of aws", "eu-west-1"),
        ("eu-north-1", "holds no backups: they are copied to eu-west-1", "set recovery.region to eu-north-1"),
    ],
)
def test_a_region_in_which_it_cannot_be_rebuilt(region: str, rule: str, fix: str) -> None:
    (violation,) = refusals(document(), region=region)
    assert (violation.path, violation.value) == ("--region", region)
    assert rule in violation.rule
    assert fix in violation.fix
    assert refused_region(settings_of(document()), region) == violation


def test_a_stack_without_copies_says_so() -> None:
    (violation,) = refusals(document(recovery={}))
    assert "they are copied to nowhere" in violation.rule


def test_every_store_whose_backups_the_outputs_lack_is_named() -> None:
    outputs = Outputs({"mariadb": BACKUPS["mariadb"]}, None)
    assert [violation.path for violation in refusals(document(), outputs)] == [
        "backups.postgresql",
        "backups.gateway_postgresql",
    ]


def test_every_value_that_names_the_lost_region_is_refused() -> None:
    content = document(
        tags={"home": f"in {LOST}"},
        cluster={"administrators": [f"arn:aws:iam::111122223333:role/admin-{LOST}"]},
    )
    found = {violation.path: violation for violation in refusals(content)}
    assert set(found) == {"tags.home", "cluster.administrators[0]"}
    assert found["tags.home"].value == f"in {LOST}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.fixed_dictionaries({}, optional={"backups": JSON, "public_zone_id": JSON, "other": JSON}))
def test_any_json_is_read_as_outputs(exports: dict[str, Any]) -> None:
    outputs = Outputs.from_json(exports)
    assert outputs.public_zone_id is None or outputs.public_zone_id == exports["public_zone_id"] != ""
    assert all(isinstance(arn, str) and arn for arn in outputs.backups.values())


def test_the_project_s_production_can_be_rebuilt_where_its_copies_are() -> None:
    root = Path(__file__).parents[2]
    environment: Environment = load_environment("prd", directory=root)
    assert environment.settings.recovery.region == SAFE
    content = yaml.safe_load(environment.file.read_text(encoding="utf-8"))
    made = rebuild("prd", content, environment.settings, OUTPUTS, SAFE)
    assert made.restored == RESTORED_STORES
    assert LOST not in made.text()


HELD = Outputs(
    BACKUPS,
    "Z0123456789",
    image_copies=f"111122223333.dkr.ecr.{SAFE}.amazonaws.com/apim-prd",
    log_bucket_copy="apim-prd-logs-copy-bucket-1234567",
    vaults={LOST: "apim-prd-vault-vault-1234567", SAFE: "apim-prd-copies-vault-1234567"},
)
COPIES = {"images": True, "logs": True, "secrets": True}


def test_a_rebuilt_platform_copies_nothing_until_it_has_a_recovery_region_of_its_own() -> None:
    made = rebuilt(document(recovery={"region": SAFE, "copies": COPIES}), HELD)
    new = settings_of(yaml.safe_load(made.text()))
    assert new.recovery.region is None
    assert new.recovery.copies.model_dump() == dict.fromkeys(COPIES, False)


def test_its_images_come_from_their_copies_where_there_are_any() -> None:
    content = document(recovery={"region": SAFE, "copies": COPIES})
    for outputs, expected in ((HELD, HELD.image_copies), (OUTPUTS, None)):
        restore = settings_of(dict(rebuilt(content, outputs).document)).recovery.restore
        assert restore is not None
        assert restore.images == expected


def test_the_file_says_what_else_the_region_holds_and_nothing_of_the_lost_one() -> None:
    made = rebuilt(document(recovery={"region": SAFE, "copies": COPIES}), HELD)
    comments = [line for line in made.text().splitlines() if line.startswith("# ")]
    assert [line.removeprefix("# ").partition(":")[0] for line in comments[1:]] == [
        "Images",
        "Volumes",
        "Logs",
        "Secrets",
    ]
    assert HELD.vaults[SAFE] in comments[2]
    assert LOST not in made.text()
    assert HELD.vaults[LOST] not in made.text()
    assert rebuilt(document()).beside == ()


@given(st.fixed_dictionaries({}, optional={"backup_vaults": JSON, "image_copies": JSON, "log_bucket_copy": JSON}))
def test_any_json_is_read_as_places_of_copies(exports: dict[str, Any]) -> None:
    outputs = Outputs.from_json(exports)
    assert all(isinstance(name, str) and name for name in outputs.vaults.values())
    for found, key in ((outputs.image_copies, "image_copies"), (outputs.log_bucket_copy, "log_bucket_copy")):
        assert found is None or found == exports[key] != ""


TWO = {"private_deployment": {"domain": "internal.example.org"}, "cluster": {"pools": {"management": {"max": 20}}}}
THEIRS = {name: arn.replace("ab-", "ab-private-") for name, arn in BACKUPS.items()}


def test_the_stores_of_a_private_deployment_are_restored_from_their_own_backups() -> None:
    outputs = Outputs.from_json({"backups": BACKUPS, "private_deployment": {"backups": THEIRS, "gateways": []}})
    made = rebuilt(document(**TWO), outputs)
    new = settings_of(yaml.safe_load(made.text()))
    assert new.private_deployment is not None
    for restore, backups in ((new.recovery.restore, BACKUPS), (new.private_deployment.restore, THEIRS)):
        assert restore is not None
        assert restore.model_dump(exclude_none=True, exclude_defaults=True) == {
            name: {"automated_backups": arn} for name, arn in backups.items()
        }
    assert new.private_deployment.domain == "internal.example.org"
    assert made.restored == (*RESTORED_STORES, *(f"private_deployment.{name}" for name in RESTORED_STORES))


def test_backups_that_a_private_deployment_lacks_are_named() -> None:
    found = refusals(document(**TWO), OUTPUTS)
    assert [violation.path for violation in found] == [f"private_deployment.backups.{name}" for name in RESTORED_STORES]
