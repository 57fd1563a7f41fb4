"""The Azure twin: Pulumi's provider words over a table of types and a small subscription of what exists."""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import (
    UNKNOWN,
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
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.checks import check_inputs
from apim_infra.rehearsal.twins.azure.configuration import (
    DEFAULT_SUBSCRIPTION,
    check_configuration,
    check_region,
    location_of,
    subscription_of,
    tenant_of,
)
from apim_infra.rehearsal.twins.azure.constraints import check_constraints
from apim_infra.rehearsal.twins.azure.context import Context, short_location
from apim_infra.rehearsal.twins.azure.deletion import check_contents, check_held, check_locks
from apim_infra.rehearsal.twins.azure.difference import check_fixed, difference
from apim_infra.rehearsal.twins.azure.failures import failure_of
from apim_infra.rehearsal.twins.azure.inquiries import Inquiry, answer
from apim_infra.rehearsal.twins.azure.naming import filled, made_up
from apim_infra.rehearsal.twins.azure.outputs import outputs_for
from apim_infra.rehearsal.twins.azure.parts import Parts, all_answers, parts_of
from apim_infra.rehearsal.twins.azure.references import check_references, check_scope
from apim_infra.rehearsal.twins.azure.table import PACKAGE, ResourceType, all_types
from apim_infra.rehearsal.twins.azure.uniqueness import check_unique, keep_name
from apim_infra.rehearsal.twins.azure.world import ArmSnapshot, ArmWorld
from apim_infra.rehearsal.twins.cloud.difference import without_ignored
from apim_infra.rehearsal.twins.cloud.durations import seconds_of
from apim_infra.rehearsal.twins.cloud.refusal import refuse
from apim_infra.rehearsal.twins.cloud.schema import outputs_of, shape_of
from apim_infra.rehearsal.twins.cloud.schema_check import check_shape
from apim_infra.rehearsal.twins.cloud.values import is_list, is_mapping
from apim_infra.rehearsal.twins.cloud.world import Thing

SDK = "input types of the installed pulumi-azure-native SDK"

ANSWERED = {"identity": ("principalId", "tenantId"), "oidcIssuerProfile": ("issuerURL",)}
"""Part of a resource to what only Azure knows of it."""


class AzureTwin:
    """Azure as a program sees it through the azure-native provider, in memory.

    `seed` makes identifiers, automatic names and simulated durations; two twins with one seed give the same answers to the same requests.
    `unregistered` names resource providers that the subscription has not registered.
    """

    package = "azure-native"

    def __init__(self, seed: int = 0, unregistered: frozenset[str] = frozenset()) -> None:
        self.seed = seed
        self.unregistered = unregistered
        self.world = ArmWorld(DEFAULT_SUBSCRIPTION)

    def types(self) -> frozenset[str]:
        """Return the type tokens of the table."""
        return frozenset(all_types())

    def check_config(self, instance: Instance) -> tuple[Problem, ...]:
        """Check a provider's configuration: subscription, tenant, location."""
        return tuple(check_configuration(instance))

    def check(self, request: Request) -> Checked:
        """Validate inputs by shape, enumeration and location; fill defaults, location and automatic names."""
        row, parts, shape = all_types()[request.type], parts_of(request.type), shape_of(request.type)
        inputs, problems = check_shape(shape, request.inputs, SDK)
        for key, value in {**parts.defaults, **row.fixed}.items():
            if inputs.get(key) is None:
                inputs[key] = value
        subscription = subscription_of(request.provider)
        if "location" in shape.properties().shapes and not inputs.get("location"):
            inputs |= self._default_location(request, inputs, subscription)
        if inputs.get(row.name_input) is None and row.name_input in shape.properties().shapes:

            def taken(name: str) -> bool:
                return self.world.at(filled(row, {**inputs, row.name_input: name}, subscription) or "/") is not None

            inputs[row.name_input] = made_up(row, request, self.seed, taken)
        told = {problem.path for problem in problems}
        problems += [problem for problem in check_inputs(row, parts, shape, inputs) if problem.path not in told]
        return Checked(inputs, tuple(problems))

    def diff(self, request: Request) -> Difference:
        """Compare inputs with those of the last deployment."""
        return difference(all_types()[request.type], parts_of(request.type), request)

    def create(self, request: Request) -> Created:
        """Create the resource when everything it names exists and no rule refuses it."""
        row, parts = all_types()[request.type], parts_of(request.type)
        context = self._context(row, request, request.inputs)
        if request.needs is not None:
            self.world.needs[request.urn] = request.needs
        warnings = refuse([*self._new(context), *self._violations(context, parts)])
        self.world.generations[request.urn] = self.world.generations.get(request.urn, 0) + 1
        context.outputs = outputs_for(context, parts)
        self._put(context, parts)
        seconds = seconds_of(PACKAGE, request.type, request.inputs, f"{self.seed}/{request.urn}")
        return self._created(context, parts, warnings, seconds)

    def read(self, request: Request) -> Created:
        """Return a thing of the world; one that is not there is taken to exist outside of the stack, with what the request says of it.

        Raises RejectedError for an id that no such thing can have.
        """
        row = all_types()[request.type]
        thing = self.world.at(request.id)
        if thing is None:
            wrong = self._wrong_id(row, request.id)
            if wrong:
                raise RejectedError([wrong])
            thing = self.assume(request.type, request.id, request.inputs, urn=request.urn)
        not_verified = (f"{row.kind} {ids.name_of(request.id)} is taken to exist",) if thing.assumed else ()
        return Created(thing.id, thing.outputs, frozenset(parts_of(request.type).secret_outputs), (), not_verified)

    def update(self, request: Request) -> Created:
        """Update the resource in place under the rules of creation."""
        row, parts = all_types()[request.type], parts_of(request.type)
        inputs = without_ignored(request)
        context = self._context(row, request, inputs)
        thing = self._existing(context, request)
        context.id, context.outputs = thing.id, thing.outputs
        if request.needs is not None:
            self.world.needs[request.urn] = request.needs
        warnings = refuse(
            [
                *check_locks(context, "write"),
                *check_fixed(context, parts),
                *self._violations(context, parts),
            ]
        )
        context.outputs = {**thing.outputs, **outputs_for(context, parts)}
        gone = [key for key in request.old_inputs or {} if key not in inputs and key not in row.parameters]
        context.outputs = {key: value for key, value in context.outputs.items() if key not in gone}
        self._put(context, parts, thing)
        return self._created(context, parts, warnings)

    def previewed(self, inputs: Properties) -> Properties:
        """Return inputs as a preview shows them: what only Azure can answer, and what it answers in another shape, is not known yet.

        The provider does so for every part of every type (pulumi-azure-native, preview of outputs); here it is done for the parts that programs read.
        """
        shown = dict(inputs)
        for part, answered in ANSWERED.items():
            given = inputs.get(part)
            if is_mapping(given):
                shown[part] = {**given, **dict.fromkeys(answered, UNKNOWN)}
        identity = inputs.get("identity")
        if is_mapping(identity) and is_list(identity.get("userAssignedIdentities")):
            shown["identity"] = {**shown["identity"], "userAssignedIdentities": UNKNOWN}
        return shown

    def delete(self, request: Request) -> None:
        """Delete the resource, and what is inside of it, unless something holds or locks it; what is gone already is no error, as in ARM."""
        row, parts = all_types()[request.type], parts_of(request.type)
        thing = self.world.at(request.id)
        if thing is None:
            return
        context = self._context(row, request, thing.inputs)
        context.id, context.outputs = thing.id, thing.outputs
        if not thing.assumed:
            refuse(
                [
                    *check_locks(context, "delete"),
                    *check_held(context),
                    *check_contents(context),
                    *(problem for rule in parts.delete_rules for problem in rule(context)),
                ]
            )
        for inside in self.world.below(thing.id):
            self.world.remove(inside)
        self.world.remove(thing)
        keep_name(context)

    def unprotect(self, request: Request) -> Properties | None:
        """Return the inputs with the cloud's own deletion protection switched off, None when none is on."""
        switched = {
            key: value for key, value in parts_of(request.type).protections.items() if request.inputs.get(key) != value
        }
        return {**request.inputs, **switched} if switched else None

    def invoke(self, token: str, arguments: Properties, provider: Instance) -> Properties:
        """Answer a data source."""
        inquiry = Inquiry(
            token,
            arguments,
            self.world,
            subscription_of(provider),
            tenant_of(provider),
            self.seed,
            lambda of, arm_id: self.assume(of, arm_id, {}),
        )
        return answer(inquiry, all_answers())

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return what still exists of what programs made."""
        return tuple(
            Leftover(thing.type, thing.id, thing.urn)
            for thing in self.world.by_id.values()
            if not thing.owner and not thing.assumed
        )

    def injected_failure(self, type_: str) -> Problem:
        """Return how creation of such a resource typically fails."""
        return failure_of(type_)

    def snapshot(self) -> ArmSnapshot:
        """Return the state of the world, cheaply."""
        return self.world.take()

    def restore(self, snapshot: ArmSnapshot) -> None:
        """Go back to an earlier state."""
        self.world.put_back(snapshot)

    def assume(self, token: str, arm_id: str, known: Properties, *, location: str = "", urn: str = "") -> Thing:
        """Take something to exist that no program made: a network that is brought along, an imported resource; its resource group too."""
        row = all_types()[token]
        outputs: dict[str, Any] = {**known, "id": arm_id, "name": ids.name_of(arm_id), "type": row.arm_type}
        if location and "location" in outputs_of(token):
            outputs.setdefault("location", location)
        thing = Thing(token, arm_id, urn, location, dict(known), outputs, assumed=True)
        self.world.put(thing)
        group = next((there for there in ids.ancestors(arm_id) if ids.GROUP.fullmatch(there)), "")
        if group and self.world.at(group) is None:
            self.assume("azure-native:resources:ResourceGroup", group, {}, location=location)
        return thing

    def furnish(self, type_: str, id_: str, region: str, properties: Properties) -> tuple[Problem, ...]:
        """Put a resource that no program made into the world; return what is wrong with its description, and then it is not put there."""
        row = all_types().get(type_)
        if row is None:
            message = f"'{type_}' is no type that the Azure twin knows"
            return (Problem("UnknownType", message, "type", "see docs/twins.md for the types that there are"),)
        known = sorted(outputs_of(type_) | set(shape_of(type_).properties().shapes))
        problems = [
            Problem(
                "UnknownProperty", "is no property of this type", f"properties.{name}", f"known: {', '.join(known)}"
            )
            for name in properties
            if name not in known
        ]
        wrong = self._wrong_id(row, id_)
        problems += [wrong] if wrong else []
        problems += [
            Problem(found.code, found.message, f"region ({region})", found.hint) for found in check_region(region)
        ]
        if not problems:
            self.assume(type_, id_, properties, location=short_location(region))
        return tuple(problems)

    def _context(self, row: ResourceType, request: Request, inputs: Properties) -> Context:
        subscription = subscription_of(request.provider)
        return Context(
            request,
            row,
            self.world,
            inputs,
            filled(row, inputs, subscription),
            self.seed,
            subscription,
            tenant_of(request.provider),
        )

    def _default_location(self, request: Request, inputs: Properties, subscription: str) -> dict[str, str]:
        """Return what the provider fills in: the location of the resource group, else its own."""
        name = inputs.get("resourceGroupName")
        group = self.world.at(f"/subscriptions/{subscription}/resourceGroups/{name}")
        location = (group and group["location"]) or location_of(request.provider)
        return {"location": location} if location else {}

    def _new(self, context: Context) -> Iterator[Problem]:
        row = context.row
        if row.namespace in self.unregistered:
            yield context.problem(
                "MissingSubscriptionRegistration",
                f"The subscription is not registered to use namespace '{row.namespace}'.",
                hint=f"register it: az provider register --namespace {row.namespace}",
            )
        if context.find(context.id) is not None and not row.implicit:
            yield context.problem(
                "ResourceAlreadyExists",
                f"cannot create already existing resource '{context.id}'",
                row.name_input,
                "give it a name of its own, or import what exists",
                "azure-native provider, 2026",
            )

    def _violations(self, context: Context, parts: Parts) -> Iterator[Problem]:
        yield from check_scope(context)
        yield from check_references(context, parts)
        yield from check_unique(context)
        told: set[str] = set()
        for rule in parts.rules:
            for problem in rule(context):
                told.add(problem.path)
                yield problem
        # What a service's own rule says of an input is better than what its form alone says.
        yield from (problem for problem in check_constraints(context) if problem.path not in told)

    def _existing(self, context: Context, request: Request) -> Thing:
        thing = self.world.at(request.id)
        if thing is None:
            row = context.row
            message = f"The Resource '{row.arm_type}/{ids.name_of(request.id)}' was not found."
            raise RejectedError([context.problem("ResourceNotFound", message)])
        return thing

    def _wrong_id(self, row: ResourceType, arm_id: str) -> Problem | None:
        if ids.is_well_formed(arm_id) and ids.type_of(arm_id).lower() == row.arm_type.lower():
            return None
        message = f"'{arm_id}' is no id of a {row.arm_type}: it would look like {row.template}"
        return Problem("LinkedInvalidPropertyId", message, "id", f"write it like {row.template}", SDK)

    def _put(self, context: Context, parts: Parts, old: Thing | None = None) -> None:
        thing = Thing(
            context.row.token,
            context.id,
            context.urn,
            context.location,
            dict(context.inputs),
            dict(context.outputs),
            old.sequence if old else 0,
        )
        self.world.put(thing)
        for make in parts.companions:
            for made in make(context):
                outputs = {"name": ids.name_of(made.id), "type": all_types()[made.token].arm_type, **made.outputs}
                self.world.put(
                    Thing(
                        made.token, made.id, context.urn, context.location, dict(made.inputs), outputs, owner=thing.key
                    )
                )

    def _created(self, context: Context, parts: Parts, warnings: tuple[Problem, ...], seconds: float = 0.0) -> Created:
        return Created(
            context.id, context.outputs, frozenset(parts.secret_outputs), warnings, tuple(parts.not_verified), seconds
        )
