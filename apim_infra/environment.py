"""One environment of the platform: a stack name, its file, and its settings after every check."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apim_infra.planning import validation
from apim_infra.settings.layers import Origin
from apim_infra.settings.load import resolve
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stack_file import full_key, read_stack_file
from apim_infra.settings.violations import SettingsError, Violation
from apim_infra.sizing.load import with_room_for_load

LONGEST_STACK_NAME = 22
"""Characters: what the longest name made from it leaves, an IAM role of 64 (IAM user guide, quotas)."""

EXAMPLES = "examples"
"""Folder of the examples, each in a folder with one stack file or several."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A stack whose settings hold."""

    stack: str
    """Name of the stack."""
    file: Path
    """Its stack file."""
    settings: StackSettings
    """Its settings, resolved and checked."""
    origins: Mapping[str, Origin]
    """Origin of every setting, by its path."""
    config: Mapping[str, Any] = field(repr=False)
    """What the program is given: everything below `config:` of the file by its full key, command line included."""


def load_environment(
    stack: str, *, directory: Path, file: Path | None = None, overrides: Sequence[str] = (), capacity: bool = True
) -> Environment:
    """Read, resolve and check the settings of a stack.

    Reads `Pulumi.<stack>.yaml` of `directory` or of its examples, or `file`; `overrides` are `path=value` texts that win over it.
    Without `capacity` pools may be too small. Raises SettingsError with every violation: of the file, of the models, and of the plans that are made from them.
    `apim_infra.settings.program.to_program` turns the `config` of the result into what a program receives.
    """
    path = stack_file_of(stack, directory) if file is None else file
    content = read_stack_file(path)
    outcome = resolve(
        content.settings,
        overrides,
        checks=lambda settings: validation.violations(settings, directory, capacity=capacity),
        complete=with_room_for_load,
    )
    violations = [*stack_name_violations(stack), *content.violations, *outcome.violations]
    if outcome.resolved is None or violations:
        raise SettingsError(violations)
    resolved = outcome.resolved
    given = {full_key(name): value for name, value in resolved.given.items()}
    return Environment(stack, path, resolved.settings, resolved.origins, {**content.config, **given})


def stack_name_violations(stack: str) -> list[Violation]:
    """Return what is wrong with the name of a stack: names in the clouds begin with it, and each cloud has its own rules for them."""
    if re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", stack) and len(stack) <= LONGEST_STACK_NAME:
        return []
    rule = f"must be at most {LONGEST_STACK_NAME} lower-case letters, digits and single hyphens, a letter first"
    return [Violation("stack", stack, rule, "rename the stack, such as prd or prd-eu-west-1")]


def stack_file_of(stack: str, directory: Path) -> Path:
    """Return the path of a stack's file: of the directory, or of its examples.

    Raises SettingsError naming the stacks and examples that there are when there is none.
    """
    name = f"Pulumi.{stack}.yaml"
    if re.fullmatch(r"[A-Za-z0-9_.-]+", stack):
        for path in (directory / name, *sorted(directory.glob(f"{EXAMPLES}/*/{name}"))):
            if path.is_file():
                return path
    stacks, examples = (_names(directory.glob(pattern)) for pattern in ("Pulumi.*.yaml", f"{EXAMPLES}/*/Pulumi.*.yaml"))
    known = f"stacks here are {stacks}" if stacks else f"there is no stack file in {directory.resolve()}"
    if examples:
        known += f", examples are {examples}"
    fix = f"{known}; name one of them, or another file with --file"
    raise SettingsError([Violation("stack", stack, f"has no stack file {name}", fix)])


def _names(files: Iterable[Path]) -> str:
    return ", ".join(sorted(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in files))
