"""The `apim` command."""

import gc
import sys
from collections.abc import Sequence

import typer.main

from apim_infra.cli.app import app
from apim_infra.cli.output import report_violations
from apim_infra.settings.violations import SettingsError

__all__ = ["main"]

COLLECTOR = (1_000_000, 10, 100)
"""Thresholds of the garbage collector: a command makes many objects, nearly all of which stay until its end."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the `apim` command and leave with its exit code: 0 clean, 1 findings, 2 usage or configuration.

    Refused settings are listed on standard error; with `--json` among the arguments they are JSON on standard output.
    """
    gc.set_threshold(*COLLECTOR)
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        typer.main.get_command(app).main(given, prog_name="apim")
    except SettingsError as error:
        report_violations(error.violations, as_json="--json" in given)
        raise SystemExit(2) from None
