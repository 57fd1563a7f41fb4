"""`apim replay`: a recorded graph, or an edited one, taken through the stand-ins of the clouds again."""

from pathlib import Path
from typing import Annotated

import typer

from apim_infra.cli.options import JsonOption
from apim_infra.cli.output import write_json
from apim_infra.findings import has_errors


def replay(
    graph: Annotated[Path, typer.Argument(metavar="GRAPH.json", help="File that `apim rehearse --graph` wrote.")],
    as_json: JsonOption = False,
) -> None:
    """Take a recorded graph through the stand-ins of the clouds again, so that an edited one can be tried.

    Exit codes: 0 clean, 1 findings of severity error, 2 when the file is no graph. Secrets are not in a graph; a placeholder stands for each.

    Try `apim rehearse dev --graph dev.json`, edit a CIDR in it, then `apim replay dev.json`.
    """
    from apim_infra.cli.rehearsal_report import print_findings
    from apim_infra.rehearsal.graph_file import read_graph
    from apim_infra.rehearsal.replay import NOT_VERIFIED
    from apim_infra.rehearsal.replay import replay as play

    recorded = read_graph(graph)
    findings = play(recorded)
    code = 1 if has_errors(findings) else 0
    if as_json:
        write_json(
            {
                "stack": recorded.stack,
                "exit": code,
                "resources": len(recorded.resources),
                "findings": [finding.to_json() for finding in findings],
                "not_verified": [NOT_VERIFIED],
            }
        )
    else:
        print_findings(findings)
        typer.echo(f"{len(recorded.resources)} resources of {recorded.stack} replayed; not verified: {NOT_VERIFIED}")
    raise typer.Exit(code)
