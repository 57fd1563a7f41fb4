"""The project's own program with the settings of one environment, ready to be rehearsed."""

from dataclasses import replace
from pathlib import Path

from apim_infra.environment import Environment
from apim_infra.rehearsal.runner import Program
from apim_infra.rehearsal.stackfile import load_program
from apim_infra.settings.program import to_program


def own_program(environment: Environment, directory: Path, existing: Path | None = None) -> Program:
    """Return the program of the folder with the configuration that `pulumi up` would hand it, command line included."""
    values, secret_keys = to_program(environment.config)
    program = load_program(directory, environment.stack, file=environment.file, existing=existing)
    return replace(program, config=values, secret_keys=secret_keys)
