"""What happens with one registered resource: check, diff, and create, update or replace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apim_infra.findings import Severity
from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.hooks import MOST_RETRIES
from apim_infra.rehearsal.intake import MonitorError
from apim_infra.rehearsal.paths import changed, covers
from apim_infra.rehearsal.provider import Created, Difference, Instance, Provider, RejectedError, known_type
from apim_infra.rehearsal.state import Operation, Outcome, ResourceState
from apim_infra.rehearsal.values import plain, secret, secret_texts, with_secrets_of, with_texts_hidden

if TYPE_CHECKING:
    from collections.abc import Callable

    from apim_infra.rehearsal.deployment import Deployment
    from apim_infra.rehearsal.registration import Registration


class ResourceStep:
    """One registration on its way through the engine; runs on the thread that brought it."""

    def __init__(
        self, deployment: Deployment, registration: Registration, new: ResourceState, old: ResourceState | None
    ) -> None:
        self.deployment = deployment
        self.registration = registration
        self.new = new
        self.old = old
        self.package = urns.package_of(new.type)

    def run(self) -> None:
        """Bring the resource about; `new` holds the outcome."""
        try:
            self.play()
        except MonitorError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of a twin must neither end the program nor hide the rest
            self.deployment.defect(self.new, self.package, error)
            self._fail()

    def play(self) -> None:
        """Do what the engine does with this sort of resource."""
        if self.registration.remote:
            self._refuse("remote-component", "a component of another language or package runs inside its own plugin")
        elif not self.new.custom:
            self._component()
        elif urns.is_provider(self.new.type):
            self._provider()
        else:
            self._custom()

    # -- the three sorts ----------------------------------------------------------------------------------------------------------------

    def _component(self) -> None:
        old = self.old
        if old is None:
            self.deployment.done(Operation.CREATE, self.new)
            return
        paths = tuple(changed(plain(old.inputs), plain(self.new.inputs)))
        self.deployment.done(Operation.UPDATE if paths else Operation.SAME, self.new, paths)

    def _provider(self) -> None:
        if self._skipped():
            return
        new, book = self.new, self.deployment.providers
        new.id = self.old.id if self.old else book.identifier(new.urn)
        new.checked = plain(new.inputs)
        new.outputs = new.inputs
        instance = book.add(new)
        twin = book.twin(self.package)
        if twin is None:
            self.deployment.unknown_type(new)
        else:
            with self.deployment.calling(self.package):
                refused = self.deployment.problems(new, self.package, twin.check_config(instance))
            if refused or self._struck(twin):
                self._fail()
                return
        paths = tuple(changed(self.old.checked, new.checked)) if self.old else ()
        operation = Operation.CREATE if self.old is None else Operation.UPDATE if paths else Operation.SAME
        self.deployment.done(operation, new, paths)

    def _custom(self) -> None:
        instance = self._instance()
        if instance is None or self._skipped():
            return
        twin = self.deployment.providers.twin(self.package)
        if twin is None or not known_type(twin, self.new.type):
            self.deployment.unknown_type(self.new)
            self._fail()
            return
        if not self._check(twin, instance, self.old):
            return
        if self.registration.import_id and self.old is None:
            self.deployment.mutating()
            self.new.imported = True
            self._attempt(Operation.IMPORT, "import", lambda: self._read(twin, instance))
        elif self.old is None:
            self._create(twin, instance, Operation.CREATE)
        else:
            self._change(twin, instance, self.old)

    # -- steps --------------------------------------------------------------------------------------------------------------------------

    def _check(self, twin: Provider, instance: Instance, old: ResourceState | None) -> bool:
        """Let the twin check the inputs; what it made up for `old`, such as a name, is kept."""
        deployment, new = self.deployment, self.new
        new.inputs = deployment.inputs_of(self.registration, self.old)
        request = deployment.request(new, plain(new.inputs), instance, old)
        with deployment.calling(self.package):
            checked = twin.check(request)
        if deployment.problems(new, self.package, checked.problems):
            self._fail()
            return False
        new.checked = dict(checked.inputs)
        return True

    def _create(self, twin: Provider, instance: Instance, operation: Operation, paths: tuple[str, ...] = ()) -> None:
        self.deployment.mutating()
        if self._struck(twin):
            self._fail()
            return
        request = self.deployment.request(self.new, self.new.checked, instance)
        self._attempt(operation, "create", lambda: twin.create(request), paths)

    def _change(self, twin: Provider, instance: Instance, old: ResourceState) -> None:
        request = self.deployment.request(
            self.new, self.new.checked, instance, old, tuple(self.registration.ignore_changes)
        )
        with self.deployment.calling(self.package):
            difference = self._difference(twin.diff(request), old)
        if difference.changed:
            self.deployment.mutating()
        if difference.replaced_by:
            self._replace(twin, instance, old, difference)
        elif difference.changed:
            self._attempt(Operation.UPDATE, "update", lambda: twin.update(request), difference.changed)
        else:
            self.new.id, self.new.outputs = old.id, old.outputs
            self.deployment.done(Operation.SAME, self.new)

    def _difference(self, found: Difference, old: ResourceState) -> Difference:
        replaced = list(found.replaced_by)
        for selector in self.registration.replace_on_changes:
            replaced.extend(path for path in found.changed if covers(selector, path) and path not in replaced)
        if old.replacement_trigger != self.new.replacement_trigger:
            replaced.append("replacementTrigger")
        replaced_others = {step.urn for step in self.deployment.steps if step.operation is Operation.REPLACE}
        replaced.extend(urn for urn in self.registration.replace_with if urn in replaced_others)
        before = self.registration.delete_before_replace
        return Difference(
            changed=(*found.changed, *(path for path in replaced if path not in found.changed)),
            replaced_by=tuple(replaced),
            delete_before_replace=found.delete_before_replace if before is None else before,
        )

    def _replace(self, twin: Provider, instance: Instance, old: ResourceState, difference: Difference) -> None:
        self.deployment.replaced_by[self.new.urn] = difference.replaced_by
        # As a new resource, so that the replacement gets a name of its own (`step_generator.go` of pulumi/pulumi, August 2026).
        if not self._check(twin, instance, None):
            return
        if difference.delete_before_replace:
            request = self.deployment.request(old, old.checked, instance, old)
            try:
                with self.deployment.calling(self.package):
                    twin.delete(request)
            except RejectedError as error:
                self.deployment.problems(self.new, self.package, error.problems)
                self._fail()
                return
        else:
            self.deployment.pending.append(old)
        self._create(twin, instance, Operation.REPLACE, difference.changed)

    def _read(self, twin: Provider, instance: Instance) -> Created:
        self.new.id = self.registration.import_id
        return twin.read(self.deployment.request(self.new, self.new.checked, instance))

    def _attempt(
        self, operation: Operation, verb: str, call: Callable[[], Created], paths: tuple[str, ...] = ()
    ) -> None:
        if not self._hooks(f"before_{verb}"):
            return
        created = self._tried(verb, call)
        if created is None:
            self._fail()
            return
        self.take(created)
        self._hooks(f"after_{verb}")
        self.deployment.done(operation, self.new, paths)

    def _tried(self, verb: str, call: Callable[[], Created], attempt: int = 0) -> Created | None:
        try:
            with self.deployment.calling(self.package):
                return call()
        except RejectedError as error:
            messages = [f"{problem.code}: {problem.message}" for problem in error.problems]
            if attempt < MOST_RETRIES and self.deployment.hooks.retry(self.new, verb, messages):
                return self._tried(verb, call, attempt + 1)
            self.deployment.problems(self.new, self.package, error.problems)
            return None

    def take(self, created: Created) -> None:
        """Put what a twin answered into the resource, secrets wrapped."""
        new = self.new
        outputs = with_secrets_of(created.outputs, new.inputs)
        for key in (*created.secret_outputs, *self.registration.additional_secret_outputs):
            if key in outputs:
                outputs[key] = secret(outputs[key])
        texts = frozenset(secret_texts(new.inputs))
        new.id = created.id
        new.outputs = with_texts_hidden(outputs, texts) if texts else outputs
        self.deployment.problems(new, self.package, created.warnings)
        self.deployment.not_checked(new.urn, created.not_verified)

    # -- refusals -----------------------------------------------------------------------------------------------------------------------

    def _instance(self) -> Instance | None:
        deployment, registration = self.deployment, self.registration
        book = deployment.providers
        if not registration.provider:
            if book.disabled(self.package):
                self._refuse(
                    "default-provider-disabled",
                    f"Default provider for '{self.package}' disabled; '{self.new.type}' must use an explicit provider",
                )
                return None
            with book.defaults:
                wanted = book.default_registration(self.package, registration.version, registration.plugin_download_url)
                urn = urns.make(deployment.stack, deployment.project, "", wanted.type, wanted.name)
                provider = deployment.recorded.get(urn) or deployment.register(wanted)
            registration.provider = f"{provider.urn}::{provider.id}"
        self.new.provider = registration.provider
        instance = book.instance(registration.provider)
        if instance is None and not self._skipped():
            self._refuse("unknown-provider", f"the provider {registration.provider} is not registered")
        return instance

    def _skipped(self) -> bool:
        missing = self.deployment.missing_needs(self.new, self.registration)
        if not missing:
            return False
        self.new.outcome = Outcome.SKIPPED
        self.deployment.done(Operation.SKIP, self.new, tuple(missing))
        return True

    def _struck(self, twin: Provider) -> bool:
        fault = self.deployment.fault
        if fault is None or not fault.strikes(self.new):
            return False
        fault.hit.append(self.new.urn)
        self.deployment.problems(self.new, self.package, (twin.injected_failure(self.new.type),))
        return True

    def _hooks(self, kind: str) -> bool:
        for result in self.deployment.hooks.run(kind, self.new, self.old):
            before = kind.startswith("before_") and not result.ignored
            self.deployment.report(
                Severity.ERROR if before else Severity.WARNING,
                "hook-failed",
                f"{kind} hook {result.name} failed: {result.error}",
                urn=self.new.urn,
                source=self.new.source,
            )
            if before:
                self._fail()
                return False
        return True

    def _refuse(self, rule: str, message: str) -> None:
        self.deployment.report(Severity.ERROR, rule, message, urn=self.new.urn, source=self.new.source)
        self._fail()

    def _fail(self) -> None:
        self.new.outcome = Outcome.FAILED
        self.deployment.done(Operation.FAIL, self.new)


class ReadStep(ResourceStep):
    """A resource that is read by its id, and never deleted."""

    def play(self) -> None:
        """Read the resource."""
        self.new.external = True
        instance = self._instance()
        if instance is None or self._skipped():
            return
        twin = self.deployment.providers.twin(self.package)
        if twin is None or not known_type(twin, self.new.type):
            self.deployment.unknown_type(self.new)
            self._fail()
            return
        self.new.checked = plain(self.new.inputs)
        self._attempt(Operation.READ, "read", lambda: self._read(twin, instance))


def provider_instance(
    deployment: Deployment, package: str, reference: str, version: str, url: str = ""
) -> Instance | None:
    """Return the provider resource that a reference names, or the default provider, registering it when it is new.

    None when the reference names nothing, or the stack's configuration forbids the default provider.
    """
    book = deployment.providers
    if reference:
        return book.instance(reference)
    if book.disabled(package):
        return None
    with book.defaults:
        wanted = book.default_registration(package, version, url)
        urn = urns.make(deployment.stack, deployment.project, "", wanted.type, wanted.name)
        provider = deployment.recorded.get(urn) or deployment.register(wanted)
    return book.instance(f"{provider.urn}::{provider.id}")
