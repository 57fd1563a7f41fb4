"""Settings of WSO2 API Manager: which planes run by themselves."""

from pydantic import Field

from apim_infra.settings.base import Settings, Text


class Wso2Settings(Settings):
    """Control and management planes of WSO2 API Manager."""

    high_availability: bool = True
    """Whether publisher, portal, traffic manager and key manager run twice."""
    traffic_manager: bool = False
    """Whether throttling has a program of its own; part of the control plane otherwise."""
    key_manager: bool = False
    """Whether tokens have a program and a host of their own; part of the control plane otherwise."""
    distributed_throttling: bool = False
    """Whether traffic managers share their counters in the Redis store; each counts for itself otherwise."""
    administrator: Text = Field(default="apim-administrator", pattern=r"^[a-z][a-z0-9-]{2,29}$")
    """Name of the administrator that the product begins with; its password is made by the platform."""
