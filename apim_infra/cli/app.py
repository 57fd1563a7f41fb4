"""The commands of `apim`, joined. Nothing here or in the command modules imports pulumi before a command runs."""

from typing import Annotated

import typer

from apim_infra import __version__
from apim_infra.cli import capacity, diff, explain, rehearse, replay
from apim_infra.cli.apis import apis
from apim_infra.cli.cluster import cluster
from apim_infra.cli.policy import policy
from apim_infra.cli.recovery import recovery

app = typer.Typer(
    name="apim",
    help="Describe, rehearse and check an API-management platform on AWS or Azure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"apim {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


app.command()(rehearse.rehearse)
app.command()(replay.replay)
app.command()(explain.explain)
app.command()(diff.diff)
app.command()(capacity.capacity)
app.add_typer(apis, name="apis")
app.add_typer(cluster, name="cluster")
app.add_typer(policy, name="policy")
app.add_typer(recovery, name="recovery")
