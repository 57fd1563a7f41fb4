"""The programs of the control plane: built once from `tools/go.mod`, which pins every version, into a cached folder.

`APIM_TOOLS=DIR` names a folder where they are already; nothing is built then.
"""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import apim_infra

SOURCE = Path(apim_infra.__file__).resolve().parents[1] / "tools"
"""Folder of go.mod in a checkout."""

PROGRAMS: Mapping[str, str] = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kwok": "sigs.k8s.io/kwok/cmd/kwok",
    "kwokctl": "sigs.k8s.io/kwok/cmd/kwokctl",
    "helm": "helm.sh/helm/v3/cmd/helm",
}
"""Program to its Go package: the `tool` lines of go.mod."""

SKIPPED = "`apim rehearse --cluster`, the scheduler's half of `apim capacity`, and the tests in tests/cluster"
"""What needs the tools."""


class ToolsError(Exception):
    """The tools are not there or cannot be built; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The programs of one control plane."""

    folder: Path
    version: str
    """Version of Kubernetes, such as `1.35.4`."""

    def program(self, name: str) -> Path:
        """Return the path of one of `PROGRAMS`."""
        return self.folder / name

    @property
    def helm(self) -> Path:
        """The path of helm."""
        return self.program("helm")


@dataclass(frozen=True, slots=True)
class Building:
    """How far a build is."""

    name: str
    number: int
    """Counted from one."""
    total: int
    seconds: float | None = None
    """How long it took, None while it is being built."""


def find_tools() -> Tools | None:
    """Return the tools that are there, None where they are not: `why_missing` says why."""
    folder = _given() or _cached()
    if folder is None or _lacking(folder):
        return None
    version = _version(folder / "kube-apiserver")
    return Tools(folder, version) if version else None


def why_missing() -> str:
    """Return why there are no tools and what to do."""
    given = _given()
    if given is not None and not _lacking(given):
        return (
            f"APIM_TOOLS={given}: its kube-apiserver does not run on this machine: name programs that do, or unset it"
        )
    if given is not None:
        return f"APIM_TOOLS={given} has no {', '.join(_lacking(given))}: name a folder that holds {', '.join(PROGRAMS)}, or unset it"
    if _cached() is None:
        return f"{SOURCE} has no go.mod: build the tools from a checkout, and name their folder in APIM_TOOLS"
    trouble = _go_trouble()
    if trouble:
        return f"{trouble}. Skipped without the tools: {SKIPPED}"
    return "the tools are not built: run `make tools` (once, about 5 minutes on 2 cores)"


def build_tools(progress: Callable[[Building], None]) -> Tools:
    """Build what is not built yet and return it; a second call at the same time waits for the first.

    `progress` is told when a program begins and when it is done. A build that fails or is interrupted leaves nothing. Raises ToolsError.
    """
    folder = _cached()
    if _given() is not None or folder is None:
        found = find_tools()
        if found is None:
            raise ToolsError(why_missing())
        return found
    with _locked(folder.parent):
        if _lacking(folder):
            trouble = _go_trouble()
            if trouble:
                raise ToolsError(why_missing())
            _build(folder, progress)
    found = find_tools()
    if found is None:
        raise ToolsError(f"{folder}: what was built does not run: remove the folder and build again")
    return found


def linker_flags(module: str) -> str:
    """Return the flags that stamp the versions of a go.mod into the programs: what they were built from is what they say they are."""
    kubernetes = required(module, "k8s.io/kubernetes")
    major, minor, _ = kubernetes.removeprefix("v").split(".", 2)
    stamps = {
        "k8s.io/component-base/version.gitVersion": kubernetes,
        "k8s.io/component-base/version.gitMajor": major,
        "k8s.io/component-base/version.gitMinor": minor,
        "sigs.k8s.io/kwok/pkg/consts.Version": required(module, "sigs.k8s.io/kwok"),
        "helm.sh/helm/v3/internal/version.version": required(module, "helm.sh/helm/v3"),
    }
    return " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in stamps.items())])


def required(module: str, path: str) -> str:
    """Return the version of a module that a go.mod requires."""
    found = re.search(rf"^\s*(?:require\s+)?{re.escape(path)}\s+(v\S+)", module, re.MULTILINE)
    if found is None:
        raise ToolsError(f"{SOURCE / 'go.mod'} does not require {path}")
    return found[1]


def _build(folder: Path, progress: Callable[[Building], None]) -> None:
    for left in folder.parent.glob("*.part"):
        shutil.rmtree(left)
    staging = folder.with_name(f"{folder.name}.part")
    staging.mkdir()
    flags = linker_flags((SOURCE / "go.mod").read_text(encoding="utf-8"))
    try:
        for number, (name, package) in enumerate(PROGRAMS.items(), 1):
            progress(Building(name, number, len(PROGRAMS)))
            began = time.perf_counter()
            _go("build", "-mod=readonly", "-trimpath", "-ldflags", flags, "-o", str(staging / name), package)
            progress(Building(name, number, len(PROGRAMS), time.perf_counter() - began))
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _go(*arguments: str) -> str:
    """Run the go command in the folder of go.mod and return what it prints. Raises ToolsError with its own words."""
    try:
        done = subprocess.run(["go", *arguments], cwd=SOURCE, capture_output=True, text=True, check=False)  # noqa: S603, S607 - no shell, the user's own go
    except FileNotFoundError:
        raise ToolsError("the `go` command is not on the PATH") from None
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-20:])
        raise ToolsError(f"`go {arguments[0]} {arguments[-1]}` failed:\n{last}")
    return done.stdout


def _go_trouble() -> str:
    """Return why Go cannot build the tools here; empty when it can."""
    wanted = re.search(r"^go (\S+)", (SOURCE / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    need = f"Go {wanted[1] if wanted else ''} or newer is needed to build the control plane"
    try:
        _go("env", "GOVERSION")
        _go("list", "-m")  # refuses a go.mod that asks for a newer Go than this one
    except ToolsError as error:
        return f"{need}: {error}"
    return ""


def _given() -> Path | None:
    """Return the folder that the environment names."""
    value = os.environ.get("APIM_TOOLS", "")
    return Path(value).expanduser().absolute() if value else None


def _cached() -> Path | None:
    """Return the folder of what this checkout pins, built or not; None outside of a checkout."""
    pins = [SOURCE / "go.mod", SOURCE / "go.sum"]
    if not all(path.is_file() for path in pins):
        return None
    digest = hashlib.sha256(f"{platform.system()} {platform.machine()}".encode())
    for path in pins:
        digest.update(path.read_bytes())
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "apim-infra" / "tools" / digest.hexdigest()[:16]


def _lacking(folder: Path) -> list[str]:
    return [name for name in PROGRAMS if not os.access(folder / name, os.X_OK)]


@cache
def _version(program: Path) -> str:
    """Return the version that a program of Kubernetes says it is; empty when it does not run here."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 - the tool itself
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip().removeprefix("Kubernetes v")


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    """Hold the lock of a folder while the block runs."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
