"""Settings of encryption keys that are brought along."""

from apim_infra.settings.base import Settings


class EncryptionSettings(Settings):
    """Existing keys to use instead of building them; one is built for each that is absent."""

    stores_key_arn: str | None = None
    """Key of the stores, their backups and secrets."""
    logs_key_arn: str | None = None
    """Key of logs, images and topics."""
    cluster_key_arn: str | None = None
    """Key of the cluster's secrets and of volumes."""
