"""The end of a deployment: what was replaced, and what the program no longer registers, is deleted."""

from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.destroy import Remover
from apim_infra.rehearsal.provider import Settling
from apim_infra.rehearsal.state import Operation


def finish(deployment: Deployment) -> None:
    """Delete what is no longer wanted, once; nothing when a resource was refused (the engine then deletes nothing either)."""
    if deployment.finished:
        return
    deployment.finished = True
    deployment.ending()
    if any(step.operation in (Operation.FAIL, Operation.SKIP) for step in deployment.steps):
        return
    registered = deployment.registered()
    gone = [resource for urn, resource in deployment.before.existing().items() if urn not in registered]
    remover = Remover(deployment, hooks=True)
    remover.remove(deployment.pending, replaced=True)
    remover.remove(gone)
    settle(deployment)


def settle(deployment: Deployment) -> None:
    """Report what does not come true of what the clouds accepted, such as a pod whose secret does not exist."""
    custom = [resource for resource in deployment.recorded.values() if resource.custom]
    for package in sorted({resource.type.partition(":")[0] for resource in custom} - {"pulumi"}):
        twin = deployment.providers.twin(package)
        if not isinstance(twin, Settling):
            continue
        with deployment.calling(package):
            settled = twin.settle()
        for found in settled:
            resource = deployment.recorded.get(found.urn)
            if resource is not None:
                deployment.problems(resource, package, found.problems)
                known = deployment.not_verified.get(found.urn, ())
                deployment.not_checked(found.urn, tuple(dict.fromkeys((*known, *found.not_verified))))
