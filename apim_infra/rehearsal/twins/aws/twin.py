"""The AWS twin: Pulumi's provider words over a table of types and a small world of what exists."""

from collections.abc import Iterator, Mapping

from apim_infra.rehearsal.provider import (
    Checked,
    Created,
    Difference,
    Instance,
    Leftover,
    Problem,
    Properties,
    RejectedError,
    Request,
)
from apim_infra.rehearsal.twins.aws.checks import check_columns
from apim_infra.rehearsal.twins.aws.configuration import check_configuration, check_region, default_tags, region_of
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.described import LOOKED_UP
from apim_infra.rehearsal.twins.aws.difference import difference
from apim_infra.rehearsal.twins.aws.failures import failure_of
from apim_infra.rehearsal.twins.aws.identity import identify
from apim_infra.rehearsal.twins.aws.inquiries import Inquiry, answer
from apim_infra.rehearsal.twins.aws.references import check_held, check_references, holding
from apim_infra.rehearsal.twins.aws.rows import all_answers, all_rows
from apim_infra.rehearsal.twins.aws.table import ResourceType
from apim_infra.rehearsal.twins.aws.templates import fill, fits, name_of, named
from apim_infra.rehearsal.twins.aws.uniqueness import check_quota, check_unique, is_taken
from apim_infra.rehearsal.twins.cloud.difference import without_ignored
from apim_infra.rehearsal.twins.cloud.durations import seconds_of
from apim_infra.rehearsal.twins.cloud.refusal import refuse
from apim_infra.rehearsal.twins.cloud.schema import outputs_of, shape_of
from apim_infra.rehearsal.twins.cloud.schema_check import check_shape
from apim_infra.rehearsal.twins.cloud.world import Snapshot, Thing, World

ACCOUNT = "111122223333"
"""Account number of the world."""
SDK = "input types of the installed pulumi-aws SDK"

PACKAGE = "apim_infra.rehearsal.twins.aws"


