"""The state that a stack is compared with: a folder, or a commit of the project's own repository."""

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from apim_infra.settings.violations import SettingsError, Violation

FIX = "name a folder with the project in it, or a commit such as origin/main"


@contextmanager
def checked_out(base: str, directory: Path) -> Generator[Path]:
    """Give the folder that `base` names, or its commit's files in a folder of their own that is gone afterwards.

    The repository of `directory` is only read. Raises SettingsError when `base` is neither.
    """
    folder = Path(base)
    if folder.is_dir():
        yield folder.resolve()
        return
    if base.startswith("-"):
        raise _refused(base, "is neither a folder nor a commit")
    prefix = _git(directory, base, "rev-parse", "--show-prefix").decode().strip()
    top = Path(_git(directory, base, "rev-parse", "--show-toplevel").decode().strip())
    _git(top, base, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    archive = _git(top, base, "archive", "--format=tar", f"{base}:{prefix}" if prefix else base)
    with tempfile.TemporaryDirectory(prefix="apim-base-") as name:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(name, filter="data")
        yield Path(name).resolve()


def _git(directory: Path, base: str, *arguments: str) -> bytes:
    command: Sequence[str] = ("git", "-C", str(directory), *arguments)
    try:
        return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 - git itself, with the user's own commit
    except FileNotFoundError:
        raise _refused(base, "is no folder, and git is not on this machine to look for a commit") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise _refused(base, f"is neither a folder nor a commit{f' ({said})' if said else ''}") from None


def _refused(base: str, rule: str) -> SettingsError:
    return SettingsError([Violation("--base", base, rule, FIX)])
