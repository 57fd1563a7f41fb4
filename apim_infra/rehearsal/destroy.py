"""Deletion in reverse order: layers of resources that nothing left needs, as the engine destroys a stack.

Rule: `pkg/resource/deploy/step_generator.go` and `resource/graph` of pulumi/pulumi, August 2026: dependencies, parent, provider and `deletedWith`
all count as needs; a layer ends before the next begins.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.provider import Instance, Provider, RejectedError, Request, Unprotecting
from apim_infra.rehearsal.state import Operation, ResourceState, Step

UNRUN_HOOKS = "delete hooks, which only `pulumi destroy --run-program` runs"


def layers(resources: Iterable[ResourceState]) -> list[list[ResourceState]]:
    """Split resources into layers to delete one after another; within a layer by URN."""
    left = {resource.urn: resource for resource in resources}
    needs = {urn: resource.needs() & left.keys() for urn, resource in left.items()}
    result: list[list[ResourceState]] = []
    while left:
        needed = set[str]().union(*(needs[urn] for urn in left))
        free = sorted(left.keys() - needed) or sorted(left)
        result.append([left.pop(urn) for urn in free])
    return result


@dataclass(slots=True)
class Remover:
    """Deletes resources of a stack and remembers what was special about it."""

    deployment: Deployment
    hooks: bool = False
    """Whether the program still runs, so that its delete hooks can be called."""
    retained: list[str] = field(default_factory=list[str])
    """Kept because of `retainOnDelete`."""
    unprotected: list[str] = field(default_factory=list[str])
    """Whose protection in the cloud had to be switched off first."""
    deleted_with: list[str] = field(default_factory=list[str])
    """Not deleted one by one, as what they live in is deleted."""

    def remove(self, resources: Iterable[ResourceState], *, replaced: bool = False) -> None:
        """Delete resources; what is needed by a resource that could not be deleted is left too."""
        chosen = list(resources)
        going = {resource.urn for resource in chosen}
        broken: set[str] = set()
        for layer in layers(chosen):
            for resource in layer:
                if resource.urn in broken:
                    self.deployment.stepped(Step(Operation.SKIP, resource.urn))
                    broken |= resource.needs()
                elif not self._remove(resource, going):
                    broken |= resource.needs()
                elif not replaced:
                    self.deployment.after.resources.pop(resource.urn, None)

    def _remove(self, resource: ResourceState, going: set[str]) -> bool:
        operation = Operation.DELETE
        if not resource.custom or urns.is_provider(resource.type) or resource.external:
            pass
        elif resource.retain_on_delete:
            operation = Operation.RETAIN
            self.retained.append(resource.urn)
        elif resource.deleted_with in going and resource.deleted_with:
            self.deleted_with.append(resource.urn)
        elif not self._delete(resource):
            self.deployment.stepped(Step(Operation.FAIL, resource.urn))
            return False
        self.deployment.stepped(Step(operation, resource.urn))
        return True

    def _delete(self, resource: ResourceState) -> bool:
        package = urns.package_of(resource.type)
        twin = self.deployment.providers.twin(package)
        instance = self._instance(resource)
        if twin is None or instance is None:
            return False
        request = self.deployment.request(resource, resource.checked, instance, resource)
        if self.hooks:
            self.deployment.hooks.run("before_delete", resource)
        elif {"before_delete", "after_delete"} & resource.hooks.keys():
            self.deployment.not_checked(resource.urn, (UNRUN_HOOKS,))
        try:
            with self.deployment.calling(package):
                self._delete_unprotected(twin, request, resource)
        except RejectedError as error:
            self.deployment.problems(resource, package, error.problems)
            return False
        except Exception as error:  # noqa: BLE001 - a defect of a twin must not hide the rest
            self.deployment.defect(resource, package, error)
            return False
        if self.hooks:
            self.deployment.hooks.run("after_delete", resource)
        return True

    def _delete_unprotected(self, twin: Provider, request: Request, resource: ResourceState) -> None:
        try:
            twin.delete(request)
        except RejectedError:
            inputs = twin.unprotect(request) if isinstance(twin, Unprotecting) else None
            if inputs is None:
                raise
            updated = twin.update(self.deployment.request(resource, inputs, request.provider, resource))
            self.unprotected.append(resource.urn)
            resource.checked, resource.outputs = dict(inputs), dict(updated.outputs)
            twin.delete(self.deployment.request(resource, inputs, request.provider, resource))

    def _instance(self, resource: ResourceState) -> Instance | None:
        book = self.deployment.providers
        known = book.instance(resource.provider)
        if known is not None:
            return known
        provider = self.deployment.before.resources.get(urns.split_reference(resource.provider)[0])
        return book.add(provider) if provider is not None else None


def destroy(deployment: Deployment) -> Remover:
    """Delete everything that a stack holds, without running its program."""
    remover = Remover(deployment)
    remover.remove(deployment.before.existing().values())
    return remover
