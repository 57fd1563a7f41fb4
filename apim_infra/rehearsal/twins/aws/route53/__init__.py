"""Rows of Route 53."""

from apim_infra.rehearsal.twins.aws.route53.health import HEALTH_CHECK
from apim_infra.rehearsal.twins.aws.route53.records import RECORD
from apim_infra.rehearsal.twins.aws.route53.zones import ZONE, ZONE_ASSOCIATION

ROWS = (ZONE, ZONE_ASSOCIATION, RECORD, HEALTH_CHECK)
