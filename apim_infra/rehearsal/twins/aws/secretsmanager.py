"""Rows of Secrets Manager."""

from apim_infra.rehearsal.twins.aws.table import Name, Reference, ResourceType

ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        "aws:secretsmanager/secret:Secret",
        "secret",
        "{arn}",
        "arn:aws:secretsmanager:{region}:{account}:secret:{name}-{hex6}",
        Name("name", longest=512, code="ValidationException", taken_code="ResourceExistsException"),
        source="Secrets Manager API reference, 2026",
    ),
    ResourceType(
        "aws:secretsmanager/secretVersion:SecretVersion",
        "secret version",
        "{secretId}|{uuid}",
        references=(
            Reference("secretId", "aws:secretsmanager/secret:Secret", "ResourceNotFoundException", by="id|arn|name"),
        ),
        source="Secrets Manager API reference, 2026",
    ),
)
