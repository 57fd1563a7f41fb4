"""Wrong requests to the parameter store."""

from typing import Any

from aws_cases.case import Case, Step
from aws_cases.given import Aws
from aws_cases.service_given import changed, named

PROVIDER = "CheckFailure"
SSM = "ValidationException"
PARAMETER = Step(
    "aws:ssm/parameter:Parameter", "parameter", {"name": "/apim/host", "type": "String", "value": "api.example.com"}
)


def parameter(wrong: str, code: str = SSM, given: tuple[Step, ...] = (), moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong parameter."""
    return Case("Systems Manager", wrong, changed(PARAMETER, **inputs), code, given, moto=moto)


def moto_parameter_twice(aws: Aws) -> None:
    """Make one parameter twice in moto."""
    for _ in range(2):
        aws("ssm").put_parameter(Name="/apim/host", Type="String", Value="api.example.com")


CASES = (
    parameter(
        "parameter of a name that is taken",
        "ParameterAlreadyExists",
        (named(PARAMETER, "first"),),
        moto=moto_parameter_twice,
    ),
    parameter(
        "name of a parameter in AWS's own hierarchy",
        "AccessDeniedException",
        name="/aws/apim/host",
        moto=lambda aws: aws("ssm").put_parameter(Name="/aws/apim/host", Type="String", Value="a"),
    ),
    parameter("hierarchical name without a slash in front", name="apim/host"),
    parameter("name of a parameter with a space", name="/apim/my host"),
    parameter(
        "more than 15 levels", "HierarchyLevelLimitExceededException", name="/" + "/".join(str(n) for n in range(16))
    ),
    parameter(
        "unknown type of parameter",
        type="Number",
        moto=lambda aws: aws("ssm").put_parameter(Name="/apim/host", Type="Number", Value="a"),
    ),
    parameter("value above the tier's size", value="x" * 5000),
    parameter("parameter without a value", PROVIDER, value=None),
    parameter("key of a parameter that does not exist", "InvalidKeyId", type="SecureString", keyId="alias/missing"),
    parameter("value that its pattern excludes", "ParameterPatternMismatchException", allowedPattern="^[0-9]+$"),
    parameter("unknown tier", tier="Premium"),
    parameter(
        "name that begins with ssm",
        name="ssm-host",
        moto=lambda aws: aws("ssm").put_parameter(Name="ssm-host", Type="String", Value="a"),
    ),
    parameter("value given twice", PROVIDER, insecureValue="api.example.com"),
    parameter("open value of a secret parameter", PROVIDER, type="SecureString", value=None, insecureValue="hunter2"),
    parameter("value above the advanced tier's size", tier="Advanced", value="x" * 9000),
    parameter("pattern that is no regular expression", "InvalidAllowedPatternException", allowedPattern="["),
    parameter(
        "unknown data type",
        dataType="json",
        moto=lambda aws: aws("ssm").put_parameter(Name="/apim/host", Type="String", Value="a", DataType="json"),
    ),
)
