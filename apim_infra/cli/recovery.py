"""`apim recovery`: the platform in another region."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from apim_infra.cli.interrupts import interruptible
from apim_infra.cli.options import FileOption, JsonOption, StackArgument
from apim_infra.cli.output import write_json
from apim_infra.environment import load_environment
from apim_infra.settings.recovery import RecoverySettings
from apim_infra.settings.violations import SettingsError, Violation

if TYPE_CHECKING:
    from apim_infra.recovery.objectives import Objectives

recovery = typer.Typer(help="Rebuild the platform in another region.", no_args_is_help=True)


@recovery.callback()
def _group() -> None:
    """Rebuild the platform in another region."""


@recovery.command()
def rebuild(
    stack: StackArgument,
    *,
    region: Annotated[str, typer.Option("--region", metavar="REGION", help="Region to rebuild the platform in.")],
    emit: Annotated[
        Path | None, typer.Option("--emit", metavar="DIR", help="Write the stack file of the rebuilt platform there.")
    ] = None,
    outputs: Annotated[
        Path | None,
        typer.Option("--outputs", metavar="FILE", help="What `pulumi stack output --json` printed for the lost stack."),
    ] = None,
    file: FileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the stack file of the platform in another region, with its stores restored from their backups, and rehearse it.

    Without `--outputs` the lost stack is rehearsed first, and its rehearsed identifiers stand in for the real ones: a drill. The file is printed
    unless `--emit` names a folder. It is only written when the rebuilt platform rehearses clean. Exit codes: 0 clean, 1 findings of severity error,
    2 usage or configuration.

    Try `apim recovery rebuild prd --region eu-west-1`, or, after a loss, `apim recovery rebuild prd --region eu-west-1 --outputs prd.json --emit .`.
    """
    directory = Path.cwd()
    environment = load_environment(stack, directory=directory, file=file)
    if emit is not None and not emit.is_dir():
        raise SettingsError([Violation("--emit", str(emit), "is no folder", "name a folder that exists")])
    from apim_infra.cli.progress import watching
    from apim_infra.cli.rehearsal_report import print_findings
    from apim_infra.recovery.drill import drill

    with interruptible(), watching() as watcher:
        drilled = drill(environment, directory, region, given=_read(outputs), watcher=watcher)
    text = drilled.rebuild.text()
    target = emit / drilled.rebuild.file_name if emit is not None and drilled.exit == 0 else None
    if target is not None:
        _write(target, text)
    if as_json:
        write_json(
            {
                "stack": drilled.rebuild.stack,
                "exit": drilled.exit,
                "region": region,
                "restored": list(drilled.rebuild.restored),
                "beside": list(drilled.rebuild.beside),
                "drill": outputs is None,
                "file": str(target) if target else None,
                "stack_file": drilled.rebuild.document,
                "resources": len(drilled.rehearsal.graph.resources),
                "objectives": asdict(drilled.objectives) if drilled.objectives else None,
                "findings": [finding.to_json() for finding in drilled.findings],
            }
        )
        raise typer.Exit(drilled.exit)
    if target is None and drilled.exit == 0:
        typer.echo(text)
    print_findings(drilled.findings)
    typer.echo(_verdict(drilled.rebuild.stack, len(drilled.rehearsal.graph.resources), drilled.exit, target))
    if drilled.objectives is not None:
        typer.echo(_told(drilled.objectives, environment.settings.recovery))
    if outputs is None:
        typer.echo("A drill: identifiers of backups and zones are rehearsed ones; pass the real ones with --outputs.")
    raise typer.Exit(drilled.exit)


def _verdict(stack: str, resources: int, code: int, target: Path | None) -> str:
    if code:
        return f"{stack}: {resources} resources rehearsed with errors; nothing was written"
    return f"{stack}: {resources} resources rehearsed clean" + (f"; written to {target}" if target else "")


def _told(found: "Objectives", wanted: RecoverySettings) -> str:
    return (
        f"Up again in {found.minutes:g} minutes, {found.minutes_ninth:g} in one case of ten (simulated from a duration table; objective "
        f"{wanted.time_objective_minutes}); at most {found.lost_minutes} minutes of data lost (objective {wanted.point_objective_minutes})."
    )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        raise SettingsError([Violation("--emit", str(path), message, "name another folder")]) from None


def _read(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise SettingsError([Violation("--outputs", str(path), message, "name a file that exists")]) from None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        fix = "write it with `pulumi stack output --json > FILE`"
        raise SettingsError([Violation("--outputs", str(path), "is no JSON object", fix)])
    return cast("dict[str, Any]", document)
