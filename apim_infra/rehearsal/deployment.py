"""One deployment of a stack: what the engine does with each registration, with twins in place of plugins.

Errors follow the engine's `--continue-on-error`: a refused resource fails, what needs it is skipped, everything else goes on, so that one run
lists every rejection. Twins are called by one thread at a time each.
"""

import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from apim_infra.findings import Finding, Severity
from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.aliases import earlier_urns
from apim_infra.rehearsal.hooks import Hooks
from apim_infra.rehearsal.paths import keep_old
from apim_infra.rehearsal.provider import Instance, Problem, Properties, Provider, Request
from apim_infra.rehearsal.providers import ProviderBook
from apim_infra.rehearsal.registration import Registration
from apim_infra.rehearsal.state import Operation, Outcome, ResourceState, Settled, StackState, Step
from apim_infra.rehearsal.steps import ResourceStep
from apim_infra.rehearsal.unknown_types import unknown_type_findings
from apim_infra.rehearsal.values import has_unknown, plain, secret_texts, unknown_paths

REDACTED = "[secret]"


@dataclass(slots=True)
class Fault:
    """A resource whose creation is made to fail."""

    target: str
    """Type token, resource name or URN."""
    hit: list[str] = field(default_factory=list[str])
    """URNs that it made fail."""

    def strikes(self, resource: ResourceState) -> bool:
        """Tell whether the fault is meant for a resource."""
        return self.target in (resource.urn, resource.type, resource.name)


