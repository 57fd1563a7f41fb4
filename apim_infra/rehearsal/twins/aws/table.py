"""What one row of the AWS table can say about a resource type.

A row is data; what data cannot say is a `Rule`, a function of a few lines. Rows live in one module a service (`ec2.py`, `eks.py`, ...), each with a
`ROWS` tuple; `docs/twins.md` shows how to add one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apim_infra.rehearsal.provider import Problem

if TYPE_CHECKING:
    from apim_infra.rehearsal.twins.aws.context import Context
    from apim_infra.rehearsal.twins.cloud.world import Thing

Rule = Callable[["Context"], Iterable[Problem]]
"""Looks at one request in its world and yields what is wrong with it."""

Outputs = Callable[["Context"], Mapping[str, Any]]
"""Computes what the cloud adds to the inputs: id, ARN, endpoints, defaults that only the cloud knows."""


Remains = Callable[["Context"], Iterable["Thing"]]
"""Makes what stays of a resource after its deletion."""


@dataclass(frozen=True, slots=True)
class Companion:
    """A thing that the cloud makes by itself beside a resource and removes with it: a VPC's default security group, a managed secret."""

    token: str
    """Type token under which references find it."""
    id: str
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What references and rules may look at, `arn` and `name` for example."""


Companions = Callable[["Context"], Iterable[Companion]]
"""Names the companions of a resource; `Context.id` and `Context.outputs` are set."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An input that must name something that exists."""

    path: str
    """Path of the input, `[*]` for every element: `vpcConfig.subnetIds[*]`, `routes[*].gatewayId`."""
    to: str | tuple[str, ...]
    """Type token or tokens of what it names."""
    code: str
    """AWS's code when there is none: `InvalidSubnetID.NotFound`."""
    by: str = "id"
    """Output of the target that the input repeats: `id`, `arn`, `name`, `keyId` ...; `|` between several: `arn|keyId`."""
    message: str = "The {kind} '{value}' does not exist"
    """AWS's message; `{kind}` and `{value}` are filled in."""
    same_region: bool = True
    """Whether the target must be in the resource's own region."""
    region_code: str = ""
    """AWS's code when it exists in another region; `code` when empty."""
    holds: bool = False
    """Whether the target cannot be deleted while this resource exists."""
    held_code: str = "DependencyViolation"
    """AWS's code for the refused deletion of the target."""
    allow: str = ""
    """Regular expression of values that need not exist in the world (AWS-managed keys, policies, aliases)."""


@dataclass(frozen=True, slots=True)
class Name:
    """How a type is named: the provider makes a name up when the program gives none."""

    property: str
    """Input that holds the name; the automatic name is the resource's own name and seven hexadecimal digits."""
    pattern: str = ""
    """Regular expression of the whole name."""
    longest: int = 0
    """Longest name, 0 for no limit."""
    code: str = "ValidationError"
    """AWS's code for a name of the wrong form."""
    unique: tuple[str, ...] | None = ("region",)
    """What the name is unique within: `region`, `account`, `global`, or inputs such as `vpcId`; None when it need not be unique."""
    taken_code: str = "AlreadyExistsException"
    """AWS's code when the name is taken."""
    automatic: bool = True
    """Whether the provider makes a name up."""
    prefix: str = ""
    """What the provider puts before an automatic name: `alias/`."""
    lower_case: bool = False
    """Whether the provider writes an automatic name in lower case, as buckets need it."""
    suffix: tuple[str, str] | None = None
    """Input that is true and what the provider then puts behind a name that it makes up: `("fifoQueue", ".fifo")`."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How many there may be, by default."""

    limit: int
    within: tuple[str, ...]
    """`region`, `account`, or inputs such as `vpcId` within which they are counted."""
    code: str
    """AWS's code when there are too many."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One row: everything that the table knows of a type."""

    token: str
    """Type token: `aws:ec2/subnet:Subnet`."""
    kind: str
    """The cloud's word for it in messages: `subnet`."""
    identifier: str
    """Template of the id: `subnet-{hex17}`, `{name}`, `{arn}`, `{clusterName}:{nodeGroupName}`.

    Braces take inputs, outputs, `region`, `account`, `uuid`, and `hexN`, `digitsN`, `upperN` for N made-up characters."""
    arn: str = ""
    """Template of the `arn` output: `arn:aws:ec2:{region}:{account}:subnet/{id}`; empty when the type has none."""
    name: Name | None = None
    references: tuple[Reference, ...] = ()
    create_only: frozenset[str] = frozenset()
    """Inputs (paths) whose change makes the provider replace the resource, beside CloudFormation's create-only ones."""
    in_place: frozenset[str] = frozenset()
    """Inputs that CloudFormation's schema calls create-only although the provider updates them in place."""
    delete_before_replace: bool = False
    required: tuple[str, ...] = ()
    """Inputs (paths) that the provider or AWS needs although the SDK's types do not say so."""
    exactly_one: tuple[tuple[str, ...], ...] = ()
    """Groups of inputs of which exactly one must be set."""
    conflicts: tuple[tuple[str, str], ...] = ()
    """Pairs of inputs that exclude each other."""
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Inputs that the provider fills in `check`."""
    enums: Mapping[str, tuple[str | int, ...]] = field(default_factory=dict[str, tuple[str | int, ...]])
    """Allowed values by path, where neither the SDK nor CloudFormation's schema has them."""
    patterns: Mapping[str, str] = field(default_factory=dict[str, str])
    """Regular expressions by path."""
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    """Smallest and largest number by path."""
    value_code: str = "InvalidParameterValue"
    """AWS's code for a value outside enum, pattern or range, and for a missing parameter where the service has no other."""
    missing_code: str = "MissingParameter"
    """AWS's code for a missing parameter."""
    cloudformation: str = ""
    """CloudFormation type whose bundled schema adds enums, patterns and ranges: `AWS::EC2::Subnet`; empty when there is none."""
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    """Pulumi path to CloudFormation path, where the two differ by more than the first letter's case."""
    rules: tuple[Rule, ...] = ()
    """What the columns cannot say; run at creation and, where inputs change, at update."""
    delete_rules: tuple[Rule, ...] = ()
    """What refuses deletion beside references that hold: protection switched on, contents left."""
    outputs: Outputs | None = None
    companions: Companions | None = None
    """What the cloud makes beside the resource."""
    protections: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Inputs that switch deletion protection off: `{"deletionProtection": False}`; only those set otherwise are changed."""
    secret_outputs: frozenset[str] = frozenset()
    leaves: Remains | None = None
    """What stays after its deletion and is no leftover (`assumed`): the name of a secret within its recovery window. Token of a type that no
    program can register (`aws:secretsmanager/secret:Secret#deleted`); a rule looks it up."""
    quota: Quota | None = None
    regional: bool = True
    """Whether the type lives in a region (IAM, Route 53 and CloudFront do not)."""
    not_verified: tuple[str, ...] = ()
    """What the twin cannot check of such a resource, in a few words each."""
    failure: Problem | None = None
    """How creation typically fails in the cloud, for `--fail`; the machinery has a general one when None."""
    source: str = ""
    """Where the row's facts come from, with date."""
