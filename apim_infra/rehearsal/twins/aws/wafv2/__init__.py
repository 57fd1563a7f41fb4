"""Rows of the web application firewall (WAF, second version)."""

from apim_infra.rehearsal.twins.aws.wafv2.acl import WEB_ACL
from apim_infra.rehearsal.twins.aws.wafv2.association import ROWS as ASSOCIATION
from apim_infra.rehearsal.twins.aws.wafv2.ip_set import IP_SET

ROWS = (IP_SET, WEB_ACL, *ASSOCIATION)
