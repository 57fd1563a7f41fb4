"""The `tls` provider: private keys, signing requests and certificates, made without any cloud.

Rules: documentation and validators of the `tls` provider's resources (terraform-provider-tls 4.x, pulumi-tls 5.6), read 2026-11-21.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import serialization

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
from apim_infra.rehearsal.twins import tls_material as material
from apim_infra.rehearsal.twins.chance import Chance

_SOURCE = "documentation and validators of terraform-provider-tls 4, read 2026-11-21"
_LEAST_RSA_BITS = 1024
"""Go's crypto/rsa refuses shorter keys (Go 1.24 release notes)."""

Made = tuple[str, dict[str, Any]]
"""Id and computed outputs of one resource."""


@dataclass(frozen=True, slots=True)
class _Input:
    kind: type
    required: bool = False
    default: Any = None
    options: tuple[str, ...] = ()
    smallest: int | None = None


@dataclass(frozen=True, slots=True)
class _Type:
    """One resource type: its inputs, what the provider refuses of them, and how its outputs are made."""

    inputs: Mapping[str, _Input]
    make: Callable[[str, Mapping[str, Any]], Made]
    """Called with a text that decides every random choice; raises RejectedError."""
    checks: tuple[Callable[[Mapping[str, Any]], Iterator[Problem]], ...] = ()
    in_place: frozenset[str] = frozenset()
    """Inputs whose change keeps the value."""
    secret: frozenset[str] = field(default_factory=frozenset[str])


def _fail(message: str, path: str, hint: str, code: str = "CheckFailure") -> Problem:
    return Problem(code=code, message=message, path=path, hint=hint, source=_SOURCE)


def _refuse(message: str, path: str, hint: str) -> RejectedError:
    return RejectedError([_fail(message, path, hint, "CreateFailure")])


def _known(value: object) -> bool:
    """Tell whether a value is set and holds nothing that is not known yet."""
    return value is not None and UNKNOWN not in json.dumps(value)


def _key_sources(name: str) -> Callable[[Mapping[str, Any]], Iterator[Problem]]:
    def check(inputs: Mapping[str, Any]) -> Iterator[Problem]:
        given = [key for key in (name, f"{name}Wo") if inputs.get(key) is not None]
        if len(given) != 1:
            message = f"Exactly one of these attributes must be configured: [{name},{name}Wo]"
            yield _fail(message, name, f"give {name}")

    return check


def _check_rsa(inputs: Mapping[str, Any]) -> Iterator[Problem]:
    bits = inputs.get("rsaBits")
    if inputs.get("algorithm") == "RSA" and isinstance(bits, int | float) and bits < _LEAST_RSA_BITS:
        message = (
            f"crypto/rsa: {int(bits)}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)"
        )
        yield _fail(message, "rsaBits", "use 2048 or more")


def _check_names(inputs: Mapping[str, Any]) -> Iterator[Problem]:
    for index, address in enumerate(inputs.get("ipAddresses") or ()):
        try:
            _ = ip_address(address) if _known(address) else None
        except ValueError:
            message = f"Invalid IP address: failed to parse {address!r}"
            yield _fail(message, f"ipAddresses[{index}]", "write one address, without a prefix length")


def _check_authority(inputs: Mapping[str, Any]) -> Iterator[Problem]:
    uses = inputs.get("allowedUses") or ()
    if inputs.get("maxPathLength") is not None and not inputs.get("isCaCertificate"):
        message = "maxPathLength says how many authorities may follow, and this certificate is none"
        yield _fail(message, "maxPathLength", "set isCaCertificate to true, or leave it out")
    if inputs.get("isCaCertificate") and _known(uses) and "cert_signing" not in uses:
        message = "isCaCertificate without cert_signing in allowedUses: what it signs is refused by TLS libraries (RFC 5280, 4.2.1.3)"
        hint = "add cert_signing to allowedUses"
        yield Problem("CheckFailure", message, "allowedUses", hint, "RFC 5280; own knowledge", warning=True)
    period, early = inputs.get("validityPeriodHours"), inputs.get("earlyRenewalHours")
    if isinstance(period, int | float) and isinstance(early, int | float) and early >= period > 0:
        message = f"earlyRenewalHours ({int(early)}) reaches back before the certificate begins ({int(period)} hours): every deployment makes a new one"
        yield Problem("CheckFailure", message, "earlyRenewalHours", "make it shorter", _SOURCE, warning=True)


def _private_key(inputs: Mapping[str, Any], name: str = "privateKeyPem") -> material.PrivateKey:
    path = name if inputs.get(name) is not None else f"{name}Wo"
    try:
        return material.load_private_key(str(inputs[path]))
    except (ValueError, TypeError):
        raise _refuse("Failed to parse private key PEM", path, "pass the output privateKeyPem of a key") from None


def _make_key(key: str, inputs: Mapping[str, Any]) -> Made:
    curve, bits = str(inputs["ecdsaCurve"]), int(inputs["rsaBits"])
    made = material.private_key(str(inputs["algorithm"]), curve, bits, key)
    return material.key_id(made), dict(material.key_outputs(made))


