"""Project and stack files as Pulumi's CLI reads them, for any program: from `Pulumi.yaml` and `Pulumi.<stack>.yaml` to what the program gets.

Rules: `sdk/go/common/workspace/project.go` and `sdk/go/common/resource/config` of pulumi/pulumi, August 2026. A key without namespace belongs to
the project; a structure becomes JSON; a value that holds something encrypted is secret as a whole. Nothing is decrypted: an encrypted value is
known to exist and gets a placeholder.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from apim_infra.rehearsal.existing import existing_file, read_existing
from apim_infra.rehearsal.runner import Program
from apim_infra.settings.overrides import parse_overrides
from apim_infra.settings.stack_file import full_key, read_document
from apim_infra.settings.violations import SettingsError, Violation

PLACEHOLDER = "rehearsed-secret-"
"""Beginning of what stands for an encrypted value; eight hexadecimal digits of its path follow."""

NAMES = ("Pulumi.yaml", "Pulumi.yml")


@dataclass(frozen=True, slots=True)
class Project:
    """What `Pulumi.yaml` says."""

    root: Path
    name: str
    main: str
    defaults: Mapping[str, Any]
    """Configuration that every stack starts from, by full key."""


def load_program(
    directory: Path,
    stack: str,
    *,
    file: Path | None = None,
    overrides: Iterable[str] = (),
    existing: Path | None = None,
) -> Program:
    """Return a program and its configuration, ready to run. Raises SettingsError for files that are missing or wrong.

    Args:
        directory: Folder of the program's `Pulumi.yaml`.
        stack: Name of the stack.
        file: Stack file, `Pulumi.<stack>.yaml` of the folder when None.
        overrides: `path=value` texts that win over the stack file; the first part of a path is a key, with or without the project's namespace.
        existing: Description of what the clouds have already, `Existing.<stack>.yaml` beside the stack file when None.

    """
    project = read_project(directory)
    path = file or _stack_file(project, stack)
    values = {**project.defaults, **_stack_values(path, project.name)}
    values.update(_overridden(values, overrides, project.name))
    config: dict[str, str] = {}
    secrets: set[str] = set()
    for key, value in sorted(values.items()):
        plain, is_secret = _without_encryption(value, key)
        config[key] = _text(plain)
        if is_secret:
            secrets.add(key)
    folder, entry = _place(project)
    described = existing or existing_file(path, stack)
    return Program(
        root=project.root,
        directory=folder,
        entry=entry,
        project=project.name,
        stack=stack,
        config=config,
        secret_keys=frozenset(secrets),
        existing=read_existing(described) if described else (),
    )


def read_project(directory: Path) -> Project:
    """Read the project file of a folder."""
    root = directory.resolve()
    path = next((root / name for name in NAMES if (root / name).is_file()), None)
    if path is None:
        raise _refused("--program", str(directory), "has no Pulumi.yaml", "name the folder of a Pulumi program")
    document = read_document(path)
    name, runtime = document.get("name"), document.get("runtime")
    if not isinstance(name, str) or not name:
        raise _refused(f"{path.name}: name", None, "is required", "give the project a name")
    kind = cast(Mapping[str, Any], runtime).get("name") if isinstance(runtime, Mapping) else runtime
    if kind != "python":
        raise _refused(f"{path.name}: runtime", str(kind), "must be python", "only programs in Python can be rehearsed")
    return Project(
        root=root,
        name=name,
        main=str(document.get("main") or "."),
        defaults=dict(_defaults(document.get("config") or {}, name)),
    )


def _defaults(declared: Mapping[str, Any], project: str) -> Iterable[tuple[str, Any]]:
    for key, value in declared.items():
        if not isinstance(value, Mapping):
            yield full_key(key, project), value
            continue
        declaration = cast(Mapping[str, Any], value)
        given = declaration.get("value", declaration.get("default"))
        if given is not None:
            yield full_key(key, project), {"secure": given} if declaration.get("secret") else given


def _stack_file(project: Project, stack: str) -> Path:
    path = project.root / f"Pulumi.{stack}.yaml"
    if re.fullmatch(r"[A-Za-z0-9_.-]+", stack) and path.is_file():
        return path
    known = sorted(
        found.name.removeprefix("Pulumi.").removesuffix(".yaml") for found in project.root.glob("Pulumi.*.yaml")
    )
    fix = f"stacks here are {', '.join(known)}" if known else "there is no stack file in that folder"
    raise _refused("stack", stack, f"has no stack file {path.name}", fix)


def _stack_values(path: Path, project: str) -> dict[str, Any]:
    document = read_document(path)
    config: Any = document.get("config") or {}
    if not isinstance(config, Mapping):
        raise _refused(f"{path.name}: config", None, "must be a map of settings", "write `project:key: value` below it")
    if document.get("environment"):
        raise _refused(
            f"{path.name}: environment",
            None,
            "cannot be resolved without Pulumi Cloud",
            "rehearse with a stack file that holds the values",
        )
    return {full_key(str(key), project): value for key, value in cast(Mapping[Any, Any], config).items()}


def _overridden(values: Mapping[str, Any], overrides: Iterable[str], project: str) -> dict[str, Any]:
    wanted, refused = parse_overrides(overrides)
    if refused:
        raise SettingsError(refused)
    changed: dict[str, Any] = {}
    for override in wanted:
        key = full_key(str(override.path[0]), project)
        tree = changed.get(key, _structure(values.get(key)))
        changed[key] = _with(tree, override.path[1:], override.value)
    return changed


def _structure(value: Any) -> Any:
    """Return a value with its structure: `pulumi config set` without `--path` keeps structures as JSON text."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _with(tree: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        items = list(cast(list[Any], tree)) if isinstance(tree, list) else []
        items.extend([None] * (head + 1 - len(items)))
        items[head] = _with(items[head], rest, value)
        return items
    group = dict(cast(Mapping[str, Any], tree)) if isinstance(tree, Mapping) else {}
    group[head] = _with(group.get(head), rest, value)
    return group


def _without_encryption(value: Any, path: str) -> tuple[Any, bool]:
    """Put placeholders in place of encrypted values, and tell whether there were any."""
    if isinstance(value, Mapping):
        group = cast(Mapping[Any, Any], value)
        if set(group) == {"secure"}:
            return PLACEHOLDER + hashlib.sha256(path.encode()).hexdigest()[:8], True
        parts = {str(key): _without_encryption(item, f"{path}.{key}") for key, item in group.items()}
        return {key: part for key, (part, _) in parts.items()}, any(found for _, found in parts.values())
    if isinstance(value, list):
        items = [_without_encryption(item, f"{path}[{index}]") for index, item in enumerate(cast(list[Any], value))]
        return [item for item, _ in items], any(found for _, found in items)
    return value, False


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def _place(project: Project) -> tuple[Path, str]:
    main = (project.root / project.main).resolve()
    if main.is_dir():
        if not (main / "__main__.py").is_file():
            raise _refused("Pulumi.yaml: main", project.main, "has no __main__.py", "name the program's folder or file")
        return main, "."
    if not main.is_file():
        raise _refused("Pulumi.yaml: main", project.main, "does not exist", "name the program's folder or file")
    return main.parent, main.name


def _refused(path: str, value: str | None, rule: str, fix: str) -> SettingsError:
    return SettingsError([Violation(path, value, rule, fix)])
