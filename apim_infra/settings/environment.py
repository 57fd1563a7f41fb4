"""The words that describe an environment as a whole."""

from enum import StrEnum


class Cloud(StrEnum):
    """Where the platform runs."""

    AWS = "aws"
    AZURE = "azure"


class Topology(StrEnum):
    """How traffic reaches the platform."""

    STANDARD = "standard"
    INTEGRATED_CLOUD = "integrated-cloud"
    INTERNAL_DEVELOPMENT = "internal-development"
    DEV_ONLY_INTERNAL = "dev-only-internal"


PRIVATE_TOPOLOGIES = (Topology.INTERNAL_DEVELOPMENT, Topology.DEV_ONLY_INTERNAL)
"""Topologies without any public access point."""


class Tier(StrEnum):
    """What the environment is for; sets the defaults of availability, protection and backups."""

    DEV = "dev"
    STG = "stg"
    PRD = "prd"


class Size(StrEnum):
    """How much traffic the environment carries; sets the defaults of pools and replicas."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Product(StrEnum):
    """The gateway product."""

    KONG = "kong"
    AXWAY = "axway"
    TYK = "tyk"
    LAYER7 = "layer7"
    WSO2 = "wso2"
