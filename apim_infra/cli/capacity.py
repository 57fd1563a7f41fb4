"""`apim capacity`: whether every pool holds what is planned for it, whatever happens to its nodes."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from apim_infra.cli.interrupts import interruptible
from apim_infra.cli.options import FileOption, JsonOption, SetOption, StackArgument
from apim_infra.cli.output import write_json
from apim_infra.environment import load_environment

if TYPE_CHECKING:
    from apim_infra.settings.stack import StackSettings
    from apim_infra.sizing.scenarios import Outcome, Scenario

INTERRUPTED = "The proof was interrupted; its control plane has been ended and nothing was written."
USAGE = 2


class ScenarioName(StrEnum):
    """Scenarios by their names on the command line."""

    STEADY = "steady"
    ROLLING_UPDATE = "rolling-update"
    ZONE_LOST = "zone-lost"
    NODE_DRAIN = "node-drain"


def capacity(
    stack: StackArgument,
    *,
    file: FileOption = None,
    overrides: SetOption = None,
    scenario: Annotated[
        list[ScenarioName] | None,
        typer.Option("--scenario", help="What to prove; may be repeated. Everything when absent."),
    ] = None,
    cluster: Annotated[
        bool | None,
        typer.Option(
            "--cluster/--no-cluster",
            help="Let the real scheduler place the pods beside the arithmetic; by default where its programs are built.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that each node pool, at its largest, holds everything at its maximum: steady, in a rolling update, without a zone, without a node.

    The arithmetic needs nothing but the stack file. The real scheduler of Kubernetes places the same pods on the same nodes beside it where `apim cluster
    tools` has built it; a different answer is a finding. `sizing.survive` says which losses a stack must stand: others are shown, and only noted.
    Exit codes: 0 everything fits, 1 it does not, 2 usage or configuration.

    Try `apim capacity prd`, `apim capacity stg --scenario rolling-update --no-cluster`, or `apim capacity dev --set cluster.pools.user.max=3 --json`.
    """
    environment = load_environment(stack, directory=Path.cwd(), file=file, overrides=overrides or (), capacity=False)
    from apim_infra.cli.capacity_report import Proof, capacity_document, print_capacity
    from apim_infra.cluster.nodes import node_pools
    from apim_infra.planning.capacity_rules import capacity_findings
    from apim_infra.sizing.capacity import outcomes, pool_plans
    from apim_infra.sizing.scenarios import SCENARIOS

    settings = environment.settings
    wanted: tuple[Scenario, ...] = tuple(
        name for name in SCENARIOS if scenario is None or ScenarioName(name) in scenario
    )
    plans = pool_plans(settings, node_pools(settings)[0].zones)
    reckoned = [case for plan in plans for case in outcomes(plan, wanted)]
    with interruptible(INTERRUPTED):
        scheduled, skipped = _scheduled(settings, wanted, cluster, as_json=as_json)
    findings = capacity_findings(settings, [*reckoned, *scheduled])
    if scheduled:
        from apim_infra.cluster.capacity import differences

        findings += differences(reckoned, scheduled)
    proof = Proof(stack, settings, reckoned, scheduled, skipped, findings)
    if as_json:
        write_json(capacity_document(proof))
    else:
        print_capacity(proof)
    raise typer.Exit(proof.exit)


def _scheduled(
    settings: "StackSettings", scenarios: "tuple[Scenario, ...]", cluster: bool | None, *, as_json: bool
) -> "tuple[list[Outcome], str]":
    """Return what the scheduler says, and why it was not asked; empty where it was."""
    if cluster is False:
        return [], "not asked for"
    from apim_infra.cluster.tools import find_tools, why_missing

    tools = find_tools()
    if tools is None:
        if cluster:
            _refuse(why_missing(), as_json=as_json)
        return [], why_missing()
    from apim_infra.cluster.api import Refused, Unreachable
    from apim_infra.cluster.capacity import schedule
    from apim_infra.cluster.control_plane import ControlPlaneError, running
    from apim_infra.cluster.scenarios import NoAnswerError

    try:
        with running(tools) as plane:
            return schedule(settings, plane, scenarios), ""
    except (ControlPlaneError, NoAnswerError, Refused, Unreachable) as error:
        _refuse(str(error), as_json=as_json)


def _refuse(message: str, *, as_json: bool) -> NoReturn:
    """Leave with exit code 2."""
    if as_json:
        write_json({"error": message})
    else:
        typer.echo(message, err=True)
    raise typer.Exit(USAGE)
