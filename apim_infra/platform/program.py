"""Joins the settings of a stack to the components of its cloud and to those of Kubernetes."""

import pulumi

from apim_infra.platform.cloud import CloudPlatform
from apim_infra.platform.configuration import read_settings
from apim_infra.platform.kubernetes import deploy_kubernetes
from apim_infra.platform.naming import Naming
from apim_infra.settings.environment import Cloud
from apim_infra.settings.stack import StackSettings


def deploy() -> None:
    """Build the platform that the stack's settings describe, and export what others need of it.

    Raises RunError, with every violation, for settings that do not hold.
    """
    settings = read_settings()
    naming = Naming.of_stack(settings)
    cloud = _deploy_cloud(settings, naming)
    for name, value in {**cloud.exports, **deploy_kubernetes(settings, naming, cloud)}.items():
        pulumi.export(name, value)


def _deploy_cloud(settings: StackSettings, naming: Naming) -> CloudPlatform:
    """Build the lower half. Each cloud is imported when it is chosen, so that the other's SDK is never loaded."""
    if settings.cloud is Cloud.AZURE:
        from apim_infra.platform.azure import deploy_azure  # noqa: PLC0415  # see above

        return deploy_azure(settings, naming)
    from apim_infra.platform.aws import deploy_aws  # noqa: PLC0415  # see above

    return deploy_aws(settings, naming)
