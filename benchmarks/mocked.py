"""The project's program under the SDK's own unit-test mocks, in a process of its own.

The mocks answer with what the twins answered in a rehearsal, and check nothing.
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
    """Answers with what a rehearsal answered."""

    def __init__(self, answers: list[dict[str, Any]]) -> None:
        self._answers = {(each["type"], each["name"]): (each["id"], each["outputs"]) for each in answers}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        id_, outputs = self._answers.get((args.typ, args.name), (f"{args.name}-id", {}))
        inputs = cast("dict[str, Any]", args.inputs)  # pyright: ignore[reportUnknownMemberType] - the SDK leaves its type open
        return id_, {**inputs, **outputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:  # noqa: ARG002 - the SDK's signature
        return ANSWER, []


def main() -> None:
    """Run the program once."""
    setup = json.load(sys.stdin)
    answers = json.loads(Path(setup["answers"]).read_text(encoding="utf-8"))
    pulumi.runtime.set_mocks(Recorded(answers), project="apim", stack=setup["stack"], preview=False)
    set_all_config(setup["config"], setup["secrets"])
    from apim_infra.platform import deploy  # noqa: PLC0415 - after the mocks are in place

    # The SDK's decorator for unit tests has no types; it runs the function to its end.
    run: Callable[[], None] = cast("Any", pulumi.runtime).test(deploy)
    run()


if __name__ == "__main__":
    main()
