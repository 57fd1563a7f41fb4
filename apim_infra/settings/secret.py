"""Settings that hold a secret."""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from apim_infra.settings.base import refusal
from apim_infra.settings.violations import MASK


class Encrypted(str):
    """Text that the configuration keeps encrypted: a placeholder when from a stack file, decrypted in the program."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the mask, never the text."""
        return MASK


PLACEHOLDER = Encrypted(MASK)
"""Stands for a value of a stack file that is known to exist and is never decrypted."""


def _encrypted_only(value: object) -> object:
    if isinstance(value, SecretStr):
        return value
    if isinstance(value, Encrypted):
        return SecretStr(str(value))
    raise refusal("must be encrypted", "store it with `pulumi config set --path --secret`")


SecretSetting = Annotated[SecretStr, BeforeValidator(_encrypted_only), Field(json_schema_extra={"secret": True})]
"""A value that must be stored encrypted (`pulumi config set --path --secret`); in clear it is refused."""
