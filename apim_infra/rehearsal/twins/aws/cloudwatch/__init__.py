"""Rows of CloudWatch, CloudWatch Logs and EventBridge."""

from apim_infra.rehearsal.twins.aws.table import Name, Reference, ResourceType

ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        "aws:cloudwatch/logGroup:LogGroup",
        "log group",
        "{name}",
        "arn:aws:logs:{region}:{account}:log-group:{name}",
        Name("name", longest=512, code="InvalidParameterException", taken_code="ResourceAlreadyExistsException"),
        source="CloudWatch Logs API reference, 2026",
    ),
)
