"""How resources of production are named, placed and tagged, on the graph that its program records."""

import subprocess
import sys

import pytest
from conftest import process_environment
from program_support import ROOT, in_cluster, production

from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.graph import Graph

CLUSTER = "urn:pulumi:prd::apim::apim:aws:Cluster::apim-prd"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return production().graph


def test_components_have_our_tokens_and_everything_lives_in_one(graph: Graph) -> None:
    known = {resource.urn: resource for resource in graph.resources}
    for resource in graph.resources:
        if urns.is_provider(resource.type) or resource.type == urns.ROOT_STACK_TYPE:
            continue
        if not resource.custom:
            assert resource.type.startswith(("apim:aws:", "apim:kubernetes:")), resource.urn
            assert known[resource.parent].type == urns.ROOT_STACK_TYPE or not known[resource.parent].custom
        else:
            assert known[resource.parent].type.startswith("apim:"), resource.urn


def test_clouds_and_cluster_are_in_components_of_their_own(graph: Graph) -> None:
    for resource in graph.custom():
        package = urns.package_of(resource.type)
        if not urns.is_provider(resource.type) and package in ("aws", "kubernetes"):
            assert urns.type_of(resource.parent).startswith(f"apim:{package}:"), resource.urn


def test_names_begin_with_project_and_stack_and_with_their_parent(graph: Graph) -> None:
    for resource in graph.resources:
        if resource.type == urns.ROOT_STACK_TYPE or resource.name.startswith("default_"):
            continue
        assert resource.name == "apim-prd" or resource.name.startswith("apim-prd-"), resource.urn
        parent = urns.name_of(resource.parent)
        assert resource.name == parent or resource.name.startswith(f"{parent}-"), resource.urn


def test_providers_are_explicit_but_for_the_one_without_settings(graph: Graph) -> None:
    defaults = {r.type for r in graph.resources if urns.is_provider(r.type) and r.name.startswith("default")}
    assert defaults <= {"pulumi:providers:random"}
    explicit = {r.name for r in graph.resources if urns.is_provider(r.type)} - {
        r.name for r in graph.resources if r.name.startswith("default")
    }
    assert explicit == {"apim-prd-aws", "apim-prd-kubernetes"}
    for resource in graph.custom():
        if urns.package_of(resource.type) in ("aws", "kubernetes") and not urns.is_provider(resource.type):
            assert urns.name_of(urns.split_reference(resource.provider)[0]) in explicit


def test_what_lives_in_the_cluster_is_gone_with_it(graph: Graph) -> None:
    found = in_cluster(graph)
    assert len(found) > 100
    assert {resource.deleted_with for resource in found} == {CLUSTER}
    assert CLUSTER in {resource.urn for resource in graph.resources}


def test_every_resource_with_tags_carries_those_of_the_stack(graph: Graph) -> None:
    own = {"apim:project": "apim", "apim:stack": "prd", "apim:tier": "prd", "cost-centre": "api-platform"}
    tagged = [resource for resource in graph.custom() if isinstance(resource.inputs.get("tags"), dict)]
    assert len(tagged) > 80
    assert [resource.urn for resource in tagged if not own.items() <= resource.inputs["tags"].items()] == []


def test_every_resource_names_the_line_that_made_it(graph: Graph) -> None:
    for resource in graph.custom():
        if urns.is_provider(resource.type) and resource.name.startswith("default"):
            continue
        file, _, line = resource.source.partition(":")
        assert ((ROOT / file).is_file(), line.isdigit()) == (True, True), (resource.urn, resource.source)


@pytest.mark.slow
def test_the_other_clouds_sdk_is_not_imported() -> None:
    """In a process of its own: this one may have imported anything."""
    code = (
        "import sys\n"
        "from program_support import record_stack\n"
        "assert not record_stack('dev').errors\n"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in ('pulumi_azure_native', 'pulumi_azure')))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**process_environment(), "PYTHONPATH": f"{ROOT}:{ROOT / 'tests/program'}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "[]"), ran.stderr
