"""Rows of API Gateway's HTTP APIs, and of what REST APIs share with them: VPC links, domain names and mappings."""

from apim_infra.rehearsal.twins.aws.apigatewayv2.api import API, DEPLOYMENT, STAGE
from apim_infra.rehearsal.twins.aws.apigatewayv2.domains import DOMAIN_NAME, MAPPING
from apim_infra.rehearsal.twins.aws.apigatewayv2.integrations import INTEGRATION, VPC_LINK
from apim_infra.rehearsal.twins.aws.apigatewayv2.routes import AUTHORIZER, ROUTE

ROWS = (API, STAGE, DEPLOYMENT, ROUTE, AUTHORIZER, INTEGRATION, VPC_LINK, DOMAIN_NAME, MAPPING)
