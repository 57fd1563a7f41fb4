"""What cases of secrets, registry and backups start from."""

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Step

REQUEST = "InvalidRequestException"
NOT_FOUND = "ResourceNotFoundException"
MISSING_SECRET = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:missing-AbCdEf"
MISSING_KEY = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
SECRET = Step(tokens.SECRET, "secret", {"name": "apim/database"})
