"""What a product asks the platform to build in the cluster: releases of charts, secrets, and Jobs around them.

A plan is pure data; values that are known only while the program runs (addresses, passwords) are passed through untouched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apim_infra.products.profile import Chart
from apim_infra.settings.pools import PoolName


@dataclass(frozen=True, slots=True)
class StoreAccess:
    """How a store is reached. Values may be known only later."""

    host: Any
    port: Any
    database: Any
    username: Any
    password: Any
    """A secret."""
    tls: bool = True
    """Whether it takes TLS alone."""


@dataclass(frozen=True, slots=True)
class PoolPlacement:
    """On which nodes pods run."""

    node_selector: Mapping[str, str]
    tolerations: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Access:
    """What the platform has built that a product needs."""

    stores: Mapping[str, StoreAccess]
    """By their name in the settings; none that is not there."""
    placements: Mapping[PoolName, PoolPlacement]
    image_registry: Any
    """The platform's own registry, for images that a product does not publish."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A password that the platform makes once and keeps."""

    length: int = 32
    """Letters and digits."""


@dataclass(frozen=True, slots=True)
class SecretPlan:
    """A Kubernetes secret in the namespace of the gateways."""

    name: str
    values: Mapping[str, Any]
    """Key to value: a text, an output, or `Generated`. One `Generated` object under several keys, of whichever secrets, is one password."""
    type: str = "Opaque"


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """A release of a chart in the namespace of the gateways."""

    name: str
    chart: Chart
    values: Mapping[str, Any]
    """Refers to secrets by name: no secret is a value of a chart."""
    pool: PoolName
    needs: tuple[str, ...] = ()
    """Names of releases, Jobs and secrets of the same plan that come first; all secrets always do."""
    timeout_seconds: int | None = None
    """Bound of each step; the platform's own by default."""


@dataclass(frozen=True, slots=True)
class JobPlan:
    """A Job in the namespace of the gateways, made anew under another name whenever it changes; repeating it changes nothing."""

    name: str
    image: Any
    script: str
    """Script of `/bin/sh -euc`; reads what it needs from the environment."""
    pool: PoolName
    environment: Mapping[str, Any] = field(default_factory=dict[str, Any])
    secret_environment: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """Variable to the name and key of a secret."""
    needs: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Labels of its pod, by which network policies let it through."""
    user: int = 1000
    """User that it runs as."""


@dataclass(frozen=True, slots=True)
class ProductPlan:
    """Everything that a product asks for, in one deployment."""

    secrets: tuple[SecretPlan, ...] = ()
    steps: tuple[ReleasePlan | JobPlan, ...] = ()
    """In an order in which nothing comes before what it needs."""

    def problems(self) -> list[str]:
        """Return what is wrong with the plan itself: names that are there twice, and needs that nothing meets."""
        found: list[str] = []
        names = [secret.name for secret in self.secrets]
        for step in self.steps:
            found += [
                f"{step.name} needs {name}, which does not come before it" for name in step.needs if name not in names
            ]
            if step.name in names:
                found.append(f"{step.name} is there twice")
            names.append(step.name)
        return found
