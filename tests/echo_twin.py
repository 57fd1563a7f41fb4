"""A twin of Kubernetes that takes everything: for tests of what is asked for, not of what a cluster makes of it."""

# ruff: noqa: ARG002 - the methods of a twin have the arguments of its protocol

from typing import Any

from apim_infra.rehearsal.provider import (
    Checked,
    Created,
    Difference,
    Instance,
    Leftover,
    Problem,
    Properties,
    Provider,
    Request,
)


class _Everything(frozenset[str]):
    def __contains__(self, item: object) -> bool:
        return True


class Echo(Provider):
    """Takes every type and answers with the inputs; nothing may be deleted or asked."""

    package = "kubernetes"

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        """Inputs by resource name as the provider gets them, secrets in clear."""

    def types(self) -> frozenset[str]:
        return _Everything()

    def check_config(self, instance: Instance) -> tuple[Problem, ...]:
        return ()

    def check(self, request: Request) -> Checked:
        return Checked(request.inputs)

    def diff(self, request: Request) -> Difference:
        return Difference()

    def create(self, request: Request) -> Created:
        self.asked[request.name] = dict(request.inputs)
        return Created(request.name, request.inputs)

    def read(self, request: Request) -> Created:
        return Created(request.id, request.inputs)

    def update(self, request: Request) -> Created:
        return Created(request.id, request.inputs)

    def delete(self, request: Request) -> None:
        raise AssertionError(f"{request.name} is deleted")

    def invoke(self, token: str, arguments: Properties, provider: Instance) -> Properties:
        raise AssertionError(f"{token} is called with {arguments} by {provider}")

    def injected_failure(self, type_: str) -> Problem:
        return Problem("Failure", type_)

    def leftovers(self) -> tuple[Leftover, ...]:
        return ()
