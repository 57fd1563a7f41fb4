"""Rows of S3."""

from apim_infra.rehearsal.twins.aws.s3.bucket import BUCKET, OBJECT_ROWS
from apim_infra.rehearsal.twins.aws.s3.policy import BUCKET_POLICY, LIFECYCLE
from apim_infra.rehearsal.twins.aws.s3.settings import SETTINGS

ROWS = (BUCKET, *OBJECT_ROWS, *SETTINGS, BUCKET_POLICY, LIFECYCLE)
