"""Outputs that are the same on both clouds, so that Kubernetes components and the program need not know the cloud."""

from typing import NotRequired, TypedDict

import pulumi


class NetworkOutputs(TypedDict):
    """What a network offers."""

    id: pulumi.Output[str]
    """Identifier of the VPC or VNet."""
    cidr: pulumi.Output[str]
    """Its address range."""
    public_subnet_ids: list[pulumi.Output[str]]
    """Subnets for internet-facing load balancers, one per zone; empty where nothing is public."""
    private_subnet_ids: list[pulumi.Output[str]]
    """Subnets for nodes and pods, one per zone."""
    data_subnet_ids: list[pulumi.Output[str]]
    """Subnets for the stores, one per zone."""


class ClusterOutputs(TypedDict):
    """What a cluster offers."""

    name: pulumi.Output[str]
    """Name of the cluster."""
    endpoint: pulumi.Output[str]
    """Address of the Kubernetes API."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig that asks the cloud's own tool for a token; holds no credential."""
    version: pulumi.Output[str]
    """Kubernetes minor version."""
    security_group_id: pulumi.Output[str]
    """Security group of nodes and pods."""


class Endpoint(TypedDict):
    """Where a store is reached, and where its credentials are."""

    host: pulumi.Output[str]
    """Name or address of the store, inside the network."""
    reader_host: NotRequired[pulumi.Output[str]]
    """Where a read replica is reached; left out where there is none."""
    port: pulumi.Output[int]
    """Port of the store."""
    database: str
    """Name of the database, empty where the store has none."""
    username: pulumi.Output[str]
    """Name to log in with."""
    secret_id: pulumi.Output[str]
    """Identifier of the secret with the password in the cloud's secret store."""
    password: pulumi.Output[str]
    """The password itself, a secret; only the first one where it is rotated."""
    rotated: NotRequired[bool]
    """Whether the password is changed by itself, and `secret_id` alone has the current one; default false."""
