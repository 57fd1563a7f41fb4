"""The project's program under the SDK's own unit-test mocks, in a process of its own.

The mocks answer with the outputs of a recorded graph and check nothing.
"""

import base64
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pulumi
from pulumi.runtime.config import set_all_config

GUID = "00000000-0000-4000-8000-000000000001"
SERVER = {"server": "https://example.com", "certificate-authority-data": "eA=="}
KUBECONFIG = base64.b64encode(json.dumps({"clusters": [{"name": "c", "cluster": SERVER}]}).encode()).decode()
"""A cluster with an address and an authority, in base64."""
ANSWER = {
    "accountId": "111122223333",
    "id": "111122223333",
    "arn": "arn:aws:iam::111122223333:root",
    "clientId": GUID,
    "objectId": GUID,
    "subscriptionId": GUID,
    "tenantId": GUID,
    "kubeconfigs": [{"name": "clusterUser", "value": KUBECONFIG}],
    "primaryKey": "key",
    "keys": [{"keyName": "key1", "permissions": "FULL", "value": "key"}],
}
"""What every data source answers: the account, whoever asks, credentials."""


class Recorded(pulumi.runtime.Mocks):
    """Answers with what a rehearsal recorded."""

    def __init__(self, graph: dict[str, Any]) -> None:
        self._outputs = {
            (resource["type"], resource["name"]): (resource.get("id", ""), resource["outputs"])
            for resource in graph["resources"]
            if resource["custom"]  # a component's outputs are its own to make
        }

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        id_, outputs = self._outputs.get((args.typ, args.name), (f"{args.name}-id", {}))
        inputs = cast("dict[str, Any]", args.inputs)  # pyright: ignore[reportUnknownMemberType] - the SDK leaves its type open
        return id_, {**inputs, **_readable(outputs)}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:  # noqa: ARG002 - the SDK's signature
        return ANSWER, []


def _readable(outputs: dict[str, Any]) -> dict[str, Any]:
    """Return outputs with a text in place of each secret."""
    return {key: "secret" if value == {"secret": True} else value for key, value in outputs.items()}


def main() -> None:
    """Run the program once."""
    setup = json.load(sys.stdin)
    graph = json.loads(Path(setup["graph"]).read_text(encoding="utf-8"))
    pulumi.runtime.set_mocks(Recorded(graph), project="apim", stack=setup["stack"], preview=False)
    set_all_config(setup["config"], setup["secrets"])
    from apim_infra.platform import deploy  # noqa: PLC0415 - after the mocks are in place

    # The SDK's decorator for unit tests has no types; it runs the function to its end.
    run: Callable[[], None] = cast("Any", pulumi.runtime).test(deploy)
    run()


if __name__ == "__main__":
    main()
