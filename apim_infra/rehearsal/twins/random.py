"""The `random` provider: values that look random and are the same in every rehearsal with one seed.

A value depends on the seed, the resource's URN and its inputs (keepers among them), so that a changed keeper gives a
new value as it does in a real deployment. Rules: documentation of the `random` provider's resources
(terraform-provider-random 3.x, pulumi-random 4.21), read 2026-11-21.
"""

import base64
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, cast

import yaml

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
from apim_infra.rehearsal.twins.chance import Chance

_SOURCE = "documentation of terraform-provider-random, read 2026-11-21"
_SETS = {
    "lower": "abcdefghijklmnopqrstuvwxyz",
    "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "numeric": "0123456789",
    "special": "!@#$%&*()-_=+[]{}<>:?",
}
_BCRYPT = "./" + _SETS["upper"] + _SETS["lower"] + _SETS["numeric"]
_WORDS: dict[str, list[str]] = yaml.safe_load(
    resources.files("apim_infra.rehearsal.twins").joinpath("random_words.yaml").read_text(encoding="utf-8")
)

Made = tuple[str, dict[str, Any]]
"""Id and computed outputs of one resource."""


@dataclass(frozen=True, slots=True)
class _Input:
    kind: type
    required: bool = False
    default: Any = None
    smallest: int | None = None


@dataclass(frozen=True, slots=True)
class _Type:
    """One resource type: its inputs and how its value is made."""

    inputs: Mapping[str, _Input]
    make: Callable[[Chance, Mapping[str, Any]], Made]
    check: Callable[[Mapping[str, Any]], Iterator[Problem]] | None = None
    secret: frozenset[str] = field(default_factory=frozenset[str])


def _fail(message: str, path: str, hint: str) -> Problem:
    return Problem(code="CheckFailure", message=message, path=path, hint=hint, source=_SOURCE)


def _minimum(set_name: str) -> str:
    return f"min{set_name.capitalize()}"


