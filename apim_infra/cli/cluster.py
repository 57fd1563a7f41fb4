"""`apim cluster`: the real control plane that rehearsals and capacity proofs run on."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

from apim_infra.cli.interrupts import interruptible
from apim_infra.cli.options import JsonOption
from apim_infra.cli.output import write_json

if TYPE_CHECKING:
    from apim_infra.cluster.control_plane import ControlPlane
    from apim_infra.cluster.tools import Building, Tools

NOT_RUNNING = 1
USAGE = 2

cluster = typer.Typer(
    name="cluster",
    help="Run a real Kubernetes control plane with simulated nodes, on this machine's loopback address.",
    no_args_is_help=True,
)


@cluster.command()
def tools(*, as_json: JsonOption = False) -> None:
    """Build the control plane's programs from `tools/go.mod` (once, about 5 minutes on 2 cores) and print their folder.

    Needs Go. `APIM_TOOLS=DIR` names programs that are built already. Exit codes: 0 they are there, 2 they cannot be built.

    Try `apim cluster tools`.
    """
    with _readable(as_json=as_json):
        found = _tools()
    if as_json:
        write_json({"folder": str(found.folder), "version": found.version})
    else:
        sys.stdout.write(f"{found.folder}\n")


@cluster.command()
def up(*, as_json: JsonOption = False) -> None:
    """Start a control plane that stays until `apim cluster down`; nothing happens when it runs already.

    `apim rehearse --cluster` does not use it: a rehearsal always has a fresh one. Exit codes: 0 it runs, 2 it cannot be started.

    Try `apim cluster up`, then `kubectl --kubeconfig` with the file that is printed.
    """
    with _readable(as_json=as_json):
        from apim_infra.cluster import kept

        plane, started = kept.up(_tools())
    if as_json:
        write_json({"started": started, **_described(plane)})
        return
    sys.stdout.write(f"Kubernetes {plane.version} {'runs now' if started else 'runs already'} on {plane.server}\n")
    sys.stdout.write(f"kubeconfig: {plane.kubeconfig}\n")


@cluster.command()
def status(*, as_json: JsonOption = False) -> None:
    """Tell whether the control plane of `apim cluster up` runs, and what runs on it.

    Exit codes: 0 it runs, 1 it does not.

    Try `apim cluster status --json`.
    """
    with _readable(as_json=as_json):
        from apim_infra.cluster import kept

        found = kept.state()
    if found is None:
        if as_json:
            write_json({"running": False})
        else:
            sys.stdout.write("No control plane runs: `apim cluster up` starts one\n")
        raise typer.Exit(NOT_RUNNING)
    if as_json:
        counted = {"age_seconds": found.age_seconds, "nodes": found.nodes, "pods": found.pods}
        write_json({"running": True, **_described(found.control_plane), **counted})
        return
    plane, pods = found.control_plane, ", ".join(f"{count} {phase}" for phase, count in found.pods.items()) or "none"
    sys.stdout.write(f"Kubernetes {plane.version} on {plane.server}, for {found.age_seconds} s\n")
    sys.stdout.write(f"nodes: {found.nodes}\npods: {pods}\nkubeconfig: {plane.kubeconfig}\n")


@cluster.command()
def down(*, as_json: JsonOption = False) -> None:
    """End the control plane of `apim cluster up` and remove what it kept; nothing happens when there is none.

    Exit codes: 0 none runs any more, 2 it cannot be ended.

    Try `apim cluster down`.
    """
    with _readable(as_json=as_json):
        from apim_infra.cluster import kept

        ended = kept.down()
    if as_json:
        write_json({"ended": ended})
    else:
        sys.stdout.write("The control plane has ended\n" if ended else "No control plane runs\n")


def _described(plane: "ControlPlane") -> dict[str, str]:
    return {"version": plane.version, "server": plane.server, "kubeconfig": str(plane.kubeconfig)}


def _tools() -> "Tools":
    """Return the tools, built now where they are not there; progress goes to standard error."""
    from apim_infra.cluster.tools import build_tools, find_tools

    return find_tools() or build_tools(_tell)


def _tell(building: "Building") -> None:
    """Write a line when a program begins and one when it is done."""
    place = f"[{building.number}/{building.total}] {building.name}"
    done = "..." if building.seconds is None else f"built in {building.seconds:.0f} s"
    sys.stderr.write(f"{place} {done}\n")
    sys.stderr.flush()


@contextmanager
def _readable(*, as_json: bool) -> Generator[None]:
    """Say what is wrong in one message instead of a traceback, and leave with exit code 2."""
    from apim_infra.cluster.api import Unreachable
    from apim_infra.cluster.control_plane import ControlPlaneError
    from apim_infra.cluster.tools import ToolsError

    try:
        with interruptible("Interrupted: what was begun has been ended"):
            yield
    except (ToolsError, ControlPlaneError, Unreachable, OSError) as error:
        _fail(str(error), as_json=as_json)


def _fail(message: str, *, as_json: bool) -> NoReturn:
    if as_json:
        write_json({"error": message})
    else:
        sys.stderr.write(f"{message}\n")
    raise typer.Exit(USAGE) from None
