"""Writes what is generated from the settings: `python -m apim_infra.settings.write [DIRECTORY]`."""

import json
import sys
from pathlib import Path

from apim_infra.settings.reference import configuration_reference
from apim_infra.settings.schema import stack_file_schema


def generated() -> dict[str, str]:
    """Return the text of every generated file by its path in the project."""
    return {
        "schemas/pulumi-stack.schema.json": json.dumps(stack_file_schema(), indent=2) + "\n",
        "docs/configuration.md": configuration_reference(),
    }


def write(directory: Path) -> None:
    """Write the generated files below the project's directory."""
    for name, text in generated().items():
        target = directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd())
