"""The program: settings become components. The only room that knows both clouds; each is imported when it is chosen."""

from apim_infra.platform.program import deploy

__all__ = ["deploy"]