class Deployment:
    """A stack on its way from one state to the next."""

    def __init__(
        self,
        stack: str,
        project: str,
        twins: Mapping[str, Provider],
        *,
        config: Mapping[str, str] | None = None,
        secret_keys: frozenset[str] = frozenset(),
        before: StackState | None = None,
        fault: Fault | None = None,
        seed: int = 0,
        watch: Callable[[Step], None] = lambda _step: None,
    ) -> None:
        self.stack = stack
        self.project = project
        self.seed = seed
        self.before = before or StackState()
        self.after = StackState(resources=dict(self.before.resources), exports=dict(self.before.exports))
        self.recorded: dict[str, ResourceState] = {}
        """Everything that was registered, refused and skipped resources too."""
        self.exports: dict[str, Any] = {}
        self.steps: list[Step] = []
        self.not_verified: dict[str, tuple[str, ...]] = {}
        """URN to what its twin could not check."""
        self.unknown_types: dict[str, list[str]] = {}
        """Type token that no twin knows to the URNs of that type."""
        self.fault = fault
        self.hooks = Hooks()
        self.pending: list[ResourceState] = []
        """Replaced resources that are deleted once the program has ended."""
        self.replaced_by: dict[str, tuple[str, ...]] = {}
        """URN of a replaced resource to the property paths that asked for it."""
        self.finished = False
        self.settled = Settled()
        self._watch = watch
        self._findings: list[Finding] = []
        self._secrets: set[str] = set(
            secret_texts({key: value for key, value in (config or {}).items() if key in secret_keys}, inside=True)
        )
        self._aliases: dict[str, tuple[str, ...]] = {}
        self._lock = threading.RLock()
        self.providers = ProviderBook(twins, config or {}, secret_keys, seed)

    # -- what the monitor calls ---------------------------------------------------------------------------------------------------------

    def register(self, registration: Registration, step: type[ResourceStep] = ResourceStep) -> ResourceState:
        """Bring one resource about; the answer says how it ended."""
        urn = urns.make(self.stack, self.project, registration.parent, registration.type, registration.name)
        with self._lock:
            if urn in self.recorded:
                self.report(
                    Severity.ERROR,
                    "duplicate-urn",
                    f"Duplicate resource URN '{urn}'; another resource of this type, name and parent is at "
                    f"{self.recorded[urn].source or 'an unknown place'}",
                    urn=urn,
                    source=registration.source,
                    fix="give the resource a name of its own",
                )
                return ResourceState(
                    urn, registration.type, registration.name, registration.custom, outcome=Outcome.FAILED
                )
            new = _state_of(urn, registration)
            self.recorded[urn] = new
            self._aliases[urn] = earlier_urns(registration, self.stack, self.project, self._aliases)
            self._secrets.update(secret_texts(registration.inputs))
            old = self._old(urn)
        try:
            step(self, registration, new, old).run()
        finally:
            self.settled.add(urn)
        return new

    def mutating(self) -> None:
        """Is called before a twin's world changes."""

    def ending(self) -> None:
        """Is called when the program registers nothing more."""

    def ask(self, key: str, question: Callable[[], Properties]) -> Properties:
        """Answer a data source; `key` tells questions apart."""
        try:
            return question()
        finally:
            self.settled.add(key)

    def outputs(self, urn: str, outputs: dict[str, Any]) -> None:
        """Record the outputs of a component, or the exports of the stack."""
        with self._lock:
            self._secrets.update(secret_texts(outputs))
            resource = self.recorded[urn]
            resource.outputs = outputs
            if resource.type == urns.ROOT_STACK_TYPE:
                self.exports = outputs
                self.after.exports = outputs

    # -- what steps use -----------------------------------------------------------------------------------------------------------------

    def missing_needs(self, resource: ResourceState, registration: Registration) -> list[str]:
        """Return why a resource cannot be tried: what it needs was refused or skipped, or a value is not known."""
        with self._lock:
            broken = sorted(urn for urn in resource.needs() if urn in self.recorded and not self.recorded[urn].exists)
        if broken:
            return broken
        return list(unknown_paths(registration.inputs)) if has_unknown(registration.inputs) else []

    def inputs_of(self, registration: Registration, old: ResourceState | None) -> dict[str, Any]:
        """Return what the program asks for with the old values where changes are ignored; secrets still wrapped."""
        if old is None or not registration.ignore_changes:
            return registration.inputs
        return keep_old(registration.inputs, old.inputs, registration.ignore_changes)

    def request(
        self,
        resource: ResourceState,
        inputs: Mapping[str, Any],
        instance: Instance,
        old: ResourceState | None = None,
        ignore_changes: tuple[str, ...] = (),
    ) -> Request:
        """Return the words to a twin about one resource."""
        return Request(
            urn=resource.urn,
            type=resource.type,
            name=resource.name,
            inputs=inputs,
            provider=instance,
            id=old.id if old else resource.id,
            old_inputs=old.checked if old else None,
            old_outputs=plain(old.outputs) if old else None,
            ignore_changes=ignore_changes,
            needs=frozenset(resource.needs()),
        )

    def calling(self, package: str) -> AbstractContextManager[Any]:
        """Return the lock under which a twin is called."""
        return self.providers.lock(package)

    def done(self, operation: Operation, resource: ResourceState, paths: tuple[str, ...] = ()) -> None:
        """Record a step, and what the stack now holds."""
        self.stepped(Step(operation, resource.urn, paths))
        with self._lock:
            if resource.exists:
                self._secrets.update(secret_texts(resource.outputs))
                for earlier in self._aliases.get(resource.urn, ()):
                    self.after.resources.pop(earlier, None)
                self.after.resources[resource.urn] = resource

    def defect(self, resource: ResourceState, package: str, error: Exception) -> None:
        """Report that a twin itself failed."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        self.report(
            Severity.ERROR,
            "twin-defect",
            f"the {package} twin failed at {Path(place.filename).name}:{place.lineno}: {type(error).__name__}: {error}",
            urn=resource.urn,
            source=resource.source,
            fix="this is a defect of the rehearsal, not of the program: please report it",
        )

    def stepped(self, step: Step) -> None:
        """Record a step, and tell whoever watches."""
        with self._lock:
            self.steps.append(step)
            self._watch(step)

    def problems(self, resource: ResourceState, package: str, problems: tuple[Problem, ...]) -> bool:
        """Report what a twin refuses or doubts; tell whether any of it refuses."""
        for problem in problems:
            text = problem.message
            if problem.path and problem.path not in text:
                text = f"{problem.path}: {text}"
            self.report(
                Severity.WARNING if problem.warning else Severity.ERROR,
                f"{package}:{problem.code}",
                text,
                urn=resource.urn,
                source=resource.source,
                fix=problem.hint,
            )
        return any(not problem.warning for problem in problems)

    def report(
        self, severity: Severity, rule: str, message: str, *, urn: str = "", source: str = "", fix: str = ""
    ) -> None:
        """Add a finding; secrets are taken out of its message."""
        with self._lock:
            self._findings.append(Finding(severity, rule, self.redact(message), urn, source, self.redact(fix)))

    def found(self, findings: Iterable[Finding]) -> None:
        """Add findings of an earlier part of the same deployment."""
        with self._lock:
            self._findings.extend(findings)

    def located(self, text: str, source: str) -> bool:
        """Tell whether a text repeats a rejection without a resource, such as that of a data source, and say where it came from."""
        with self._lock:
            for place, finding in enumerate(self._findings):
                reason = finding.message.partition(": ")[2]
                if not finding.urn and reason and reason in text:
                    self._findings[place] = replace(finding, source=finding.source or source)
                    return True
        return False

    def redact(self, text: str) -> str:
        """Return a text with every known secret taken out."""
        for known in sorted(self._secrets, key=len, reverse=True):
            if known in text:
                text = text.replace(known, REDACTED)
        return text

    def secrets(self) -> frozenset[str]:
        """Return every secret text seen so far."""
        with self._lock:
            return frozenset(self._secrets)

    def not_checked(self, urn: str, what: tuple[str, ...]) -> None:
        """Remember what a twin could not check of a resource."""
        if what:
            with self._lock:
                self.not_verified[urn] = what

    def unknown_type(self, resource: ResourceState) -> None:
        """Remember a resource whose type no twin knows."""
        with self._lock:
            self.unknown_types.setdefault(resource.type, []).append(resource.urn)

    @property
    def findings(self) -> list[Finding]:
        """Return what was found, in an order that does not depend on which request came first."""
        with self._lock:
            found = [*self._findings, *unknown_type_findings(self.unknown_types, self.recorded)]
        return sorted(found, key=lambda f: (f.urn, f.rule, f.message, f.source))

    def _old(self, urn: str) -> ResourceState | None:
        for candidate in (urn, *self._aliases[urn]):
            old = self.before.resources.get(candidate)
            if old is not None and old.exists:
                return old
        return None

    def registered(self) -> frozenset[str]:
        """Return the URNs, old ones of renamed resources too, that the program asked for."""
        with self._lock:
            return frozenset(self.recorded) | frozenset(urn for earlier in self._aliases.values() for urn in earlier)


def _state_of(urn: str, registration: Registration) -> ResourceState:
    return ResourceState(
        urn=urn,
        type=registration.type,
        name=registration.name,
        custom=registration.custom,
        parent=registration.parent,
        provider=registration.provider if registration.custom else "",
        inputs=registration.inputs,
        dependencies=registration.dependencies,
        property_dependencies=registration.property_dependencies,
        protect=bool(registration.protect),
        retain_on_delete=bool(registration.retain_on_delete),
        deleted_with=registration.deleted_with,
        aliases=registration.aliases,
        ignore_changes=registration.ignore_changes,
        custom_timeouts=registration.custom_timeouts,
        hooks=registration.hooks,
        replacement_trigger=registration.replacement_trigger,
        source=registration.source,
    )
