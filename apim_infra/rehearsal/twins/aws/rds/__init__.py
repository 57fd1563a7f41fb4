"""Rows of RDS. What each engine offers and accepts is in `rds.yaml`."""

from apim_infra.rehearsal.twins.aws.rds.backups import BACKUPS_REPLICATION, EVENT_SUBSCRIPTION, SNAPSHOT
from apim_infra.rehearsal.twins.aws.rds.groups import OPTION_GROUP, PARAMETER_GROUP, SUBNET_GROUP
from apim_infra.rehearsal.twins.aws.rds.instance import DATABASE

ROWS = (DATABASE, SUBNET_GROUP, PARAMETER_GROUP, OPTION_GROUP, SNAPSHOT, BACKUPS_REPLICATION, EVENT_SUBSCRIPTION)
