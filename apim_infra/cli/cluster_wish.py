"""The wish for a rehearsal on a real control plane, as the command line says it."""

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apim_infra.findings import Finding, Severity, has_errors
from apim_infra.settings.violations import SettingsError, Violation

if TYPE_CHECKING:
    from apim_infra.cluster.rehearsal import ClusterRehearsal
    from apim_infra.cluster.report import ClusterReport
    from apim_infra.rehearsal.deployment import Deployment
    from apim_infra.rehearsal.lifecycle import Watcher
    from apim_infra.rehearsal.report import Rehearsal
    from apim_infra.settings.stack import StackSettings

CACHE = "apim-infra/charts"
"""Folder of downloaded charts, below the user's cache."""


@dataclass(slots=True)
class ClusterRun:
    """A control plane that is ready for what the first deployment makes."""

    rehearsal: "ClusterRehearsal"
    begun: bool = False
    """Whether the first deployment has ended, and clean."""

    def begin(self, deployment: "Deployment") -> None:
        """Take the first deployment, as soon as it has ended; what the twins have refused is not tried."""
        if not has_errors(deployment.findings):
            self.begun = True
            self.rehearsal.begin(deployment.after, deployment.redact)

    def finish(self, report: "Rehearsal") -> "ClusterReport | None":
        """Wait for the control plane and add what it found to the report; None when the twins have refused the deployment."""
        if not self.begun:
            message = "the control plane was not tried, as the twins refuse the deployment"
            report.findings.append(Finding(Severity.NOTE, "cluster:not-tried", message, fix="mend the errors first"))
            return None
        began = time.perf_counter()
        found = self.rehearsal.result()
        report.findings.extend(found.sorted_findings())
        report.not_verified = [line for line in report.not_verified if not verified(line, found)]
        report.seconds["total"] += time.perf_counter() - began
        return found


@dataclass(frozen=True, slots=True)
class ClusterWish:
    """What `--cluster` and its options ask for."""

    wanted: bool
    charts: tuple[Path, ...]
    definitions: tuple[Path, ...]

    def check(self, *, another_program: bool, fail: str) -> None:
        """Raise SettingsError for options that do not go together, and where the tools are not built."""
        found: list[Violation] = []
        for name, folders in (("--charts", self.charts), ("--crds", self.definitions)):
            if folders and not self.wanted:
                found.append(Violation(name, str(folders[0]), "is for the control plane alone", "add --cluster"))
        if self.wanted and another_program:
            rule = "the nodes come from the settings of this project's own stacks"
            found.append(Violation("--cluster", None, rule, "leave --cluster out with --program"))
        if self.wanted and fail:
            rule = "a deployment that is made to fail is not applied to a control plane"
            found.append(Violation("--cluster", None, rule, "leave out --fail or --cluster"))
        if self.wanted:
            from apim_infra.cluster.tools import find_tools, why_missing

            if find_tools() is None:
                found.append(Violation("--cluster", None, why_missing(), "make tools"))
        if found:
            raise SettingsError(found)

    @contextmanager
    def started(self, settings: "StackSettings | None", watcher: "Watcher") -> "Generator[ClusterRun | None]":
        """Let the control plane boot in the background while the block runs; None when it is not asked for."""
        if not self.wanted or settings is None:
            yield None
            return
        from apim_infra.cluster.api import Unreachable
        from apim_infra.cluster.charts import ChartSource
        from apim_infra.cluster.control_plane import ControlPlaneError
        from apim_infra.cluster.definitions import DefinitionsError
        from apim_infra.cluster.rehearsal import ClusterRehearsal, Sources
        from apim_infra.cluster.tools import find_tools, why_missing

        tools = find_tools()
        if tools is None:
            raise SettingsError([Violation("--cluster", None, why_missing(), "make tools")])
        source = ChartSource(self.charts, network=not self.charts, cache=_cache(), helm=str(tools.helm))
        phase = watcher.phase
        try:
            with ClusterRehearsal(
                settings, tools, Sources(source, self.definitions), phase=lambda name: phase(name, 0)
            ) as rehearsal:
                run = ClusterRun(rehearsal)
                watcher.deployed = run.begin
                yield run
        except DefinitionsError as error:
            raise SettingsError([Violation("--crds", None, str(error), "correct the folder")]) from error
        except (ControlPlaneError, Unreachable) as error:
            fix = "look at what it says; `apim cluster up` tries the same by itself"
            raise SettingsError([Violation("--cluster", None, str(error), fix)]) from error


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / CACHE


def verified(line: str, found: "ClusterReport") -> bool:
    """Tell whether the control plane has verified what the twins could not: a release that helm rendered, fields of a custom resource."""
    if any(f"Helm release {release} was" in line or f"Helm release {release}, " in line for release in found.rendered):
        return True
    kinds = (kind.partition(".") for kind in found.verified)
    return any(f" of {name} ({api_version}) " in line for name, _, api_version in kinds)
