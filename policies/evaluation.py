"""Runs the pack over a recorded graph, as the engine would over a preview, without a CLI.

Properties pass through the same doors as under the CLI: secret envelopes are gone, and reading a value that is not known yet makes the policy say so
instead of passing or failing.
"""

from collections.abc import Iterable
from typing import Any, cast

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.policy import _NotApplicableError  # pyright: ignore[reportPrivateUsage]  # raised by args.not_applicable, exported nowhere
from pulumi_policy.proxy import UnknownValueError, unknown_checking_proxy

from apim_infra.findings import Finding, Severity
from apim_infra.rehearsal.graph import Graph, Resource
from policies.pack import DEFAULT_LEVEL, POLICIES


def evaluate(graph: Graph, policies: Iterable[Policy] = POLICIES) -> list[Finding]:
    """Return what the policies find in a graph: mandatory ones as errors, advisory ones and those that cannot tell yet as warnings."""
    findings: list[Finding] = []
    stack = _Stack(graph)
    for policy in policies:
        if policy.enforcement_level is EnforcementLevel.DISABLED:
            continue
        if isinstance(policy, ResourceValidationPolicy):
            # What is only read is nobody's request: the engine shows it to policies of the whole stack alone.
            for resource in graph.resources:
                if not resource.external:
                    findings.extend(stack.check_resource(policy, resource))
        elif isinstance(policy, StackValidationPolicy):
            findings.extend(stack.check_stack(policy))
    return findings


class _Stack:
    """A graph in the words of the policy SDK."""

    def __init__(self, graph: Graph) -> None:
        self._by_urn = {resource.urn: resource for resource in graph.resources}
        self._policy_resources = self._connected()

    def check_resource(self, policy: ResourceValidationPolicy, resource: Resource) -> list[Finding]:
        findings: list[Finding] = []
        args = ResourceValidationArgs(
            resource.type,
            unknown_checking_proxy(resource.inputs),
            resource.urn,
            resource.name,
            _options(resource),
            self._provider(resource),
            {},
        )

        def report(message: str, urn: str | None = None) -> None:
            findings.append(self._finding(policy, message, urn or resource.urn))

        try:
            cast(Any, policy).validate(args, report)
        except UnknownValueError as unknown:
            findings.append(self._not_known(policy, unknown, resource.urn))
        except _NotApplicableError:
            return []
        return findings

    def check_stack(self, policy: StackValidationPolicy) -> list[Finding]:
        findings: list[Finding] = []

        def report(message: str, urn: str | None = None) -> None:
            findings.append(self._finding(policy, message, urn or ""))

        try:
            cast(Any, policy).validate(StackValidationArgs(list(self._policy_resources.values()), {}), report)
        except UnknownValueError as unknown:
            findings.append(self._not_known(policy, unknown, ""))
        except _NotApplicableError:
            return []
        return findings

    def _connected(self) -> dict[str, PolicyResource]:
        made = {
            resource.urn: PolicyResource(
                resource.type,
                unknown_checking_proxy({**resource.outputs, **resource.inputs}),
                resource.urn,
                resource.name,
                _options(resource),
                self._provider(resource),
                None,
                [],
                {},
            )
            for resource in self._by_urn.values()
        }
        for urn, policy_resource in made.items():
            resource = self._by_urn[urn]
            policy_resource.parent = made.get(resource.parent)
            policy_resource.dependencies = [made[other] for other in resource.dependencies if other in made]
            policy_resource.property_dependencies = {
                key: [made[other] for other in urns if other in made]
                for key, urns in resource.property_dependencies.items()
            }
        return made

    def _provider(self, resource: Resource) -> PolicyProviderResource | None:
        provider = self._by_urn.get(resource.provider.rpartition("::")[0])
        return PolicyProviderResource(provider.type, provider.inputs, provider.urn, provider.name) if provider else None

    def _finding(self, policy: Policy, message: str, urn: str) -> Finding:
        level = policy.enforcement_level or DEFAULT_LEVEL
        resource = self._by_urn.get(urn)
        return Finding(
            severity=Severity.WARNING if level is EnforcementLevel.ADVISORY else Severity.ERROR,
            rule=policy.name,
            message=message,
            urn=urn,
            source=resource.source if resource else "",
            fix=policy.remediation_steps or "",
        )

    def _not_known(self, policy: Policy, unknown: UnknownValueError, urn: str) -> Finding:
        resource = self._by_urn.get(urn)
        return Finding(
            severity=Severity.WARNING,
            rule=policy.name,
            message=f"cannot tell before deployment: {unknown.message}",
            urn=urn,
            source=resource.source if resource else "",
        )


def _options(resource: Resource) -> PolicyResourceOptions:
    return PolicyResourceOptions(
        resource.protect,
        resource.ignore_changes,
        None,
        [alias if isinstance(alias, str) else str(alias) for alias in resource.aliases],
        PolicyCustomTimeouts(0, 0, 0),
        [],
        resource.parent or None,
    )
