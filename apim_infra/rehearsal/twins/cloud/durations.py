"""Simulated time of creation, drawn from the `durations.yaml` of a twin's package.

A cloud's table lists types with the median (`p50`) and the 90 % quantile (`p90`) in seconds, and variants of a type that take longer when an
input is set.
"""

import hashlib
import math
from functools import lru_cache
from statistics import NormalDist
from typing import Any

from apim_infra.rehearsal.provider import Properties
from apim_infra.rehearsal.twins.cloud.values import data_file

Z90 = NormalDist().inv_cdf(0.9)


@lru_cache(maxsize=8)
def _table(package: str) -> dict[str, Any]:
    return data_file(package, "durations.yaml")


def quantiles(package: str, type_: str, inputs: Properties) -> tuple[float, float]:
    """Return median and 90 % quantile of a type's creation time in seconds; (0, 0) when the table lacks it."""
    table = _table(package)
    if type_ not in table["types"]:
        return (0.0, 0.0)
    variants = (variant for variant in table["variants"] if variant["type"] == type_ and inputs.get(variant["input"]))
    found: dict[str, float] = next(variants, table["types"][type_])
    return (found["p50"], found["p90"])


def seconds_of(package: str, type_: str, inputs: Properties, seed: str) -> float:
    """Draw how long creation takes, in seconds: log-normal through the table's two quantiles, the same for the same seed."""
    median, high = quantiles(package, type_, inputs)
    if not median:
        return 0.0
    digest = int.from_bytes(hashlib.sha256(f"{seed}/duration".encode()).digest()[:6], "big")
    uniform = (digest + 0.5) / 2**48
    return round(median * math.exp(math.log(high / median) / Z90 * NormalDist().inv_cdf(uniform)), 1)
