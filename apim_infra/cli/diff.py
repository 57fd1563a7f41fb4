"""`apim diff`: what a change of the project, or of a stack's settings, does to the platform."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from apim_infra.cli.interrupts import interruptible
from apim_infra.cli.options import FileOption, JsonOption, SetOption, StackArgument
from apim_infra.cli.output import write_json
from apim_infra.environment import load_environment, stack_file_of
from apim_infra.findings import has_errors
from apim_infra.settings.violations import SettingsError


def diff(
    stack: StackArgument,
    *,
    base: Annotated[
        str,
        typer.Option("--base", metavar="COMMIT|DIR", help="State before: a commit of this repository, or a folder."),
    ] = "HEAD",
    file: FileOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, as a comment of a pull request.")
    ] = False,
) -> None:
    """Show what changes in the platform between a state before and the files here: added, changed by path, replaced and why, removed.

    The state before is deployed into stand-ins of the clouds, with its own program, and the state here over it. `--set` is for the state here alone, so
    that a setting can be tried. Secrets are masked. Exit codes: 0 with and without changes, 1 when the state here has findings of severity error, 2 usage
    or configuration.

    Try `apim diff dev --base origin/main`, `apim diff prd --set network.zones=2`, or `apim diff stg --base ../before --markdown`.
    """
    if as_json and markdown:
        raise typer.BadParameter("choose one of the two", param_hint="--json and --markdown")
    directory = Path.cwd()
    environment = load_environment(stack, directory=directory, file=file, overrides=overrides or ())
    from apim_infra.cli.bases import checked_out
    from apim_infra.cli.diff_report import markdown_of, print_comparison
    from apim_infra.cli.progress import watching
    from apim_infra.own_program import own_program
    from apim_infra.rehearsal.comparison import compare
    from apim_infra.rehearsal.stackfile import load_program

    with ExitStack() as around:
        folder = around.enter_context(checked_out(base, directory))
        around.enter_context(interruptible())
        watcher = around.enter_context(watching())
        earlier = _earlier_file(stack, folder, directory, file)
        before = load_program(folder, stack, file=earlier) if earlier else None
        found = compare(before, own_program(environment, directory), watcher=watcher)
    code = 1 if has_errors(found.after) else 0
    if as_json:
        write_json(
            {
                "stack": stack,
                "base": base,
                "exit": code,
                "new": before is None,
                "counts": found.counts(),
                "unchanged": found.unchanged,
                "changes": [change.to_json() for change in found.changes],
                "exports": [{"path": each.path, "before": each.before, "after": each.after} for each in found.exports],
                "findings": [finding.to_json() for finding in found.after],
                "findings_before": [finding.to_json() for finding in found.before],
            }
        )
    elif markdown:
        typer.echo(markdown_of(found, base, new=before is None))
    else:
        print_comparison(found, base, new=before is None)
    raise typer.Exit(code)


def _earlier_file(stack: str, folder: Path, directory: Path, file: Path | None) -> Path | None:
    """Return the stack's file in the state before: at the same place, where one is named; None when the stack is new."""
    if file is not None:
        absolute = file.resolve()
        if not absolute.is_relative_to(directory.resolve()):
            return absolute  # outside of the project there is one state of it
        earlier = folder / absolute.relative_to(directory.resolve())
        return earlier if earlier.is_file() else None
    try:
        return stack_file_of(stack, folder)
    except SettingsError:
        return None
