"""What the components of vault, registry, storage, files and identities on Azure have in common; identities, roles and locks."""

import re
from collections import Counter
from collections.abc import Callable
from importlib.resources import files as packaged
from typing import Any

import pulumi
import pytest
import yaml
from azure_stack import SUBSCRIPTION, TAGS, Stack
from components_azure_identity_samples import (
    SAMPLES,
    Around,
    files,
    identity,
    keys,
    of,
    one,
    registry,
    right_and_lock,
    roles,
    run,
    storage,
)
from pulumi.provider.experimental.analyzer import Analyzer

from components.azure.encryption import EncryptionKeys
from components.azure.files import FileShares
from components.azure.identities import PipelineIdentity
from components.azure.registry import Registry
from components.azure.role_assignment import ROLES, assign
from components.azure.secrets import Secret
from components.azure.storage import LogStorage

COMPONENTS: list[type[pulumi.ComponentResource]] = [
    EncryptionKeys,
    Secret,
    Registry,
    LogStorage,
    FileShares,
    PipelineIdentity,
]

# -- what all have in common -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_component_is_accepted_and_a_second_run_changes_nothing(sample: str) -> None:
    stack = Stack()
    stack.run(SAMPLES[sample])
    assert {step.operation for step in stack.run(SAMPLES[sample]).steps} == {"same"}


@pytest.mark.parametrize("sample", SAMPLES)
def test_children_are_named_after_their_component_and_tagged(sample: str) -> None:
    resources = run(SAMPLES[sample]).graph.resources
    by_urn = {resource.urn: resource for resource in resources}
    for resource in resources:
        parent = by_urn.get(resource.parent)
        if parent is not None and parent.type.startswith("apim:"):
            assert resource.name.startswith(f"{parent.name}-"), resource.urn
        if "tags" in resource.inputs:
            assert resource.inputs["tags"] == TAGS, resource.urn


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_twins_do_not_even_warn(sample: str) -> None:
    assert run(SAMPLES[sample]).findings == []


# Pulumi's analyser leaves the plugin's file open when it looks up the version of a provider's class.
@pytest.mark.filterwarnings("ignore:Exception ignored in.*pulumi-plugin.json:pytest.PytestUnraisableExceptionWarning")
def test_the_schema_of_every_component_can_be_inferred_and_is_documented() -> None:
    result = Analyzer("apim").analyze(COMPONENTS)
    missing: list[str] = []
    definitions: dict[str, Any] = {**result["component_definitions"], **result["type_definitions"]}
    for name, definition in definitions.items():
        for part in ("inputs", "outputs", "properties"):
            missing += [
                f"{name}.{key}" for key, value in getattr(definition, part, {}).items() if not value.description
            ]
    assert len(result["component_definitions"]) == len(COMPONENTS)
    assert missing == []


# -- identities, roles, locks -----------------------------------------------------------------------------------------------------------------


def test_pipelines_act_by_their_own_tokens_made_one_after_another() -> None:
    first, second = of(run(identity), "managedidentity:FederatedIdentityCredential")
    assert first.inputs["audiences"] == second.inputs["audiences"] == ["api://AzureADTokenExchange"]
    assert first.urn in second.dependencies


def test_an_identity_has_its_roles_and_no_other() -> None:
    recording = run(identity)
    assert roles(recording) == {
        "apim-test-build-network": ("Network Contributor", one(recording, "network:VirtualNetwork").id),
        "apim-test-build-identities": ("Managed Identity Operator", one(recording, "resources:ResourceGroup").id),
    }


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"grants": {"all": {"role": "God", "scope": "/subscriptions/a"}}}, "grants.all.role"),
        ({"credentials": [{"issuer": "https://a.example.com", "subject": str(n)} for n in range(21)]}, "credentials"),
    ],
)
def test_wrong_arguments_of_an_identity_are_refused(options: dict[str, Any], path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=re.escape(f"{path}:")):
        run(lambda: identity(**options))


def test_a_right_has_the_same_name_whenever_it_is_given_and_says_what_it_is_given_to() -> None:
    first, second = (one(Stack().run(right_and_lock), "authorization:RoleAssignment").inputs for _ in range(2))
    assert first["roleAssignmentName"] == second["roleAssignmentName"]
    assert first["principalType"] == "ServicePrincipal"
    assert first["roleDefinitionId"].startswith(f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/")


def test_rights_of_another_role_or_at_another_scope_have_other_names() -> None:
    def program() -> None:
        around = Around()
        common: dict[str, Any] = {
            "principal_id": "b1f5d1c4-0000-4000-8000-000000000001",
            "subscription_id": SUBSCRIPTION,
        }
        assign("first", role="Reader", scope=around.vnet.id, **common)
        assign("second", role="Network Contributor", scope=around.vnet.id, **common)
        assign("third", role="Reader", scope=around.group.id, **common)

    names = {resource.inputs["roleAssignmentName"] for resource in of(run(program), "authorization:RoleAssignment")}
    assert len(names) == 3


def test_a_role_that_is_not_known_is_refused_before_anything_is_made() -> None:
    with pytest.raises(pulumi.InputPropertyError, match="God"):
        assign("a", role="God", principal_id="", scope="", subscription_id="")


def test_a_lock_forbids_deletion_alone_and_waits_for_what_it_is_told_to() -> None:
    recording = run(right_and_lock)
    lock = one(recording, "authorization:ManagementLockByScope")
    assert (lock.inputs["level"], lock.inputs["lockName"]) == ("CanNotDelete", "apim-test-locks-vnet")
    assert recording.named("reading").urn in lock.dependencies


@pytest.mark.parametrize(
    ("make", "kept", "held"),
    [
        (keys, {"keyvault:Vault": 1, "keyvault:Key": 3, "compute:DiskEncryptionSet": 1}, "keyvault:Vault"),
        (registry, {"containerregistry:Registry": 1}, "containerregistry:Registry"),
        (storage, {"storage:StorageAccount": 1}, "storage:StorageAccount"),
        (files, {"storage:StorageAccount": 1, "storage:FileShare": 1}, "storage:StorageAccount"),
    ],
)
def test_what_is_protected_is_kept_by_pulumi_and_named_for_a_lock(
    make: Callable[..., Any], kept: dict[str, int], held: str
) -> None:
    def program() -> None:
        made = make(deletion_protection=True)
        pulumi.export("locked", list(made.locked.values()))

    recording = run(program)
    protected = Counter(
        resource.type.removeprefix("azure-native:") for resource in recording.graph.custom() if resource.protect
    )
    assert protected == kept
    assert recording.exports["locked"] == [one(recording, held).id]
    assert not any(resource.protect for resource in run(make).graph.resources)


def test_every_role_has_a_guid_of_its_own() -> None:
    assert len(set(ROLES.values())) == len(ROLES)
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", guid) for guid in ROLES.values())


def test_the_twin_knows_the_roles_that_the_components_give() -> None:
    text = packaged("apim_infra.rehearsal.twins.azure").joinpath("roles.yaml").read_text(encoding="utf-8")
    known: dict[str, str] = yaml.safe_load(text)["roles"]
    assert {name: known.get(name) for name in ROLES} == dict(ROLES)