def _make_request(key: str, inputs: Mapping[str, Any]) -> Made:
    signer = _private_key(inputs)
    pem = material.request_pem(signer, inputs)
    return Chance(key).hexadecimal(40), {"certRequestPem": pem, "keyAlgorithm": material.algorithm_of(signer)}


def _make_self_signed(key: str, inputs: Mapping[str, Any]) -> Made:
    signer, serial = _private_key(inputs), _serial(key)
    made = material.self_signed(signer, inputs, serial)
    return str(serial), {**_certificate(made, inputs), "keyAlgorithm": material.algorithm_of(signer)}


def _make_signed(key: str, inputs: Mapping[str, Any]) -> Made:
    try:
        request = x509.load_pem_x509_csr(str(inputs["certRequestPem"]).encode())
    except ValueError:
        hint = "pass the output certRequestPem of a request"
        raise _refuse("Failed to parse certificate request PEM", "certRequestPem", hint) from None
    try:
        authority = x509.load_pem_x509_certificate(str(inputs["caCertPem"]).encode())
    except ValueError:
        hint = "pass the output certPem of the authority"
        raise _refuse("Failed to parse CA certificate PEM", "caCertPem", hint) from None
    signer, serial = _private_key(inputs, "caPrivateKeyPem"), _serial(key)
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if authority.public_key().public_bytes(*form) != signer.public_key().public_bytes(*form):
        message = "x509: provided PrivateKey doesn't match parent's PublicKey"
        raise _refuse(message, "caPrivateKeyPem", "pass certificate and key of one authority")
    made = material.signed(request, authority, signer, inputs, serial)
    return str(serial), {**_certificate(made, inputs), "caKeyAlgorithm": material.algorithm_of(signer)}


def _serial(key: str) -> int:
    return int.from_bytes(Chance("serial", key).draw(16), "big") >> 1 or 1


def _certificate(made: x509.Certificate, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "certPem": made.public_bytes(serialization.Encoding.PEM).decode(),
        "readyForRenewal": False,
        "validityStartTime": material.CLOCK.isoformat().replace("+00:00", "Z"),
        "validityEndTime": material.valid_until(inputs).isoformat().replace("+00:00", "Z"),
    }


def _keyed(name: str) -> dict[str, _Input]:
    return {name: _Input(str), f"{name}Wo": _Input(str), f"{name}WoVersion": _Input(int)}


_SUBJECT = {
    "subject": _Input(dict),
    "dnsNames": _Input(list),
    "ipAddresses": _Input(list),
    "uris": _Input(list),
}
_CERTIFICATE = {
    "allowedUses": _Input(list, required=True, options=(*material.USAGES, *material.EXTENDED)),
    "validityPeriodHours": _Input(int, required=True, smallest=0),
    "earlyRenewalHours": _Input(int, default=0, smallest=0),
    "isCaCertificate": _Input(bool, default=False),
    "maxPathLength": _Input(int, smallest=-1),
    "setSubjectKeyId": _Input(bool, default=False),
}
_KEPT = frozenset({"earlyRenewalHours"})
_TYPES: dict[str, _Type] = {
    "tls:index/privateKey:PrivateKey": _Type(
        {
            "algorithm": _Input(str, required=True, options=("RSA", "ECDSA", "ED25519")),
            "ecdsaCurve": _Input(str, default="P224", options=tuple(material.CURVES)),
            "rsaBits": _Input(int, default=2048),
        },
        _make_key,
        (_check_rsa,),
        secret=frozenset({"privateKeyPem", "privateKeyOpenssh", "privateKeyPemPkcs8"}),
    ),
    "tls:index/certRequest:CertRequest": _Type(
        {**_keyed("privateKeyPem"), **_SUBJECT},
        _make_request,
        (_key_sources("privateKeyPem"), _check_names),
        secret=frozenset({"privateKeyPem", "privateKeyPemWo"}),
    ),
    "tls:index/selfSignedCert:SelfSignedCert": _Type(
        {**_keyed("privateKeyPem"), **_SUBJECT, **_CERTIFICATE, "setAuthorityKeyId": _Input(bool, default=False)},
        _make_self_signed,
        (_key_sources("privateKeyPem"), _check_names, _check_authority),
        _KEPT,
        frozenset({"privateKeyPem", "privateKeyPemWo"}),
    ),
    "tls:index/locallySignedCert:LocallySignedCert": _Type(
        {
            **_keyed("caPrivateKeyPem"),
            "caCertPem": _Input(str, required=True),
            "certRequestPem": _Input(str, required=True),
            **_CERTIFICATE,
        },
        _make_signed,
        (_key_sources("caPrivateKeyPem"), _check_authority),
        _KEPT,
        frozenset({"caPrivateKeyPem", "caPrivateKeyPemWo"}),
    ),
}


