import pytest
from policy_fixtures import FIXTURES as OWN_FIXTURES
from policy_fixtures import Fixture
from policy_fixtures_azure import AZURE_FIXTURES
from policy_fixtures_reachability import REACHABILITY_FIXTURES
from pulumi_policy import EnforcementLevel

from apim_infra.findings import Finding, Severity
from apim_infra.rehearsal.graph import Graph
from policies.evaluation import evaluate
from policies.pack import POLICIES

FIXTURES = (*OWN_FIXTURES, *REACHABILITY_FIXTURES, *AZURE_FIXTURES)
ALWAYS_KNOWN = {"vpc-flows-recorded", "azure-logs-sent"}


def found(rule: str, graph: Graph) -> list[Finding]:
    return evaluate(graph, [policy for policy in POLICIES if policy.name == rule])


def cases(kind: str) -> list[object]:
    return [
        pytest.param(fixture.rule, graph, id=f"{fixture.rule}: {what}")
        for fixture in FIXTURES
        for what, graph in getattr(fixture, kind).items()
    ]


def test_every_rule_has_a_violating_a_clean_and_an_unknown_fixture() -> None:
    assert sorted(fixture.rule for fixture in FIXTURES) == sorted(policy.name for policy in POLICIES)
    assert all(fixture.violating and fixture.clean for fixture in FIXTURES)


def test_the_pack_has_a_dozen_rules_with_a_fix_each() -> None:
    assert len(POLICIES) >= 12
    assert all(policy.remediation_steps and policy.description for policy in POLICIES)
    assert all(policy.enforcement_level is EnforcementLevel.MANDATORY for policy in POLICIES)


@pytest.mark.parametrize(("rule", "graph"), cases("violating"))
def test_violating(rule: str, graph: Graph) -> None:
    findings = found(rule, graph)
    assert findings
    for finding in findings:
        assert finding.severity is Severity.ERROR
        assert finding.rule == rule
        assert finding.urn in {resource.urn for resource in graph.resources}
        assert finding.source == "main.py:1"
        assert finding.fix


@pytest.mark.parametrize(("rule", "graph"), cases("clean"))
def test_clean(rule: str, graph: Graph) -> None:
    assert found(rule, graph) == []


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.rule)
def test_unknown_is_neither_passed_nor_failed(fixture: Fixture) -> None:
    findings = found(fixture.rule, fixture.unknown)
    if fixture.rule in ALWAYS_KNOWN:
        assert [finding.severity for finding in findings] == [Severity.ERROR]
        return
    assert [finding.severity for finding in findings] == [Severity.WARNING]
    assert "cannot tell before deployment" in findings[0].message
