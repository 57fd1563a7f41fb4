"""Joins the settings of a stack to the components of its cloud and to those of Kubernetes."""

import pulumi

from apim_infra.platform.configuration import read_settings
from apim_infra.platform.kubernetes import deploy_kubernetes
from apim_infra.platform.naming import Naming


def deploy() -> None:
    """Build the platform that the stack's settings describe, and export what others need of it.

    Raises RunError, with every violation, for settings that do not hold.
    """
    settings = read_settings()
    naming = Naming.of_stack(settings)
    # Imported here, so that one cloud's SDK is never loaded for the other.
    from apim_infra.platform.aws import deploy_aws  # noqa: PLC0415  # see above

    cloud = deploy_aws(settings, naming)
    for name, value in {**cloud.exports, **deploy_kubernetes(settings, naming, cloud)}.items():
        pulumi.export(name, value)
