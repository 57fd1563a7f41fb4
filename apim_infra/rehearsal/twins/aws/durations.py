"""Simulated time of creation on AWS, drawn from `durations.yaml`."""

from apim_infra.rehearsal.provider import Properties
from apim_infra.rehearsal.twins.cloud import durations

PACKAGE = "apim_infra.rehearsal.twins.aws"


def quantiles(type_: str, inputs: Properties) -> tuple[float, float]:
    """Return median and 90 % quantile of a type's creation time in seconds; (0, 0) when the table lacks it."""
    return durations.quantiles(PACKAGE, type_, inputs)


def seconds_of(type_: str, inputs: Properties, seed: str) -> float:
    """Draw how long creation takes, in seconds; the same for the same seed."""
    return durations.seconds_of(PACKAGE, type_, inputs, seed)
