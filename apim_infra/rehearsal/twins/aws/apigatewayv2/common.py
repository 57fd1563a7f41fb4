"""What the rows of API Gateway (v2) have in common."""

from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.table import Reference

SOURCE = "API Gateway v2 API model, botocore 1.44.5"
GUIDE = "API Gateway developer guide, 2026"
QUOTAS = "API Gateway developer guide, quotas of HTTP APIs, 2026"
LOGS = "public deployment logs"

INVALID = "BadRequestException"
MISSING = "NotFoundException"
CONFLICT = "ConflictException"
TOO_MANY = "TooManyRequestsException"


def of_api(path: str = "apiId") -> Reference:
    """Return the reference of a part to its API."""
    return Reference(path, tokens.HTTP_API, MISSING, message="Invalid API identifier specified {value}")


def protocol_of(context: Context) -> str:
    """Return the protocol of the API that a part belongs to: `HTTP` or `WEBSOCKET`, empty when it is not known."""
    api = context.find(tokens.HTTP_API, context.value("apiId"))
    return str(api.inputs.get("protocolType", "")) if api and not api.assumed else ""