class AwsTwin:
    """AWS as a program sees it through the provider, in memory.

    `seed` makes identifiers, automatic names and simulated durations; two twins with one seed give the same answers to the same requests.
    `rows` replaces the table, for tests.
    """

    package = "aws"

    def __init__(self, seed: int = 0, rows: Mapping[str, ResourceType] | None = None) -> None:
        self.seed = seed
        self.rows = all_rows() if rows is None else rows
        self.world = World(ACCOUNT)
        self.holders = holding(self.rows)

    def types(self) -> frozenset[str]:
        """Return the type tokens of the table."""
        return frozenset(self.rows)

    def check_config(self, instance: Instance) -> tuple[Problem, ...]:
        """Check a provider's configuration: region set and known, accounts, tags."""
        return tuple(check_configuration(instance, self.world.account))

    def check(self, request: Request) -> Checked:
        """Validate inputs by shape, then by the row's columns; fill defaults, automatic names and the provider's default tags."""
        row = self.rows[request.type]
        shape = shape_of(request.type)
        inputs, problems = check_shape(shape, request.inputs, SDK)
        for key, value in row.defaults.items():
            if inputs.get(key) is None:
                inputs[key] = value
        properties = shape.properties().shapes
        if "tags" in properties:
            tags = default_tags(request.provider)
            if tags:
                inputs["tags"] = {**tags, **inputs.get("tags", {})}
        context = self._context(row, request, inputs)
        further = named(row, request, inputs, self.seed, lambda name: is_taken(context, name))
        further += check_columns(row, inputs)
        further += check_region(context.region) if row.regional else ()
        # A value of the wrong type is told once, not again by the rules that it breaks as well.
        told = {problem.path for problem in problems}
        problems += [problem for problem in further if problem.path not in told]
        return Checked(inputs, tuple(problems))

    def diff(self, request: Request) -> Difference:
        """Compare inputs with those of the last deployment."""
        return difference(self.rows[request.type], request)

    def create(self, request: Request) -> Created:
        """Create the resource when everything it names exists and no rule refuses it."""
        row = self.rows[request.type]
        context = self._context(row, request, request.inputs)
        context.name = name_of(row, request, request.inputs, self.seed)
        warnings = refuse([*self._violations(context), *check_quota(context)])
        generation = self.world.generations.get(request.urn, 0)
        self.world.generations[request.urn] = generation + 1
        identify(context, f"{self.seed}/{request.urn}/{generation}")
        self._put(context)
        seconds = seconds_of(PACKAGE, request.type, request.inputs, f"{self.seed}/{request.urn}")
        return Created(context.id, context.outputs, row.secret_outputs, warnings, row.not_verified, seconds)

    def read(self, request: Request) -> Created:
        """Return a thing of the world; one that is not there is taken to exist outside of the stack, with what the request says of it.

        Raises RejectedError for an id that no such thing can have.
        """
        row = self.rows[request.type]
        context = self._context(row, request, request.inputs)
        thing = self.world.get(request.type, request.id, request.urn, context.region)
        if thing is None:
            if not fits(row.identifier, request.id):
                message = f"The {row.kind} '{request.id}' does not exist: its id would look like {row.identifier}"
                raise RejectedError(
                    [context.problem("ResourceNotFoundException", message, "id", "give the id that AWS shows")]
                )
            thing = self.assume(request.type, request.id, request.inputs, region=context.region, urn=request.urn)
        not_verified = (f"{row.kind} {request.id} is taken to exist",) if thing.assumed else ()
        return Created(thing.id, thing.outputs, row.secret_outputs, (), not_verified)

    def update(self, request: Request) -> Created:
        """Update the resource in place under the rules of creation, except those of quota."""
        row = self.rows[request.type]
        inputs = without_ignored(request)
        context = self._context(row, request, inputs)
        thing = self._existing(context, request)
        context.id, context.known_as = thing.id, thing.urn
        context.outputs = thing.outputs
        context.name = str(thing.outputs.get(row.name.property, "")) if row.name else ""
        warnings = refuse(self._violations(context))
        identify(context, "", thing)
        self.world.remove(thing)
        self._put(context, thing)
        return Created(thing.id, context.outputs, row.secret_outputs, warnings, row.not_verified)

    def delete(self, request: Request) -> None:
        """Delete the resource unless something holds it or a rule protects it."""
        row = self.rows[request.type]
        context = self._context(row, request, request.inputs)
        thing = self._existing(context, request)
        context.id, context.inputs, context.outputs = thing.id, thing.inputs, thing.outputs
        context.known_as = thing.urn
        context.name = str(thing.outputs.get(row.name.property, "")) if row.name else ""
        if not thing.assumed:
            refuse(
                [
                    *check_held(thing, row, self.world, self.holders, context.problem),
                    *(p for rule in row.delete_rules for p in rule(context)),
                ]
            )
        self.world.remove(thing)
        for remains in row.leaves(context) if row.leaves else ():
            self.world.put(remains)

    def unprotect(self, request: Request) -> Properties | None:
        """Return the inputs with the cloud's own deletion protection switched off, None when none is on."""
        switched = {
            key: value for key, value in self.rows[request.type].protections.items() if request.inputs.get(key) != value
        }
        return {**request.inputs, **switched} if switched else None

    def invoke(self, token: str, arguments: Properties, provider: Instance) -> Properties:
        """Answer a data source."""
        region = str(arguments.get("region") or region_of(provider))
        inquiry = Inquiry(
            token, arguments, region, self.world, lambda of, id_, inputs: self.assume(of, id_, inputs, region=region)
        )
        return answer(inquiry, all_answers())

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return what still exists of what programs made."""
        return tuple(
            Leftover(thing.type, thing.id, thing.urn)
            for things in self.world.things.values()
            for thing in things.values()
            if not thing.owner and not thing.assumed
        )

    def injected_failure(self, type_: str) -> Problem:
        """Return how creation of such a resource typically fails."""
        return failure_of(type_, self.rows.get(type_))

    def snapshot(self) -> Snapshot:
        """Return the state of the world, cheaply."""
        return self.world.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to an earlier state."""
        self.world.restore(snapshot)

    def assume(self, token: str, id_: str, inputs: Properties, *, region: str, urn: str = "") -> Thing:
        """Take something to exist that no program made: a network that is brought along, an imported resource."""
        row = self.rows[token]
        outputs = {**inputs, "region": region} if row.regional else dict(inputs)
        if row.arn and "arn" not in outputs:
            values = {**outputs, "id": id_, "name": id_, "region": region, "account": self.world.account}
            made = fill(row.arn, lambda key: values.get(key, id_), f"{self.seed}/{token}/{id_}")
            outputs["arn"] = id_ if row.identifier == "{arn}" else made
        thing = Thing(
            token, id_, urn, region if row.regional else "global", dict(inputs), {**outputs, "id": id_}, assumed=True
        )
        self.world.put(thing)
        return thing

    def furnish(self, type_: str, id_: str, region: str, properties: Properties) -> tuple[Problem, ...]:
        """Put a resource that no program made into the world; return what is wrong with its description, and then it is not put there."""
        row = self.rows.get(type_)
        if row is None:
            message = f"'{type_}' is no type that the AWS twin knows"
            return (Problem("UnknownType", message, "type", "see docs/twins.md for the types that there are"),)
        problems = [
            Problem(
                "UnknownProperty", "is no property of this type", f"properties.{name}", f"known: {', '.join(known)}"
            )
            for known in [sorted(outputs_of(type_) | LOOKED_UP.get(type_, frozenset()))]
            for name in properties
            if name not in known
        ]
        if not fits(row.identifier, id_):
            problems.append(
                Problem(
                    "ResourceNotFoundException", f"is no id of a {row.kind}", "id", f"write it like {row.identifier}"
                )
            )
        problems += [
            Problem(found.code, found.message, f"region ({region})", found.hint) for found in check_region(region)
        ]
        if not problems:
            self.assume(type_, id_, properties, region=region)
        return tuple(problems)

    def _context(self, row: ResourceType, request: Request, inputs: Properties) -> Context:
        provider_region = region_of(request.provider)
        region = str(inputs.get("region") or provider_region) if row.regional else "global"
        return Context(request, row, self.world, region, provider_region, inputs, seed=self.seed)

    def _violations(self, context: Context) -> Iterator[Problem]:
        yield from check_references(context, self.rows)
        yield from check_unique(context)
        for rule in context.row.rules:
            yield from rule(context)

    def _existing(self, context: Context, request: Request) -> Thing:
        thing = self.world.get(request.type, request.id, request.urn, context.region)
        if thing is None:
            kind = context.row.kind
            raise RejectedError(
                [context.problem("ResourceNotFoundException", f"The {kind} '{request.id}' does not exist")]
            )
        return thing

    def _put(self, context: Context, old: Thing | None = None) -> None:
        outputs = dict(context.outputs)
        thing = Thing(
            context.row.token,
            context.id,
            context.urn,
            context.region,
            dict(context.inputs),
            outputs,
            old.sequence if old else 0,
        )
        self.world.put(thing)
        for companion in context.row.companions(context) if context.row.companions else ():
            self.world.put(
                Thing(
                    companion.token,
                    companion.id,
                    context.urn,
                    context.region,
                    {},
                    {**companion.outputs},
                    owner=thing.key,
                )
            )
