"""Arguments and options that several commands share, so that they read and mean the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

StackArgument = Annotated[str, typer.Argument(metavar="STACK", help="Name of the stack: dev, stg, prd or your own.")]
"""The stack that a command is about."""

FileOption = Annotated[
    Path | None,
    typer.Option("--file", metavar="PATH", help="Stack file to read instead of Pulumi.STACK.yaml."),
]
"""A stack file elsewhere."""

SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Setting that wins over the stack file; may be repeated."),
]
"""Settings from the command line."""

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
"""JSON on standard output instead of text."""
