"""Settings that hold a secret."""

from typing import Annotated

from pydantic import Field, SecretStr

SecretSetting = Annotated[SecretStr, Field(json_schema_extra={"secret": True})]
"""A value that must be stored encrypted (`pulumi config set --secret`); in clear it is refused."""
