"""Rows of EC2 and VPC."""

from apim_infra.rehearsal.twins.aws.ec2 import (
    acls,
    endpoints,
    flow_logs,
    gateways,
    instances,
    interfaces,
    launch_templates,
    network,
    routing,
    security_groups,
    volumes,
)
from apim_infra.rehearsal.twins.aws.table import ResourceType

ROWS: tuple[ResourceType, ...] = (
    *network.ROWS,
    *gateways.ROWS,
    *routing.ROWS,
    *endpoints.ROWS,
    *security_groups.ROWS,
    *acls.ROWS,
    *flow_logs.ROWS,
    *launch_templates.ROWS,
    *interfaces.ROWS,
    *instances.ROWS,
    *volumes.ROWS,
)
