"""Where charts come from: the program's own folder, folders where `helm pull` left them, or their repositories."""

import re
import subprocess
import tarfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from apim_infra.cluster.items import ReleaseInput
from apim_infra.rehearsal.twins.kubernetes.chart import is_local
from apim_infra.rehearsal.twins.kubernetes.data import parse

PULL_SECONDS = 60
"""Bound of one download; helm's own retries are within it."""
_PACKAGE = re.compile(r"(?P<name>.+?)-(?P<version>v?\d+\.\d+\.\d+[-+.0-9A-Za-z]*)\.tgz")
_ABOUT = re.compile(r"[^/]+/Chart\.yaml")


@dataclass(frozen=True, slots=True)
class FoundChart:
    """A chart that can be rendered."""

    path: Path
    """Folder or package."""
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """Why a chart cannot be rendered."""

    reason: str
    other_versions: tuple[str, ...] = ()
    """Versions of it that are in the folders."""


@dataclass(slots=True)
class ChartSource:
    """Where charts are looked for: in `folders` first, then, with `network`, in their repositories, one at a time.

    A repository that did not answer is not asked again. `start` is where relative paths of charts begin.
    """

    folders: Sequence[Path] = ()
    """Folders with packages (`NAME-VERSION.tgz`) or unpacked charts, as `helm pull` leaves them."""
    network: bool = False
    start: Path = field(default_factory=Path.cwd)
    cache: Path | None = None
    """Folder that keeps downloaded charts; needed with `network`."""
    helm: str | None = None
    """Path of the `helm` command, needed with `network`."""
    _silent: dict[str, str] = field(default_factory=dict[str, str])
    _lock: Any = field(default_factory=threading.Lock)
    _known: dict[Path, tuple[FoundChart, ...]] = field(default_factory=dict[Path, tuple[FoundChart, ...]])

    def find(self, release: ReleaseInput) -> FoundChart | NotFound:
        """Return the chart of a release in the version that it asks for, or why there is none."""
        if not release.repository and is_local(release.chart, self.start):
            folder = self.start / release.chart
            found = _unpacked(folder)
            return found or NotFound(f"{release.chart} holds no Chart.yaml that can be read")
        name = chart_name(release)
        with self._lock:
            there = [chart for folder in self.folders for chart in self._in(folder) if chart.name == name]
            for chart in there:
                if _same(chart.version, release.version):
                    return chart
            others = tuple(sorted({chart.version for chart in there}))
            if not self.network:
                return NotFound(_absent(self.folders), others)
            return self._pulled(release, name, others)

    def _in(self, folder: Path) -> tuple[FoundChart, ...]:
        if folder not in self._known:
            self._known[folder] = tuple(_charts(folder))
        return self._known[folder]

    def _pulled(self, release: ReleaseInput, name: str, others: tuple[str, ...]) -> FoundChart | NotFound:
        """Return a chart from the cache, else from its repository."""
        if self.cache is None or self.helm is None:
            return NotFound("there is no helm to download it with", others)
        self.cache.mkdir(parents=True, exist_ok=True)
        for chart in _charts(self.cache):
            if chart.name == name and _same(chart.version, release.version):
                return chart
        place = release.repository or release.chart.rpartition("/")[0]
        if place not in self._silent:
            failure = _pull(self.helm, release, self.cache)
            if not failure:
                for chart in _charts(self.cache):
                    if chart.name == name and _same(chart.version, release.version):
                        return chart
                failure = f"helm pull left no {name}-{release.version}.tgz"
            self._silent[place] = failure
        return NotFound(f"{place}: {self._silent[place]}", others)


def chart_name(release: ReleaseInput) -> str:
    """Return the name of a release's chart, without its repository."""
    return release.chart.rstrip("/").rpartition("/")[2]


def _absent(folders: Sequence[Path]) -> str:
    if not folders:
        return "it comes from a repository: give the folder of `helm pull` by --charts"
    return f"it is not in {', '.join(map(str, folders))}"


def _same(one: str, other: str) -> bool:
    """Tell whether two versions are one, with or without their leading `v`."""
    return one.removeprefix("v") == other.removeprefix("v")


def _charts(folder: Path) -> Iterator[FoundChart]:
    """Iterate over the charts in a folder: packages, unpacked charts, or the folder itself."""
    for path in [folder, *sorted(folder.iterdir())] if folder.is_dir() else ():
        found = _packed(path) if path.name.endswith(".tgz") else _unpacked(path)
        if found:
            yield found


def _packed(path: Path) -> FoundChart | None:
    """Return a package, known by its own Chart.yaml; None when it is no chart."""
    if not _PACKAGE.fullmatch(path.name):
        return None
    try:
        with tarfile.open(path) as package:
            for member in package:
                if _ABOUT.fullmatch(member.name):
                    content = package.extractfile(member)
                    return _described(path, content.read().decode()) if content else None
    except (tarfile.TarError, OSError, UnicodeDecodeError):
        return None
    return None


def _unpacked(path: Path) -> FoundChart | None:
    about = path / "Chart.yaml"
    return _described(path, about.read_text(encoding="utf-8")) if about.is_file() else None


def _described(path: Path, text: str) -> FoundChart | None:
    try:
        about = parse(text)
    except yaml.YAMLError:
        return None
    if not isinstance(about, dict) or "name" not in about or "version" not in about:
        return None
    known = cast(dict[str, Any], about)
    return FoundChart(path, str(known["name"]), str(known["version"]))


def _pull(helm: str, release: ReleaseInput, cache: Path) -> str:
    """Download a chart into the cache; return why it failed, empty when it did not."""
    call = [helm, "pull", release.chart, "--version", release.version, "--destination", str(cache)]
    call += ["--repo", release.repository] if release.repository else []
    try:
        done = subprocess.run(  # noqa: S603 - the command is helm itself, and no shell reads the arguments
            call, capture_output=True, text=True, timeout=PULL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {PULL_SECONDS} s"
    return " ".join(done.stderr.removeprefix("Error: ").split()) if done.returncode else ""
