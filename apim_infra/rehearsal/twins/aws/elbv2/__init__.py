"""Rows of Elastic Load Balancing (v2). Protocols, policies and zones of DNS names are in `elbv2.yaml`."""

from apim_infra.rehearsal.twins.aws.elbv2.balancer import LOAD_BALANCER
from apim_infra.rehearsal.twins.aws.elbv2.listeners import LISTENER, LISTENER_CERTIFICATE, LISTENER_RULE
from apim_infra.rehearsal.twins.aws.elbv2.targets import ATTACHMENT, TARGET_GROUP

ROWS = (LOAD_BALANCER, TARGET_GROUP, ATTACHMENT, LISTENER, LISTENER_RULE, LISTENER_CERTIFICATE)
