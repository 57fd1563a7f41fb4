"""Names and tags that every resource of a stack carries."""

import hashlib
from dataclasses import dataclass

import pulumi

from apim_infra.settings.deployments import Deployment
from apim_infra.settings.stack import StackSettings

STACK_TAG = "apim:stack"
"""Key of the tag that tells the resources of one stack from those of another."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How the resources of one stack are named and tagged."""

    prefix: str
    """What every name begins with: project and stack, such as `apim-prd`."""
    tags: dict[str, str]

    @classmethod
    def of_stack(cls, settings: StackSettings) -> "Naming":
        """Return the names and tags of the running stack."""
        project, stack = pulumi.get_project(), pulumi.get_stack()
        own = {
            "apim:project": project,
            STACK_TAG: stack,
            "apim:tier": str(settings.tier),
            "apim:topology": str(settings.topology),
        }
        return cls(f"{project}-{stack}", {**settings.tags, **own})

    def of(self, deployment: Deployment) -> "Naming":
        """Return the names and tags of what belongs to one deployment, such as `apim-prd-private-mariadb`; the first one's are the stack's."""
        if not deployment.prefix:
            return self
        return Naming(f"{self.prefix}-{deployment.prefix}", {**self.tags, "apim:deployment": deployment.prefix})

    def name(self, part: str) -> str:
        """Return the name of one part of the platform."""
        return f"{self.prefix}-{part}"


def shortened(name: str, longest: int) -> str:
    """Return a name that is not too long for what carries it: the name itself, or its beginning and a digest of the whole."""
    if len(name) <= longest:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:7]
    return f"{name[: longest - 8].rstrip('-')}-{digest}"
