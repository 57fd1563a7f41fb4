"""Simulated time of creation, drawn from `durations.yaml`."""

import hashlib
import math
from functools import lru_cache
from importlib.resources import files
from statistics import NormalDist
from typing import Any

import yaml

from apim_infra.rehearsal.provider import Properties

Z90 = NormalDist().inv_cdf(0.9)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return yaml.safe_load(files(__package__).joinpath("durations.yaml").read_text(encoding="utf-8"))


def quantiles(type_: str, inputs: Properties) -> tuple[float, float]:
    """Return median and 90 % quantile of a type's creation time in seconds; (0, 0) when the table lacks it."""
    found: dict[str, Any] | None = _table()["types"].get(type_)
    if found is None:
        return (0.0, 0.0)
    for variant in _table()["variants"]:
        if variant["type"] == type_ and inputs.get(variant["input"]):
            found = variant
            break
    return (found["p50"], found["p90"])


def seconds_of(type_: str, inputs: Properties, seed: str) -> float:
    """Draw how long creation takes, in seconds: log-normal through the table's two quantiles, the same for the same seed."""
    median, high = quantiles(type_, inputs)
    if not median:
        return 0.0
    digest = int.from_bytes(hashlib.sha256(f"{seed}/duration".encode()).digest()[:6], "big")
    uniform = (digest + 0.5) / 2**48
    return round(median * math.exp(math.log(high / median) / Z90 * NormalDist().inv_cdf(uniform)), 1)
