"""Rules of add-ons that a platform can do without."""

from collections.abc import Iterator

from apim_infra.settings.environment import PRIVATE_TOPOLOGIES
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation


def addon_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield add-ons that have nothing to work on."""
    private = settings.topology in PRIVATE_TOPOLOGIES or not settings.ingress.public.enabled
    if settings.addons.external_dns and private:
        yield Violation(
            "addons.external_dns",
            True,
            "needs a public zone, and there is nothing public",
            "leave it out, or open the platform with ingress.public.enabled in a topology that allows it",
        )
