"""The life cycle of a rehearsal: first deployment, a second run that must change nothing, destroy that must leave nothing."""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches

from apim_infra.findings import Finding, Severity, has_errors
from apim_infra.rehearsal.deployment import Deployment, Fault
from apim_infra.rehearsal.destroy import Remover, destroy
from apim_infra.rehearsal.existing import furnish
from apim_infra.rehearsal.following import QUIET, SecondRun
from apim_infra.rehearsal.packages import Packages, packages
from apim_infra.rehearsal.paths import changed
from apim_infra.rehearsal.provider import Provider
from apim_infra.rehearsal.record import graph_of, sorted_findings
from apim_infra.rehearsal.report import Rehearsal, not_verified_summary
from apim_infra.rehearsal.runner import Ended, Failure, Program, Run
from apim_infra.rehearsal.state import Operation, StackState, Step, counted
from apim_infra.rehearsal.values import plain
from apim_infra.rehearsal.warm_hosts import WarmHosts
from apim_infra.settings.violations import SettingsError, Violation

TIMEOUT = 600.0
"""Seconds that one run of a program may take."""

DEPLOY, REPEAT, DESTROY = "deploy", "repeat", "destroy"


@dataclass(slots=True)
class Watcher:
    """Is told how a rehearsal goes on; does nothing unless its functions are set."""

    phase: Callable[[str, int], None] = lambda _name, _total: None
    """Called when a phase begins, with the number of steps that are expected, 0 when not known."""
    step: Callable[[Step], None] = lambda _step: None
    """Called after each step."""
    deployed: Callable[[Deployment], None] = lambda _deployment: None
    """Called once the first deployment has ended, with all that it holds; secrets are in it."""


@dataclass(slots=True)
class Lifecycle:
    """One rehearsal on its way."""

    program: Program
    twins: Mapping[str, Provider]
    seed: int
    watcher: Watcher
    timeout: float
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    steps: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    findings: list[Finding] = field(default_factory=list[Finding])
    output: list[str] = field(default_factory=list[str])
    not_verified: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def play(self, run: Run, phase: str, deployment: Deployment) -> None:
        """Run the program once as one phase."""
        with self._phase(phase, deployment, len(deployment.before.resources)):
            try:
                ended = run.finish(deployment, self.timeout)
            finally:
                deployment.settled.end()
        self._take(deployment, ended, told=phase == DEPLOY)

    def repeat(self, first: Deployment, second: SecondRun | Run | None) -> Deployment:
        """Run the program again: what followed the first run closely counts when it found everything as it was."""
        if isinstance(second, SecondRun):
            with self._phase(REPEAT, second.deployment, len(first.recorded)):
                ended = second.result()
                for step in second.deployment.steps if ended is not None else ():
                    self.watcher.step(step)
            if ended is not None:
                self._take(second.deployment, ended, told=False)
                self.findings.extend(second_run_changes(first, second.deployment))
                return second.deployment
        deployment = self.deployment(first.after, None)
        run = second if isinstance(second, Run) else Run(self.program)
        try:
            self.play(run, REPEAT, deployment)
        finally:
            run.cancel()
        if first.fault is None:
            self.findings.extend(second_run_changes(first, deployment))
        return deployment

    def destroy(self, before: StackState) -> Remover:
        """Destroy what a stack holds, without the program."""
        deployment = self.deployment(before, None)
        with self._phase(DESTROY, deployment, len(before.resources)):
            remover = destroy(deployment)
        self.findings.extend(deployment.findings)
        for urn, what in deployment.not_verified.items():
            self.not_verified[urn] = (*self.not_verified.get(urn, ()), *what)
        spared = {*remover.retained, *remover.deleted_with}
        self.findings.extend(left_behind(self.twins, spared, deployment))
        return remover

    def deployment(self, before: StackState, fault: Fault | None) -> Deployment:
        """Return a deployment of the program's stack."""
        return Deployment(
            self.program.stack,
            self.program.project,
            self.twins,
            config=self.program.config,
            secret_keys=self.program.secret_keys,
            before=before,
            fault=fault,
            seed=self.seed,
            watch=self.watcher.step,
        )

    @contextmanager
    def _phase(self, name: str, deployment: Deployment, total: int) -> Generator[None]:
        self.watcher.phase(name, total)
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = time.perf_counter() - began
            self.steps[name] = counted(deployment.steps)

    def _take(self, deployment: Deployment, ended: Ended, *, told: bool) -> None:
        if ended.failure is not None:
            _report_failure(deployment, ended.failure)
        for message in ended.messages:
            if message.severity in ("warning", "error"):
                severity = Severity.ERROR if message.severity == "error" else Severity.WARNING
                deployment.report(severity, f"program-{message.severity}", message.text, urn=message.urn)
        if told:
            self.output.extend(deployment.redact(line) for line in ended.lines)
            self.output.extend(deployment.redact(m.text) for m in ended.messages if m.severity == "info")
        self.findings.extend(deployment.findings)
        self.not_verified.update(deployment.not_verified)


