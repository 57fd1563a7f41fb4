"""`apim apis`: documents of APIs, before they are deployed."""

from pathlib import Path
from typing import Annotated, Any

import typer

from apim_infra.cli.options import FileOption, JsonOption, SetOption
from apim_infra.cli.output import write_json
from apim_infra.environment import load_environment
from apim_infra.planning.api_review import Review, review
from apim_infra.settings.violations import SettingsError, Violation

apis = typer.Typer(help="Documents of APIs, before they are deployed.", no_args_is_help=True)


@apis.callback()
def _group() -> None:
    """Documents of APIs, before they are deployed."""


@apis.command()
def validate(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="OpenAPI documents, 3.0 or 3.1, YAML or JSON.")
    ],
    *,
    stack: Annotated[
        str | None,
        typer.Option("--stack", metavar="STACK", help="Stack whose gateway groups must serve the documents."),
    ] = None,
    base_path: Annotated[
        str | None,
        typer.Option(
            "--base-path", metavar="PATH", help="What precedes the documents' paths, instead of their servers'."
        ),
    ] = None,
    file: FileOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check OpenAPI documents against their specification, and, with `--stack`, that a gateway group serves each of their paths.

    Exit codes: 0 every document holds, 1 at least one does not, 2 usage or configuration.

    Try `apim apis validate apis/orders.yaml`, or `apim apis validate apis/*.yaml --stack prd --json`.
    """
    if base_path is not None and not base_path.startswith("/"):
        raise SettingsError([Violation("--base-path", base_path, "must begin with a slash", f"use /{base_path}")])
    if stack is None and (file is not None or overrides):
        raise SettingsError(
            [Violation("--stack", None, "must name the stack of --file and --set", "add --stack STACK")]
        )
    groups = None
    if stack is not None:
        settings = load_environment(stack, directory=Path.cwd(), file=file, overrides=overrides or ()).settings
        groups = settings.gateway_groups
    reviews = [review(each, groups, base_path) for each in files]
    code = 1 if any(each.problems for each in reviews) else 0
    if as_json:
        write_json({"stack": stack, "exit": code, "documents": [_document(each) for each in reviews]})
    else:
        for each in reviews:
            _print(each)
    raise typer.Exit(code)


def _document(found: Review) -> dict[str, Any]:
    return {
        "file": str(found.file),
        "base_path": found.base_path or "/",
        "operations": [{"method": each.method, "path": each.path} for each in found.operations],
        "groups": list(found.groups),
        "problems": [{"rule": each.rule, "fix": each.fix} for each in found.problems],
    }


def _print(found: Review) -> None:
    if not found.problems:
        served = f", served by {', '.join(found.groups)}" if found.groups else ""
        count = len(found.operations)
        typer.echo(f"{found.file}: valid, {count} {'operation' if count == 1 else 'operations'}{served}")
        return
    for problem in found.problems:
        typer.echo(f"{found.file}: {problem.rule}\n    fix  {problem.fix}", err=True)
