"""`apim explain`: every setting of a stack, resolved, and the layer it comes from."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from apim_infra.cli.options import FileOption, JsonOption, SetOption, StackArgument
from apim_infra.cli.output import value_text, write_json
from apim_infra.environment import Environment, load_environment
from apim_infra.planning.edge_rules import choose_api_type
from apim_infra.settings.environment import Topology
from apim_infra.settings.fields import node_at
from apim_infra.settings.layers import Origin, plain_value
from apim_infra.settings.path import Path, parse, render
from apim_infra.settings.translate import value_at
from apim_infra.settings.violations import MASK, SettingsError, Violation
from apim_infra.sizing.load import POOL_MAXIMUM, derivations


def explain(
    stack: StackArgument,
    path: Annotated[
        str | None, typer.Argument(metavar="[PATH]", help="Setting or group to show, such as cluster.pools.")
    ] = None,
    file: FileOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every setting of a stack, resolved, and the layer it comes from.

    The layers, each winning over the one before: `default` (the library), `tier`, `size`, `topology`, `load` (derived
    from the load of gateway groups), `file` (the stack file) and `set` (the command line).

    Try `apim explain dev`, `apim explain prd cluster.pools`, or `apim explain dev network --set tier=prd --json`.
    """
    environment = load_environment(stack, directory=FilePath.cwd(), file=file, overrides=overrides or ())
    rows = settings_below(environment, path)
    chosen = chosen_for(environment, rows)
    if as_json:
        write_json(
            {
                "stack": environment.stack,
                "file": str(environment.file),
                "settings": [{"path": place, "value": value, "origin": origin} for place, value, origin in rows],
                "chosen": [{"path": place, "value": value, "reason": reason} for place, value, reason in chosen],
            }
        )
    else:
        _print_table(rows)
        for place, value, reason in chosen:
            typer.echo(f"\n{place}: {value}, {reason}")


Row = tuple[str, Any, str]
"""Path, value (secrets masked) and origin of one setting."""


def settings_below(environment: Environment, place: str | None) -> list[Row]:
    """Return the settings at and below a path, all of them without one; raises SettingsError when it names none."""
    values = plain_value(environment.settings)
    origins = {parse(path): origin for path, origin in environment.origins.items()}
    wanted = () if place is None else _parse_known(place, origins)
    return [
        (render(path), _masked(value_at(values, path)), str(origin))
        for path, origin in origins.items()
        if path[: len(wanted)] == wanted
    ]


def chosen_for(environment: Environment, rows: Iterable[Row]) -> list[tuple[str, str, str]]:
    """Return what the library chooses where the shown settings leave the choice to it: path, value, and why."""
    settings, shown = environment.settings, {path: value for path, value, _ in rows}
    chosen = [row for row in derivations(settings) if f"{row[0]}.max" in shown]
    if "edge.api_type" in shown and shown["edge.api_type"] is None and settings.topology is Topology.INTEGRATED_CLOUD:
        choice = choose_api_type(settings)
        chosen.append(("edge.api_type", choice.api_type.value, choice.reason))
    if environment.origins.get(POOL_MAXIMUM) is Origin.LOAD and POOL_MAXIMUM in shown:
        reason = "the smallest number of nodes on which the gateways for the loads have room in everything that the stack must stand"
        chosen.append((POOL_MAXIMUM, str(shown[POOL_MAXIMUM]), reason))
    return chosen


def _parse_known(place: str, origins: Mapping[Path, object]) -> Path:
    try:
        path = parse(place)
    except ValueError:
        path = (place,)
    known = {leaf[:length]: None for leaf in origins for length in range(1, len(leaf) + 1)}
    if path in known:
        return path
    if node_at(path) is not None:
        above = next((path[:length] for length in range(len(path) - 1, 0, -1) if path[:length] in known), ())
        rule, fix = "is not set in this stack", f"look at {render(above)}" if above else "leave the path out"
    else:
        nearest = get_close_matches(render(path), [render(known_path) for known_path in known], n=1, cutoff=0.5)
        rule, fix = "is not a setting", f"did you mean {nearest[0]}?" if nearest else "leave it out to see all settings"
    raise SettingsError([Violation(place, None, rule, fix)])


def _masked(value: Any) -> Any:
    return MASK if isinstance(value, SecretStr) else value


def _print_table(rows: list[Row]) -> None:
    from rich.console import Console  # only needed here: keeps the start fast
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    table = Table("setting", "value", "origin", box=None, pad_edge=False)
    for path, value, origin in rows:
        table.add_row(Text(path), Text(value_text(value)), Text(origin, style="dim" if origin == "default" else "cyan"))
    if not console.is_terminal:
        console = Console(highlight=False, width=max(len(line) for line in map(_line, rows)) + 40)
    console.print(table)


def _line(row: Row) -> str:
    return f"{row[0]} {value_text(row[1])} {row[2]}"
