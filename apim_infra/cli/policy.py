"""`apim policy check`: the policy pack over the graph that a stack would deploy."""

from pathlib import Path

import typer

from apim_infra.cli.interrupts import interruptible
from apim_infra.cli.options import FileOption, JsonOption, SetOption, StackArgument
from apim_infra.cli.output import write_json
from apim_infra.environment import load_environment
from apim_infra.findings import has_errors

policy = typer.Typer(help="Hold a stack to the policies of the platform.", no_args_is_help=True)


@policy.command()
def check(
    stack: StackArgument, *, file: FileOption = None, overrides: SetOption = None, as_json: JsonOption = False
) -> None:
    """Hold a stack to the policy pack: the very list that `pulumi preview --policy-pack policies` runs.

    The stack is rehearsed first, so that policies see what would be deployed; what the rehearsal refuses is listed too. Exit codes: 0 clean,
    1 findings of severity error, 2 usage or configuration.

    Try `apim policy check prd`, or `apim policy check dev --set cluster.api_endpoint.public=true --json`.
    """
    directory = Path.cwd()
    environment = load_environment(stack, directory=directory, file=file, overrides=overrides or ())
    from apim_infra.cli.progress import watching
    from apim_infra.cli.rehearsal_report import print_findings
    from apim_infra.own_program import own_program
    from apim_infra.rehearsal.lifecycle import rehearse
    from policies.evaluation import evaluate
    from policies.pack import POLICIES

    with interruptible(), watching() as watcher:
        rehearsed = rehearse(own_program(environment, directory), watcher=watcher)
    findings = [*rehearsed.findings, *evaluate(rehearsed.graph)]
    code = 1 if has_errors(findings) else 0
    if as_json:
        write_json(
            {
                "stack": stack,
                "exit": code,
                "policies": [rule.name for rule in POLICIES],
                "resources": len(rehearsed.graph.resources),
                "findings": [finding.to_json() for finding in findings],
            }
        )
    else:
        print_findings(findings)
        verdict = "findings" if code else "clean"
        typer.echo(f"{len(POLICIES)} policies over {len(rehearsed.graph.resources)} resources of {stack}: {verdict}")
    raise typer.Exit(code)
