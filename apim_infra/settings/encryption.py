"""Settings of encryption keys that are brought along."""

from apim_infra.settings.base import Settings


class EncryptionSettings(Settings):
    """Existing keys to use instead of building them, by ARN, or by resource id on Azure; one is built for each that is absent."""

    stores_key_arn: str | None = None
    """Key of the stores, their backups and secrets."""
    logs_key_arn: str | None = None
    """Key of logs, images and topics."""
    cluster_key_arn: str | None = None
    """Key of the cluster's secrets and of volumes; with its version on Azure."""
    hardware_keys: bool = False
    """Whether keys that are built are made in hardware security modules; fixed at creation. Those of AWS always are (Azure)."""