def _shape(inputs: Mapping[str, Any], known: Mapping[str, _Input]) -> Iterator[Problem]:
    """Find unknown, missing, mistyped and misspelt inputs."""
    for key in inputs.keys() - known.keys() - {"__defaults"}:
        yield _fail(f"unknown property '{key}'", key, f"known properties: {', '.join(sorted(known))}")
    for key, expected in known.items():
        value = inputs.get(key)
        if value is None:
            if expected.required:
                yield _fail(f"missing required property '{key}'", key, "set it")
        elif value != UNKNOWN:
            yield from _value(key, value, expected)


def _value(key: str, value: Any, expected: _Input) -> Iterator[Problem]:
    whole = isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
    if not (whole if expected.kind is int else isinstance(value, expected.kind)):
        yield _fail(f"'{key}' must be of type {expected.kind.__name__}, got {type(value).__name__}", key, "")
        return
    if expected.smallest is not None and value < expected.smallest:
        yield _fail(f"Attribute {key} value must be at least {expected.smallest}, got: {int(value)}", key, "raise it")
    several = isinstance(value, list)
    for index, item in enumerate(cast("Sequence[Any]", value) if several else [value]):
        if expected.options and item != UNKNOWN and item not in expected.options:
            path = f"{key}[{index}]" if several else key
            message = f'Attribute {path} value must be one of: {list(expected.options)}, got: "{item}"'
            yield _fail(message, path, f"one of {', '.join(expected.options)}")


class TlsTwin:
    """Twin of the `tls` provider. `seed` changes every key and serial number; the default is 0."""

    package = "tls"

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._existing: dict[str, Leftover] = {}

    def types(self) -> frozenset[str]:
        """Return the types of the provider."""
        return frozenset(_TYPES)

    def check_config(self, instance: Instance) -> tuple[Problem, ...]:
        """Accept the configuration: only data sources use it."""
        del instance
        return ()

    def check(self, request: Request) -> Checked:
        """Check names, types and values, and fill the provider's defaults."""
        row = _TYPES[request.type]
        problems = list(_shape(request.inputs, row.inputs))
        filled = {
            key: request.inputs.get(key) if request.inputs.get(key) is not None else expected.default
            for key, expected in row.inputs.items()
        }
        inputs = {key: value for key, value in filled.items() if value is not None}
        if not problems:
            problems += [problem for check in row.checks for problem in check(inputs)]
        return Checked(inputs=inputs, problems=tuple(problems))

    def diff(self, request: Request) -> Difference:
        """Compare inputs: a changed one makes a new key or certificate, unless it only says when to renew."""
        old, row = request.old_inputs or {}, _TYPES[request.type]
        changed = tuple(
            key
            for key in sorted({*old, *request.inputs})
            if old.get(key) != request.inputs.get(key) and key not in request.ignore_changes
        )
        return Difference(changed=changed, replaced_by=tuple(key for key in changed if key not in row.in_place))

    def create(self, request: Request) -> Created:
        """Make the key, request or certificate. Raises RejectedError for PEM that cannot be read and keys that do not belong together."""
        row = _TYPES[request.type]
        shown = {key: value for key, value in request.inputs.items() if key not in row.secret}
        key = f"{self._seed}/{request.urn}/{json.dumps(shown, sort_keys=True)}"
        identity, computed = row.make(key, request.inputs)
        self._existing[request.urn] = Leftover(type=request.type, id=identity, urn=request.urn)
        return Created(id=identity, outputs={**request.inputs, **computed}, secret_outputs=row.secret)

    def read(self, request: Request) -> Created:
        """Return what the state says: the provider keeps nothing outside it."""
        if not request.id:
            raise RejectedError([_fail(f"{request.name} has no id to read", "id", "give the id that it was made with")])
        outputs = {**(request.old_outputs or request.inputs)}
        return Created(id=request.id, outputs=outputs, secret_outputs=_TYPES[request.type].secret)

    def update(self, request: Request) -> Created:
        """Keep what was made, with the new inputs."""
        outputs = {**(request.old_outputs or {}), **request.inputs}
        return Created(id=request.id, outputs=outputs, secret_outputs=_TYPES[request.type].secret)

    def delete(self, request: Request) -> None:
        """Forget it."""
        self._existing.pop(request.urn, None)

    def invoke(self, token: str, arguments: Properties, provider: Instance) -> Properties:
        """Refuse: data sources read certificates of servers, and a rehearsal reaches none."""
        del arguments, provider
        raise RejectedError([_fail(f"'{token}' reads from outside, which a rehearsal cannot", "", "pass the PEM in")])

    def injected_failure(self, type_: str) -> Problem:
        """Return a failure of the machine's entropy source, the only one that this provider can have."""
        return Problem(code="CreateFailure", message=f"{type_}: Key Generation Error", source=_SOURCE)

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return what was made and not deleted."""
        return tuple(self._existing.values())

    def snapshot(self) -> dict[str, Leftover]:
        """Return what exists now, for `restore`."""
        return dict(self._existing)

    def restore(self, snapshot: object) -> None:
        """Go back to what existed at `snapshot`."""
        self._existing = dict(cast("dict[str, Leftover]", snapshot))
