"""The end of a deployment: what was replaced, and what the program no longer registers, is deleted."""

from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.destroy import Remover
from apim_infra.rehearsal.state import Operation


def finish(deployment: Deployment) -> None:
    """Delete what is no longer wanted, once; nothing when a resource was refused (the engine then deletes nothing either)."""
    if deployment.finished:
        return
    deployment.finished = True
    if any(step.operation in (Operation.FAIL, Operation.SKIP) for step in deployment.steps):
        return
    registered = deployment.registered()
    gone = [resource for urn, resource in deployment.before.existing().items() if urn not in registered]
    remover = Remover(deployment, hooks=True)
    remover.remove(deployment.pending, replaced=True)
    remover.remove(gone)
