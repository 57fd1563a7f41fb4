"""Rows of ElastiCache. What each engine offers and accepts is in `elasticache.yaml`."""

from apim_infra.rehearsal.twins.aws.elasticache.group import CACHE
from apim_infra.rehearsal.twins.aws.elasticache.users import PARAMETER_GROUP, SUBNET_GROUP, USER, USER_GROUP

ROWS = (CACHE, SUBNET_GROUP, PARAMETER_GROUP, USER, USER_GROUP)
