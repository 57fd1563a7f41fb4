"""Rows of S3."""

from apim_infra.rehearsal.twins.aws.s3.access import ROWS as ACCESS
from apim_infra.rehearsal.twins.aws.s3.bucket import BUCKET
from apim_infra.rehearsal.twins.aws.s3.lifecycle import LIFECYCLE
from apim_infra.rehearsal.twins.aws.s3.notification import NOTIFICATION
from apim_infra.rehearsal.twins.aws.s3.objects import ROWS as OBJECTS
from apim_infra.rehearsal.twins.aws.s3.policy import POLICY
from apim_infra.rehearsal.twins.aws.s3.replication import REPLICATION
from apim_infra.rehearsal.twins.aws.s3.settings import ROWS as SETTINGS

ROWS = (BUCKET, *ACCESS, POLICY, *SETTINGS, LIFECYCLE, REPLICATION, NOTIFICATION, *OBJECTS)
