"""Every custom resource of every stack against its published schema, on a real API server."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from charts_support import ROOT, STACKS, shown

from apim_infra.cluster import definitions
from apim_infra.cluster.api import Api
from apim_infra.cluster.operators import is_known
from apim_infra.cluster.refusals import Refused

NOT_PUBLISHED = {
    "cilium.io/v2/CiliumNetworkPolicy",
    "elasticsearch.k8s.elastic.co/v1/Elasticsearch",
    "kibana.k8s.elastic.co/v1/Kibana",
    "security.istio.io/v1/AuthorizationPolicy",
    "security.istio.io/v1/PeerAuthentication",
}
"""Kinds of the stacks whose schemas are not in the folder."""


def folder() -> Path:
    return Path(os.environ.get("APIM_CRDS", ROOT.parent / "shared" / "crds"))


@pytest.fixture(scope="module")
def published() -> list[dict[str, Any]]:
    if not folder().is_dir():
        pytest.skip(f"needs the published schemas in {folder()} (APIM_CRDS)")
    return definitions.load([folder()])


@pytest.fixture(scope="module")
def custom(rehearsed: Callable[[str], Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the custom resources of every stack, each spec once, with the stack that it comes from."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for stack in STACKS:
        for manifest in _custom(rehearsed(stack)):
            text = json.dumps([manifest["apiVersion"], manifest["kind"], manifest.get("spec")], sort_keys=True)
            found.setdefault(text, (stack, manifest))
    return list(found.values())


def _custom(rehearsed: Any) -> Iterator[dict[str, Any]]:
    for resource in rehearsed.graph.resources:
        group = str(resource.inputs.get("apiVersion", "")).partition("/")[0]
        dotted = "." in group and (not group.endswith(".k8s.io") or group.startswith("gateway."))
        if resource.type.startswith("kubernetes:") and dotted:
            kept = ("apiVersion", "kind", "metadata", "spec")
            yield shown({key: value for key, value in resource.inputs.items() if key in kept})


def _name(manifest: dict[str, Any]) -> str:
    return f"{manifest['apiVersion']}/{manifest['kind']}"


@pytest.mark.slow
def test_every_custom_resource_is_taken_by_the_published_schema_of_its_kind(
    api: Api, published: list[dict[str, Any]], custom: list[tuple[str, dict[str, Any]]]
) -> None:
    """Kinds without a schema in the folder are named, and no others."""
    served = definitions.served(published)
    used = {_name(manifest) for _, manifest in custom}
    assert used - served == NOT_PUBLISHED
    made: list[dict[str, Any]] = []
    try:
        made = _define(api, published, used)
        for namespace in sorted({str(each["metadata"].get("namespace", "")) for _, each in custom} - {""}):
            made.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
            api.apply(made[-1])
        refused = [
            f"{stack}: {_name(manifest)} {manifest['metadata']['name']}: {refusal.message}"
            for stack, manifest in custom
            if _name(manifest) in served and (refusal := _refused(api, manifest))
        ]
        assert refused == []
        broken = next(each for _, each in custom if each["kind"] == "HTTPRoute")
        broken["spec"]["hostnams"] = broken["spec"].pop("hostnames", [])
        assert "hostnams" in str(_refused(api, broken)), "the server checks no schema"
    finally:
        for each in reversed(made):
            api.delete(each)


def _define(api: Api, published: list[dict[str, Any]], used: set[str]) -> list[dict[str, Any]]:
    """Apply the definitions of the kinds that are used; nothing runs that could convert between their versions."""
    made: list[dict[str, Any]] = []
    for definition in published:
        if definitions.served([definition]) & used:
            spec = {key: value for key, value in definition["spec"].items() if key != "conversion"}
            api.apply({**definition, "spec": spec}, manager="definitions", force=True)
            made.append(definition)
    for definition in made:
        _established(api, definition)
    return made


def _established(api: Api, definition: dict[str, Any]) -> None:
    import time

    for _ in range(200):
        conditions = api.get(definition).get("status", {}).get("conditions") or []
        if any(each["type"] == "Established" and each["status"] == "True" for each in conditions):
            return
        time.sleep(0.05)
    pytest.fail(f"{definition['metadata']['name']} is not served")


def _refused(api: Api, manifest: dict[str, Any]) -> Refused | None:
    try:
        api.apply(manifest, dry_run=True)
    except Refused as refused:
        return refused
    return None


@pytest.mark.slow
def test_it_is_known_what_operators_make_of_every_custom_resource(custom: list[tuple[str, dict[str, Any]]]) -> None:
    assert {_name(manifest) for _, manifest in custom if not is_known(manifest)} == set()


def test_definitions_are_read_from_every_file_and_the_first_of_two_counts(tmp_path: Path) -> None:
    def one(version: str) -> str:
        spec = {"group": "example.com", "names": {"kind": "Thing"}, "versions": [{"name": version, "served": True}]}
        return json.dumps(
            {"kind": "CustomResourceDefinition", "metadata": {"name": "things.example.com"}, "spec": spec}
        )

    (tmp_path / "a.yaml").write_text(f"kind: ConfigMap\n---\n{one('v1')}\n")
    (tmp_path / "b.yaml").write_text(one("v2"))
    found = definitions.load([tmp_path])
    assert definitions.served(found) == {"example.com/v1", "example.com/v1/Thing"}


@pytest.mark.parametrize(
    ("name", "text", "said"), [("a.yaml", "a: [", "cannot be read"), ("a.txt", "", "holds no custom")]
)
def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(definitions.DefinitionsError, match=said):
        definitions.load([tmp_path])


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(definitions.DefinitionsError, match="is no folder"):
        definitions.load([tmp_path / "nowhere"])
