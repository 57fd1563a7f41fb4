"""The lines of the Azure table, and what the modules say of types, fit the installed SDK."""

import inspect
import re
from importlib import import_module
from pkgutil import iter_modules

import pytest
from azure_cases import all_cases
from sdk_classes import class_of, imported_outputs, imported_provider, imported_shape, same_shape

from apim_infra.rehearsal.twins import azure
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.naming import filled
from apim_infra.rehearsal.twins.azure.parts import ANY_TYPE, MERGES, all_answers, parts_of
from apim_infra.rehearsal.twins.azure.references import ROLE_DEFINITIONS
from apim_infra.rehearsal.twins.azure.roles import is_built_in
from apim_infra.rehearsal.twins.azure.table import all_types, tokens_by_arm_type
from apim_infra.rehearsal.twins.cloud.durations import quantiles
from apim_infra.rehearsal.twins.cloud.schema import outputs_of, provider_shape, sdk_has, shape_of
from apim_infra.rehearsal.twins.cloud.shapes import Shape
from apim_infra.rehearsal.twins.cloud.values import data_file

TYPES = all_types()
SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
PACKAGE = "apim_infra.rehearsal.twins.azure"


def known(token: str, path: str) -> bool:
    """Tell whether a path, with or without `[*]`, names an input of a type; in a map every key does."""
    return _leads(shape_of(token), path.replace("[*]", "").split("."))


def spoken_of() -> set[str]:
    """Return every type of which a module says something."""
    modules = [import_module(f"{azure.__name__}.{found.name}") for found in iter_modules(azure.__path__)]
    return {token for module in modules for name in MERGES for token in getattr(module, name, {})} - {ANY_TYPE}


def _leads(shape: Shape, parts: list[str]) -> bool:
    if not parts or shape.kind == "any":
        return True
    if shape.element is not None:
        return _leads(shape.element, parts[1:] if shape.kind == "map" else parts)
    kinds = (kind.properties().shapes for kind in (shape, *shape.others))
    return any(parts[0] in kind and _leads(kind[parts[0]], parts[1:]) for kind in kinds)


@pytest.mark.parametrize("token", sorted(TYPES))
def test_a_line_fits_the_sdk(token: str) -> None:
    row = TYPES[token]
    assert sdk_has(token)
    inputs = shape_of(token).properties().shapes
    assert set(row.parameters) <= set(inputs)
    assert set(row.fixed) <= set(inputs)
    assert [path for path in row.create_only if not known(token, path)] == []


@pytest.mark.parametrize("token", sorted(TYPES))
def test_inputs_make_an_id_of_the_type(token: str) -> None:
    row = TYPES[token]
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/group"
    special = {
        "scope": group,
        "resourceUri": group,
        "scopeId": f"subscriptions/{SUBSCRIPTION}",
        "clusterRp": "Microsoft.ContainerService",
        "clusterResourceName": "managedClusters",
        "providerName": "Microsoft.Compute",
        "resourceType": "virtualMachines",
    }
    arm_id = filled(row, {name: special.get(name, name) for name in row.parameters}, SUBSCRIPTION)
    assert ids.is_well_formed(arm_id)
    assert ids.ancestors(arm_id)[-1] == f"/subscriptions/{SUBSCRIPTION}"
    if "{recordType}" not in row.path:
        assert ids.type_of(arm_id) == row.arm_type
        assert TYPES[tokens_by_arm_type()[row.arm_type.lower()]].arm_type == row.arm_type
    assert filled(row, {}, SUBSCRIPTION) == ""


@pytest.mark.parametrize("token", sorted(spoken_of()))
def test_modules_speak_of_types_and_inputs_that_exist(token: str) -> None:
    assert token in TYPES
    parts = parts_of(token)
    paths = [*parts.create_only, *parts.open_enums, *parts.defaults, *parts.protections]
    paths += [reference.path for reference in parts.references]
    assert [path for path in paths if not known(token, path)] == []
    assert parts.secret_outputs <= outputs_of(token)
    targets = [reference.to for reference in parts.references]
    wanted = {one for target in targets for one in ((target,) if isinstance(target, str) else target)}
    assert wanted <= set(TYPES)


def test_every_type_of_a_data_file_is_in_the_table() -> None:
    assert set(data_file(PACKAGE, "durations.yaml")["types"]) <= set(TYPES)
    names = data_file(PACKAGE, "names.yaml")
    assert {*names["global"], *names["forms"], *data_file(PACKAGE, "constraints.yaml")["required"]} <= set(TYPES)


@pytest.mark.parametrize("token", sorted(data_file(PACKAGE, "constraints.yaml")["types"]))
def test_constraints_are_of_inputs_that_exist(token: str) -> None:
    table = data_file(PACKAGE, "constraints.yaml")
    paths = [*table["types"][token], *table["required"].get(token, ())]
    assert [path for path in paths if not known(token, path)] == []
    for constraint in table["types"][token].values():
        assert set(constraint) <= {"pattern", "shortest", "longest", "least", "most"}
        assert re.compile(constraint.get("pattern", ""))


def test_words_are_of_text_inputs_that_exist() -> None:
    for token, words in data_file(PACKAGE, "words.yaml")["types"].items():
        assert token in TYPES
        assert [path for path in words if not known(token, path)] == []


def test_durations_are_quantiles() -> None:
    for token in data_file(PACKAGE, "durations.yaml")["types"]:
        median, high = quantiles(PACKAGE, token, {})
        assert 0 < median < high


def test_functions_are_those_of_the_sdk() -> None:
    for token in all_answers():
        _, module, name = token.split(":")
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        found = __import__(f"pulumi_azure_native.{module}", fromlist=[snake])
        assert hasattr(found, snake), token


def test_roles_are_guids_and_differ() -> None:
    roles = data_file(PACKAGE, "roles.yaml")["roles"]
    assert all(ids.GUID.fullmatch(guid) and is_built_in(guid.upper()) for guid in roles.values())
    assert len(set(roles.values())) == len(roles)
    assert not is_built_in(SUBSCRIPTION)
    assert TYPES["azure-native:authorization:RoleDefinition"].arm_type.lower() == ROLE_DEFINITIONS


@pytest.mark.slow
@pytest.mark.parametrize("token", sorted(TYPES))
def test_the_text_of_the_sdk_says_the_same_as_its_classes_of_the_same_version(token: str) -> None:
    same_shape(shape_of(token), imported_shape(token))
    assert outputs_of(token) == imported_outputs(token)
    assert f"Uses Azure REST API version {TYPES[token].version}." in inspect.getsource(class_of(token))


@pytest.mark.slow
def test_the_text_of_the_sdk_says_the_same_of_its_provider() -> None:
    same_shape(provider_shape("azure-native"), imported_provider("azure-native"))


def test_an_open_enumeration_keeps_what_the_sdk_suggests() -> None:
    sku = shape_of("azure-native:network:PublicIPAddress").properties().shapes["sku"]
    name: Shape = sku.properties().shapes["name"]
    assert (name.kind, name.allowed) == ("string", frozenset())
    assert {"Basic", "Standard"} <= name.suggested


def test_cases_name_types_of_the_table() -> None:
    tokens = {f"azure-native:{step.token}" for case in all_cases() for step in (case.request, *case.given)}
    assert tokens <= set(TYPES)
