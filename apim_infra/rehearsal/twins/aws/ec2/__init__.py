"""Rows of EC2 and VPC."""

from apim_infra.rehearsal.twins.aws.ec2 import gateways, network, routing
from apim_infra.rehearsal.twins.aws.table import ResourceType

ROWS: tuple[ResourceType, ...] = (*network.ROWS, *gateways.ROWS, *routing.ROWS)
