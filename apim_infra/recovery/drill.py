"""A rebuild rehearsed from end to end: the platform, its loss, and the platform again in another region."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from apim_infra.environment import Environment, load_environment
from apim_infra.findings import Finding, Severity, has_errors
from apim_infra.own_program import own_program
from apim_infra.recovery.holdings import database_way, uncovered
from apim_infra.recovery.objectives import Objectives, missed, objectives, unknown
from apim_infra.recovery.rebuild import Outputs, Rebuild, rebuild, refused_region
from apim_infra.rehearsal.durations import UnknownDurationError
from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.lifecycle import Watcher, rehearse
from apim_infra.rehearsal.report import Rehearsal
from apim_infra.settings.stack_file import read_document
from apim_infra.settings.violations import SettingsError, Violation


@dataclass(frozen=True, slots=True)
class Drill:
    """The outcome of a drill."""

    rebuild: Rebuild
    rehearsal: Rehearsal
    """Rehearsal of the rebuilt platform."""
    findings: tuple[Finding, ...]
    """What the rehearsal found, every input that still names the lost region, and objectives that are not held."""
    objectives: Objectives | None
    """What the rebuild takes and loses, None where a duration is not known."""

    @property
    def exit(self) -> int:
        """Exit code: 0 clean, 1 with a finding of severity error."""
        return 1 if has_errors(self.findings) else 0


def drill(
    environment: Environment,
    directory: Path,
    region: str,
    *,
    given: Mapping[str, Any] | None = None,
    watcher: Watcher | None = None,
) -> Drill:
    """Rebuild a platform in another region and rehearse it.

    Args:
        environment: The platform that is lost.
        directory: Folder of the program.
        region: Region to rebuild it in.
        given: Its real exports; rehearsed ones when None.
        watcher: Is told how it goes on.

    Raises SettingsError when it cannot be rebuilt there, or when the lost platform itself does not rehearse clean.

    """
    refused = refused_region(environment.settings, region)
    if refused is not None:
        raise SettingsError([refused])
    exports = given
    if exports is None:
        exports = _rehearsed_exports(environment, directory, watcher)
    rebuilt = rebuild(
        environment.stack, read_document(environment.file), environment.settings, Outputs.from_json(exports), region
    )
    with TemporaryDirectory() as folder:
        file = Path(folder) / rebuilt.file_name
        file.write_text(rebuilt.text(), encoding="utf-8")
        again = load_environment(rebuilt.stack, directory=directory, file=file)
        rehearsal = rehearse(own_program(again, directory), watcher=watcher)
    literals = named_regions(rehearsal.graph, environment.settings.region)
    held: Objectives | None = None
    try:
        held = objectives(rehearsal.graph, restored=database_way(environment.settings) if rebuilt.restored else None)
        late = list(missed(environment.settings.recovery, held))
    except UnknownDurationError as error:
        late = [unknown(error)]
    gaps = uncovered(environment.settings)
    return Drill(rebuilt, rehearsal, (*rehearsal.findings, *literals, *late, *gaps), held)


def _rehearsed_exports(environment: Environment, directory: Path, watcher: Watcher | None) -> Mapping[str, Any]:
    lost = rehearse(own_program(environment, directory), watcher=watcher)
    first = next((finding for finding in lost.findings if finding.severity is Severity.ERROR), None)
    if first is not None:
        rule = f"does not rehearse clean itself, so that nothing can be rebuilt from it: {first.rule}: {first.message}"
        fix = f"see `apim rehearse {environment.stack}`, or pass the outputs of the real stack with --outputs"
        raise SettingsError([Violation(environment.stack, None, rule, fix)])
    return lost.graph.exports


def named_regions(graph: Graph, region: str) -> list[Finding]:
    """Return a finding for every resource whose inputs name a region: it would reach for what is lost."""
    return [
        Finding(
            Severity.ERROR,
            "recovery-names-lost-region",
            f"{path} names the lost region {region}",
            resource.urn,
            resource.source,
            "derive it from the stack's own region",
        )
        for resource in graph.resources
        if resource.custom
        for path in _paths(resource.inputs, region, "")
    ]


def _paths(value: Any, region: str, path: str) -> list[str]:
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return [found for key, item in items for found in _paths(item, region, f"{path}.{key}" if path else key)]
    if isinstance(value, list):
        items = enumerate(cast("list[Any]", value))
        return [found for index, item in items for found in _paths(item, region, f"{path}[{index}]")]
    return [path] if isinstance(value, str) and region in value else []
