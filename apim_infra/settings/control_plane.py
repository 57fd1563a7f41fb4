"""Settings of the control plane's programs."""

from apim_infra.settings.base import Settings
from apim_infra.settings.checks import DnsLabel, ImageTag


class ControlPlaneSettings(Settings):
    """The programs of the control plane, released by the project's own chart."""

    image_tag: ImageTag = "1.0.0"
    """Image tag of every program of the control plane, the same in all environments that run one release. `latest` is refused."""
    namespace: DnsLabel = "apim"
    """Namespace of the control plane."""
