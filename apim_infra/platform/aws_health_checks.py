"""Checks of the public hosts from outside."""

from apim_infra.platform.aws_foundation import Foundation
from apim_infra.platform.aws_front_end import API, public_roles
from apim_infra.platform.naming import Naming
from apim_infra.settings.stack import StackSettings
from components.aws.health_checks import HealthChecks, HealthChecksArgs


def build_health_checks(settings: StackSettings, naming: Naming, foundation: Foundation) -> HealthChecks | None:
    """Build a check of each public host, where they are wanted; a host that asks for certificates is left out, since checkers have none."""
    wanted = settings.ingress.dns.health_checks
    roles = public_roles(settings)
    if settings.edge.mutual_tls is not None:
        roles.pop(API, None)
    if not wanted.enabled or not roles:
        return None
    args: HealthChecksArgs = {
        "hosts": list(roles.values()),
        "path": wanted.path,
        "interval_seconds": wanted.interval_seconds,
        "failures": wanted.failures,
        "tags": naming.tags,
    }
    if settings.observability.alerts.email:
        args["email"] = settings.observability.alerts.email
    return HealthChecks(naming.name("health-checks"), args, foundation.options)