def _characters(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the character sets in use by name; `number` is the older name of `numeric`."""
    wanted = {**inputs, "numeric": inputs["numeric"] is not False and inputs.get("number") is not False}
    return {
        name: (inputs.get("overrideSpecial") or characters) if name == "special" else characters
        for name, characters in _SETS.items()
        if wanted[name]
    }


def _check_string(inputs: Mapping[str, Any]) -> Iterator[Problem]:
    sets = _characters(inputs)
    minima = {name: inputs[_minimum(name)] for name in _SETS}
    if not sets:
        yield _fail("at least one of upper, lower, numeric and special must be true", "", "switch one of them on")
    if sum(minima.values()) > inputs["length"]:
        yield _fail(
            f"the length must be >= the sum of minUpper, minLower, minNumeric and minSpecial: "
            f"{inputs['length']} < {sum(minima.values())}",
            "length",
            "make it longer or the minima smaller",
        )


def _string(chance: Chance, inputs: Mapping[str, Any]) -> str:
    sets = _characters(inputs)
    drawn = [
        chance.choice((inputs.get("overrideSpecial") or pool) if name == "special" else pool)
        for name, pool in _SETS.items()
        for _ in range(inputs[_minimum(name)])
    ]
    pool = "".join(sets.values())
    drawn += [chance.choice(pool) for _ in range(inputs["length"] - len(drawn))]
    return "".join(chance.shuffled(drawn))


def _make_string(chance: Chance, inputs: Mapping[str, Any]) -> Made:
    result = _string(chance, inputs)
    return result, {"result": result}


def _make_password(chance: Chance, inputs: Mapping[str, Any]) -> Made:
    # The hash has the form of a bcrypt hash and is none: nothing in a rehearsal logs in with it.
    hash_ = "$2a$10$" + "".join(chance.choice(_BCRYPT) for _ in range(53))
    return "none", {"result": _string(chance, inputs), "bcryptHash": hash_}


def _make_bytes(chance: Chance, inputs: Mapping[str, Any]) -> Made:
    data = chance.draw(inputs["length"])
    return "none", {"base64": base64.b64encode(data).decode(), "hex": data.hex()}


def _make_id(chance: Chance, inputs: Mapping[str, Any]) -> Made:
    data = chance.draw(inputs["byteLength"])
    prefix = inputs.get("prefix") or ""
    url = base64.urlsafe_b64encode(data).decode().rstrip("=")
    return url, {
        "b64Url": prefix + url,
        "b64Std": prefix + base64.b64encode(data).decode(),
        "hex": prefix + data.hex(),
        "dec": prefix + str(int.from_bytes(data, "big")),
    }


def _make_pet(chance: Chance, inputs: Mapping[str, Any]) -> Made:
    length, separator, prefix = inputs["length"], inputs["separator"], inputs.get("prefix") or ""
    words = [chance.choice(_WORDS["adverbs"]) for _ in range(length - 2)]
    words += [chance.choice(_WORDS["adjectives"])] if length > 1 else []
    words.append(chance.choice(_WORDS["animals"]))
    return separator.join([prefix, *words] if prefix else words), {}


def _make_integer(chance: Chance, inputs: Mapping[str, Any]) -> Made:
    result = inputs["min"] + chance.below(inputs["max"] - inputs["min"] + 1)
    return str(result), {"result": result}


def _check_integer(inputs: Mapping[str, Any]) -> Iterator[Problem]:
    if inputs["min"] > inputs["max"]:
        yield _fail(
            f"the minimum value {inputs['min']} must be smaller than or equal to the maximum value {inputs['max']}",
            "min",
            "swap them",
        )


def _make_shuffle(chance: Chance, inputs: Mapping[str, Any]) -> Made:
    options: list[Any] = list(inputs["inputs"])
    count = inputs["resultCount"] if inputs.get("resultCount") is not None else len(options)
    results: list[Any] = []
    while options and len(results) < count:  # the provider starts over when more results are asked for than there are
        results += chance.shuffled(options)
    return "-", {"results": results[:count]}


def _make_uuid(chance: Chance, _inputs: Mapping[str, Any]) -> Made:
    result = str(uuid.UUID(bytes=chance.draw(16), version=4))
    return result, {"result": result}


def _make_uuid7(chance: Chance, _inputs: Mapping[str, Any]) -> Made:
    digits = chance.hexadecimal(32)  # version 7 and the variant of RFC 9562 in their places
    result = str(uuid.UUID(digits[:12] + "7" + digits[13:16] + "89ab"[int(digits[16], 16) % 4] + digits[17:]))
    return result, {"result": result}


_KEEPERS = {"keepers": _Input(dict)}
_STRING = {
    **_KEEPERS,
    "length": _Input(int, required=True, smallest=1),
    "number": _Input(bool),
    "overrideSpecial": _Input(str),
    **{name: _Input(bool, default=True) for name in _SETS},
    **{_minimum(name): _Input(int, default=0, smallest=0) for name in _SETS},
}
_TYPES: dict[str, _Type] = {
    "random:index/randomPassword:RandomPassword": _Type(
        _STRING, _make_password, _check_string, frozenset({"result", "bcryptHash"})
    ),
    "random:index/randomString:RandomString": _Type(_STRING, _make_string, _check_string),
    "random:index/randomBytes:RandomBytes": _Type(
        {**_KEEPERS, "length": _Input(int, required=True, smallest=1)},
        _make_bytes,
        secret=frozenset({"base64", "hex"}),
    ),
    "random:index/randomId:RandomId": _Type(
        {**_KEEPERS, "byteLength": _Input(int, required=True, smallest=1), "prefix": _Input(str)}, _make_id
    ),
    "random:index/randomPet:RandomPet": _Type(
        {
            **_KEEPERS,
            "length": _Input(int, default=2, smallest=1),
            "prefix": _Input(str),
            "separator": _Input(str, default="-"),
        },
        _make_pet,
    ),
    "random:index/randomInteger:RandomInteger": _Type(
        {**_KEEPERS, "min": _Input(int, required=True), "max": _Input(int, required=True), "seed": _Input(str)},
        _make_integer,
        _check_integer,
    ),
    "random:index/randomShuffle:RandomShuffle": _Type(
        {
            **_KEEPERS,
            "inputs": _Input(list, required=True),
            "resultCount": _Input(int, smallest=0),
            "seed": _Input(str),
        },
        _make_shuffle,
    ),
    "random:index/randomUuid:RandomUuid": _Type(_KEEPERS, _make_uuid),
    "random:index/randomUuid4:RandomUuid4": _Type(_KEEPERS, _make_uuid),
    "random:index/randomUuid7:RandomUuid7": _Type(_KEEPERS, _make_uuid7),
}


def _is(value: object, kind: type) -> bool:
    if kind is int:
        return (isinstance(value, int) and not isinstance(value, bool)) or (
            isinstance(value, float) and value.is_integer()
        )
    return isinstance(value, kind)


def _shape(inputs: Mapping[str, Any], known: Mapping[str, _Input]) -> Iterator[Problem]:
    """Find unknown, missing and mistyped inputs."""
    for key in inputs.keys() - known.keys() - {"__defaults"}:
        yield _fail(f"unknown property '{key}'", key, f"known properties: {', '.join(sorted(known))}")
    for key, expected in known.items():
        value = inputs.get(key)
        if value is None:
            if expected.required:
                yield _fail(f"missing required property '{key}'", key, "set it")
        elif value != UNKNOWN and not _is(value, expected.kind):
            yield _fail(f"'{key}' must be of type {expected.kind.__name__}, got {type(value).__name__}", key, "")
        elif value != UNKNOWN and expected.smallest is not None and value < expected.smallest:
            yield _fail(f"'{key}' must be at least {expected.smallest}, got {value}", key, "make it larger")


class RandomTwin:
    """Twin of the `random` provider. `seed` changes every value; the default is 0."""

    package = "random"

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._existing: dict[str, Leftover] = {}

    def types(self) -> frozenset[str]:
        """Return the types of the provider."""
        return frozenset(_TYPES)

    def check_config(self, instance: Instance) -> tuple[Problem, ...]:
        """Accept the configuration: the provider has none."""
        del instance
        return ()

    def check(self, request: Request) -> Checked:
        """Check names, types and ranges, and fill the provider's defaults."""
        row = _TYPES[request.type]
        problems = list(_shape(request.inputs, row.inputs))
        filled = {
            key: request.inputs.get(key) if request.inputs.get(key) is not None else expected.default
            for key, expected in row.inputs.items()
        }
        inputs = {key: value for key, value in filled.items() if value is not None}
        if not problems and row.check and UNKNOWN not in [value for value in inputs.values() if isinstance(value, str)]:
            problems += row.check(inputs)
        return Checked(inputs=inputs, problems=tuple(problems))

    def diff(self, request: Request) -> Difference:
        """Compare inputs: each of them makes a new value, so each replaces the resource."""
        old = request.old_inputs or {}
        changed = tuple(
            key
            for key in sorted({*old, *request.inputs})
            if old.get(key) != request.inputs.get(key) and key not in request.ignore_changes
        )
        return Difference(changed=changed, replaced_by=changed)

    def create(self, request: Request) -> Created:
        """Make the value."""
        row = _TYPES[request.type]
        inputs = {key: int(value) if row.inputs[key].kind is int else value for key, value in request.inputs.items()}
        chance = Chance(self._seed, request.urn, json.dumps(inputs, sort_keys=True))
        identity, computed = row.make(chance, inputs)
        self._existing[request.urn] = Leftover(type=request.type, id=identity, urn=request.urn)
        return Created(id=identity, outputs={**inputs, **computed}, secret_outputs=row.secret)

    def read(self, request: Request) -> Created:
        """Return what the state says: the provider keeps nothing outside it."""
        if not request.id:
            raise RejectedError([_fail(f"{request.name} has no id to read", "id", "give the id that it was made with")])
        outputs = {**(request.old_outputs or request.inputs)}
        return Created(id=request.id, outputs=outputs, secret_outputs=_TYPES[request.type].secret)

    def update(self, request: Request) -> Created:
        """Keep the value: nothing of these resources changes in place."""
        return Created(
            id=request.id,
            outputs={**(request.old_outputs or {}), **request.inputs},
            secret_outputs=_TYPES[request.type].secret,
        )

    def delete(self, request: Request) -> None:
        """Forget the value."""
        self._existing.pop(request.urn, None)

    def invoke(self, token: str, arguments: Properties, provider: Instance) -> Properties:
        """Refuse: the provider has no data sources."""
        del arguments, provider
        raise RejectedError([_fail(f"unknown function '{token}'", "", "the random provider has no functions")])

    def injected_failure(self, type_: str) -> Problem:
        """Return a failure of the machine's entropy source, the only one that this provider can have."""
        return Problem(code="CreateFailure", message=f"{type_}: generated insufficient random bytes", source=_SOURCE)

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return what was made and not deleted."""
        return tuple(self._existing.values())

    def snapshot(self) -> dict[str, Leftover]:
        """Return what exists now, for `restore`."""
        return dict(self._existing)

    def restore(self, snapshot: object) -> None:
        """Go back to what existed at `snapshot`."""
        self._existing = dict(cast(dict[str, Leftover], snapshot))
