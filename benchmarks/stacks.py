"""The stacks of the project, rehearsed once for all benchmarks."""

from functools import cache
from pathlib import Path

from apim_infra.environment import stack_file_of
from apim_infra.rehearsal.lifecycle import rehearse
from apim_infra.rehearsal.report import Rehearsal
from apim_infra.rehearsal.runner import Program
from apim_infra.rehearsal.stackfile import load_program

ROOT = Path(__file__).parents[1]
STACKS = ("dev", "stg", "prd")
AZURE = "azure-full"
"""The largest example of Azure."""


def file_of(stack: str) -> Path:
    """Return the stack file: in the root, or among the examples."""
    return stack_file_of(stack, ROOT)


def program(stack: str) -> Program:
    """Return the project's own program with the configuration of a stack."""
    return load_program(ROOT, stack, file=file_of(stack))


@cache
def rehearsed(stack: str) -> Rehearsal:
    """Return the rehearsal of a stack."""
    return rehearse(program(stack))
