"""The settings of the running program."""

from pathlib import Path

import pulumi
from pulumi.runtime import config

from apim_infra.environment import stack_name_violations
from apim_infra.planning import validation
from apim_infra.settings.program import from_program
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import SettingsError
from apim_infra.sizing.load import with_room_for_load


def project_directory() -> Path:
    """Return the folder of `Pulumi.yaml`, to which files that the settings name are relative."""
    return Path(pulumi.get_root_directory())


def read_settings() -> StackSettings:
    """Return the settings of the running stack. Raises RunError, which ends the program without a traceback, listing every violation."""
    values = {**config.get_config_env(), **config.CONFIG.get()}
    secrets = {*config.get_config_secret_keys_env(), *filter(config.is_config_secret, values)}
    try:
        settings = from_program(values, secrets, with_room_for_load).settings
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from error
    violations = [*stack_name_violations(pulumi.get_stack()), *validation.violations(settings, project_directory())]
    if violations:
        raise pulumi.RunError(str(SettingsError(violations)))
    return settings
