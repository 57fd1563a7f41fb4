"""`apim rehearse`: the life cycle of a stack, played against stand-ins of its clouds."""

from pathlib import Path
from typing import Annotated

import typer

from apim_infra.cli.cluster_wish import ClusterWish
from apim_infra.cli.interrupts import interruptible
from apim_infra.cli.options import FileOption, JsonOption, SetOption, StackArgument
from apim_infra.cli.output import write_json
from apim_infra.environment import load_environment


def rehearse(
    stack: StackArgument,
    *,
    file: FileOption = None,
    overrides: SetOption = None,
    graph: Annotated[
        Path | None, typer.Option("--graph", metavar="FILE", help="Write the recorded graph there as JSON.")
    ] = None,
    as_json: JsonOption = False,
    fail: Annotated[
        str,
        typer.Option(
            "--fail", metavar="TYPE_OR_NAME", help="Let the creation of these resources fail as the cloud would."
        ),
    ] = "",
    seed: Annotated[int, typer.Option("--seed", help="Seed of ids and random values.")] = 0,
    existing: Annotated[
        Path | None,
        typer.Option(
            "--existing",
            metavar="FILE",
            help="What the cloud has already; `Existing.<stack>.yaml` beside the stack file by default.",
        ),
    ] = None,
    program: Annotated[
        Path | None, typer.Option("--program", metavar="DIR", help="Rehearse another Pulumi Python program.")
    ] = None,
    cluster: Annotated[
        bool,
        typer.Option(
            "--cluster", help="Apply everything in Kubernetes to a real control plane, too (needs `make tools`)."
        ),
    ] = False,
    charts: Annotated[
        list[Path] | None,
        typer.Option(
            "--charts",
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="With --cluster: charts as `helm pull` left them, instead of the network; may be repeated.",
        ),
    ] = None,
    crds: Annotated[
        list[Path] | None,
        typer.Option(
            "--crds",
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="With --cluster: definitions of custom resources whose charts are not there; may be repeated.",
        ),
    ] = None,
) -> None:
    """Rehearse a stack: first deployment, a second run that must change nothing, and destroy that must leave nothing.

    Needs no account, no Pulumi CLI and no plugin. Every resource is checked against a stand-in of its cloud that refuses what the cloud refuses.
    With `--cluster` everything in Kubernetes goes through a real API server, scheduler and controllers, too, on nodes as the stack plans them.
    Exit codes: 0 clean, 1 findings of severity error, 2 usage or configuration. Nothing is written but `--graph`.

    Try `apim rehearse dev`, `apim rehearse prd --set network.zones=2 --graph prd.json`, `apim rehearse dev --fail aws:rds/instance:Instance`,
    `apim rehearse prd --cluster --charts ../charts --crds ../crds`, or `apim rehearse test --program ../another-program`.
    """
    wish = ClusterWish(cluster, tuple(charts or ()), tuple(crds or ()))
    wish.check(another_program=program is not None, fail=fail)
    directory = program or Path.cwd()
    given = overrides or ()
    environment = None
    if program is None:
        environment = load_environment(stack, directory=directory, file=file, overrides=given)
    from apim_infra.cli.progress import watching
    from apim_infra.cli.rehearsal_report import print_report
    from apim_infra.own_program import own_program
    from apim_infra.planning.notices import notices
    from apim_infra.rehearsal.graph_file import write_graph
    from apim_infra.rehearsal.lifecycle import rehearse as play
    from apim_infra.rehearsal.stackfile import load_program

    wanted = (
        load_program(directory, stack, file=file, overrides=given, existing=existing)
        if environment is None
        else own_program(environment, directory, existing)
    )
    settings = environment.settings if environment is not None else None
    with interruptible(), watching() as watcher, wish.started(settings, watcher) as control_plane:
        report = play(wanted, seed=seed, fail=fail, watcher=watcher, follow=control_plane is None)
        upper = control_plane.finish(report) if control_plane is not None else None
    if settings is not None:
        report.findings.extend(notices(settings))
    if graph is not None:
        write_graph(report.graph, graph)
    if as_json:
        write_json({**report.to_json(), **({"cluster": upper.to_json()} if upper is not None else {})})
    else:
        print_report(report, upper)
    raise typer.Exit(report.exit)
