"""Rows of IAM."""

from collections.abc import Mapping

from apim_infra.rehearsal.twins.aws.iam import policies, roles
from apim_infra.rehearsal.twins.aws.inquiries import Answer
from apim_infra.rehearsal.twins.aws.table import ResourceType

ROWS: tuple[ResourceType, ...] = (*roles.ROWS, *policies.ROWS)
ANSWERS: Mapping[str, Answer] = policies.ANSWERS
