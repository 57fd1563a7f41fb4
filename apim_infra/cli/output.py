"""How the `apim` command says what is wrong with the settings."""

import json
import sys
from collections.abc import Sequence

from apim_infra.settings.violations import Violation


def report_violations(violations: Sequence[Violation], *, as_json: bool) -> None:
    """List refused settings: as JSON on standard output (`{"violations": [...]}`), else readable on standard error."""
    if as_json:
        write_json({"violations": [violation.to_json() for violation in violations]})
        return
    from rich.console import Console  # only needed when something is wrong: keeps the start fast
    from rich.text import Text

    console = Console(stderr=True, soft_wrap=True, highlight=False)
    count = f"{len(violations)} {'violation' if len(violations) == 1 else 'violations'}"
    console.print(Text(f"The configuration is refused: {count}", style="bold red"))
    for violation in violations:
        line = Text("\n  ").append(violation.path, style="bold")
        if violation.value is not None:
            line.append(" = ").append(value_text(violation.value), style="yellow")
        line.append(f"\n    rule  {violation.rule}").append(f"\n    fix   {violation.fix}", style="green")
        console.print(line)


def value_text(value: object) -> str:
    """Write a value as a stack file would: text bare, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def write_json(document: object) -> None:
    """Write one JSON document to standard output."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
