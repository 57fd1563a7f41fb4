"""Faults in custom resources, found by their published schemas on the real API server."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from fault_bench import ROOT, Bench, eventually, faults, with_changes

FOLDER = Path(os.environ.get("APIM_CRDS") or ROOT.parent / "shared" / "crds")
OBJECTS = sorted({fault.values[0]["object"] for fault in faults("custom")})


def published(kinds: set[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the definitions of the folder that may be of some kinds; only these are parsed, as all of them take long."""
    documents = [
        text for path in sorted(FOLDER.glob("*.yaml")) for text in path.read_text(encoding="utf-8").split("\n---")
    ]
    return [
        yaml.load(text, Loader=yaml.CSafeLoader)
        for text in documents
        if any(f"group: {group}\n" in text and f"kind: {kind}\n" in text for group, kind in kinds)
    ]


@pytest.fixture(scope="session")
def defined(bench: Bench) -> Bench:
    """The bench with the published definitions of what the stack uses."""
    if not FOLDER.is_dir():
        pytest.skip(
            f"needs published definitions of custom resources: {FOLDER} is not there, name a folder in APIM_CRDS"
        )
    used = {(item["apiVersion"].split("/")[0], item["kind"]) for item in map(bench.stack.__getitem__, OBJECTS)}
    wanted = [one for one in published(used) if (one["spec"]["group"], one["spec"]["names"]["kind"]) in used]
    assert len(wanted) == len(used)
    for definition in wanted:
        bench.api.apply(definition)
    eventually(
        lambda: used <= {(kind.api_version.split("/")[0], kind.name) for kind in bench.api.kinds()},
        "every kind is served",
    )
    return bench


@pytest.mark.parametrize("fault", faults("custom"))
def test_a_fault_is_found_by_a_published_schema(defined: Bench, fault: dict[str, Any]) -> None:
    refused = defined.refused(with_changes(defined.stack[fault["object"]], fault["change"]))
    code = fault.get("code", 422)
    assert (refused.code, refused.reason) == (code, "Invalid" if code == 422 else ""), refused
    said = (
        [cause.message for cause in refused.causes if cause.path == fault["field"]]
        if code == 422
        else [refused.message]
    )
    assert re.search(fault["says"], " ".join(said)), refused


@pytest.mark.parametrize("name", OBJECTS)
def test_the_same_custom_resources_are_taken_without_a_fault(defined: Bench, name: str) -> None:
    assert defined.api.apply(defined.stack[name], dry_run=True)["metadata"]["uid"]
