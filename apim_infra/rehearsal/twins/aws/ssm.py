"""Rows of Systems Manager."""

from apim_infra.rehearsal.twins.aws.table import Name, Reference, ResourceType

ROWS: tuple[ResourceType, ...] = ()
