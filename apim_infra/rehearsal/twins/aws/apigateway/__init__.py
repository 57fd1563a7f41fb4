"""Rows of API Gateway's REST APIs."""

from apim_infra.rehearsal.twins.aws.apigateway.api import ROWS as API
from apim_infra.rehearsal.twins.aws.apigateway.domains import ROWS as DOMAINS
from apim_infra.rehearsal.twins.aws.apigateway.integrations import ROWS as INTEGRATIONS
from apim_infra.rehearsal.twins.aws.apigateway.methods import ROWS as METHODS
from apim_infra.rehearsal.twins.aws.apigateway.plans import ROWS as PLANS
from apim_infra.rehearsal.twins.aws.apigateway.stages import ROWS as STAGES

ROWS = (*API, *METHODS, *INTEGRATIONS, *STAGES, *DOMAINS, *PLANS)
