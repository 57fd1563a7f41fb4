"""Rows of EKS. Offered versions, add-ons and access policies are in `eks.yaml`."""

from apim_infra.rehearsal.twins.aws.eks.access import (
    ACCESS_ENTRY,
    ACCESS_POLICY,
    FARGATE_PROFILE,
    IDENTITY_PROVIDER_CONFIG,
)
from apim_infra.rehearsal.twins.aws.eks.addons import ADDON, POD_IDENTITY
from apim_infra.rehearsal.twins.aws.eks.cluster import CLUSTER
from apim_infra.rehearsal.twins.aws.eks.nodes import NODE_GROUP

ROWS = (
    CLUSTER,
    NODE_GROUP,
    ADDON,
    ACCESS_ENTRY,
    ACCESS_POLICY,
    POD_IDENTITY,
    FARGATE_PROFILE,
    IDENTITY_PROVIDER_CONFIG,
)