def rehearse(
    program: Program,
    *,
    twins: Mapping[str, Provider] | None = None,
    seed: int = 0,
    fail: str = "",
    watcher: Watcher | None = None,
    timeout: float = TIMEOUT,
    hosts: WarmHosts | None = None,
    follow: bool = True,
) -> Rehearsal:
    """Rehearse the life cycle of a program's stack.

    Args:
        program: The program with its configuration (`stackfile.load_program`).
        twins: Package to twin; None stands for a fresh twin of every package that the project knows.
        seed: Seed of ids and random values; two rehearsals with one seed record the same graph.
        fail: Type token, name or URN of the resources whose creation is to fail as the cloud would.
        watcher: Is told how it goes on.
        timeout: Seconds that one run of the program may take.
        hosts: Processes that have imported the program's modules already; None starts a process for each run.
        follow: Whether the second run starts up while the first goes on. Otherwise it starts when the first has ended and
            `watcher.deployed` has returned.

    Raises SettingsError when `fail` names nothing, and when the program refuses its configuration.

    """
    worlds = packages(seed, program.directory) if twins is None else twins
    furnish(program.existing, worlds)
    cycle = Lifecycle(program, worlds, seed, watcher or Watcher(), timeout)
    began = time.perf_counter()
    fault = Fault(fail) if fail else None
    first = cycle.deployment(StackState(), fault)
    run = Run(program, hosts and hosts.first)
    second: SecondRun | Run | None = None
    if follow:
        second = SecondRun(program, first, timeout, hosts and hosts.second) if fault is None else Run(program)
    try:
        cycle.play(run, DEPLOY, first)
        cycle.watcher.deployed(first)
        if fault is not None and not fault.hit:
            _refuse_fault(fault, first)
        last = cycle.repeat(first, second) if fault is not None or not has_errors(cycle.findings) else first
    finally:
        first.settled.end()
        run.cancel()
        if second is not None:
            second.cancel()
    remover = cycle.destroy(last.after)
    graph = graph_of(last if fault is not None else first)
    graph.findings = sorted_findings(dict.fromkeys(cycle.findings), graph)
    cycle.seconds["total"] = time.perf_counter() - began
    return Rehearsal(
        stack=program.stack,
        graph=graph,
        steps=cycle.steps,
        seconds=cycle.seconds,
        not_verified=not_verified_summary(cycle.not_verified),
        protected=sorted(urn for urn, resource in last.after.resources.items() if resource.custom and resource.protect),
        unprotected=sorted(remover.unprotected),
        retained=sorted(remover.retained),
        failed=sorted(fault.hit) if fault else [],
        skipped=sorted(step.urn for step in first.steps if step.operation is Operation.SKIP),
        output=cycle.output,
    )


def second_run_changes(first: Deployment, second: Deployment) -> list[Finding]:
    """Return a finding for everything that a second run with unchanged settings would change."""
    found: list[Finding] = []
    for step in second.steps:
        if step.operation in QUIET or step.operation in (Operation.FAIL, Operation.SKIP):
            continue
        resource = second.recorded.get(step.urn) or first.recorded[step.urn]
        paths = f": {', '.join(step.paths)}" if step.paths else ""
        found.append(
            Finding(
                Severity.ERROR,
                "second-run-changes",
                f"a second run with the same settings would {step.operation} it{paths}",
                step.urn,
                resource.source,
                "make inputs depend on settings alone (no time, no random choice, no order of a set), or ignore what the cloud changes",
            )
        )
    found.extend(
        Finding(
            Severity.ERROR, "second-run-changes", f"a second run with the same settings would change the export {path}"
        )
        for path in changed(plain(first.exports), plain(second.exports))
    )
    return found


def left_behind(twins: Mapping[str, Provider], spared: set[str], deployment: Deployment) -> list[Finding]:
    """Return a finding for everything that is still there after a destroy, but for what was meant to stay."""
    used = twins.used() if isinstance(twins, Packages) else twins
    found: list[Finding] = []
    for package, twin in sorted(used.items()):
        for leftover in twin.leftovers():
            if leftover.urn in spared:
                continue
            resource = deployment.before.resources.get(leftover.urn)
            found.append(
                Finding(
                    Severity.ERROR,
                    "left-behind",
                    f"{leftover.type} {leftover.id} is still there after the destroy ({package})",
                    leftover.urn,
                    resource.source if resource else "",
                    "delete it with the stack, or say with retainOnDelete that it is to stay",
                )
            )
    return found


def _report_failure(deployment: Deployment, failure: Failure) -> None:
    if failure.kind == "configuration":
        rule, _, fix = deployment.redact(failure.message).partition("\n")
        raise SettingsError([Violation("config", None, rule, fix.strip() or "correct the stack file")])
    source = failure.frames[0][0] if failure.frames else ""
    if failure.kind == "exception" and deployment.located(failure.message, source):
        return  # the program ended with a rejection that is reported already
    calls = ", called by ".join(f"{function or 'the module'} ({source})" for source, function in failure.frames)
    rule = {"run-error": "program-error", "timeout": "program-timeout"}.get(failure.kind, "program-failed")
    deployment.report(
        Severity.ERROR,
        rule,
        failure.message + (f"; in {calls}" if calls and failure.kind == "exception" else ""),
        source=source,
    )


def _refuse_fault(fault: Fault, deployment: Deployment) -> None:
    customs = [resource for resource in deployment.recorded.values() if resource.custom]
    component = next((resource for resource in deployment.recorded.values() if fault.strikes(resource)), None)
    if component is not None and not component.custom:
        inside = sorted({resource.type for resource in customs if resource.parent == component.urn})
        fix = f"name a resource inside it, such as one of type {inside[0]}" if inside else "name a resource inside it"
        raise SettingsError([Violation("--fail", fault.target, "is a component, which no cloud creates", fix)])
    if component is not None:
        return  # it was refused or skipped before the fault could strike; the findings say why
    names = sorted({word for resource in customs for word in (resource.type, resource.name)})
    holding = [name for name in names if fault.target.lower() in name.lower()]
    near = holding[:3] or get_close_matches(fault.target, names, n=3, cutoff=0.4)
    fix = f"near it: {', '.join(near)}" if near else f"name one of the {len(customs)} resources of the stack"
    raise SettingsError([Violation("--fail", fault.target, "is no type, name or URN of a resource", fix)])
