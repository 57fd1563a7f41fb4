"""What every type inside an EKS cluster shares."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import nested
from apim_infra.rehearsal.twins.aws.table import Reference
from apim_infra.rehearsal.twins.cloud.world import Thing

SOURCE = "EKS API model, botocore 1.44.5"
INVALID = "InvalidParameterException"
IN_USE = "ResourceInUseException"
NOT_FOUND = "ResourceNotFoundException"
GUIDE = "EKS user guide, 2025"


def of_cluster(*, holds: bool = False) -> Reference:
    """Return the reference of an EKS resource to its cluster; `holds` when the cluster cannot be deleted before it."""
    return Reference(
        "clusterName",
        tokens.CLUSTER,
        NOT_FOUND,
        by="name",
        message="No cluster found for name: {value}.",
        holds=holds,
        held_code=IN_USE,
    )


def cluster_of(context: Context) -> Thing | None:
    """Return the cluster that a resource belongs to."""
    return context.find(tokens.CLUSTER, context.value("clusterName"), "name")


def setting(thing: Thing | None, path: str, default: Any = None) -> Any:
    """Return a nested output of a thing, or the default."""
    return nested(thing.outputs, path, default) if thing else default
