"""What a product asks the platform to build in the cluster: releases of charts, secrets, and Jobs around them.

A plan is pure data; values that are known only while the program runs (addresses, passwords) are passed through untouched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

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
    hexadecimal: bool = False
    """Whether it is made of hexadecimal digits alone, two for each of `length` random bytes: a key, not a password."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A text with values in it that are known only later, such as an address with its port; may stand for any text of a plan."""

    template: str
    """Text with the names of its parts in braces, as `str.format` takes it."""
    parts: Mapping[str, Any]
    """Texts, numbers, outputs, or `Generated`. A text with a secret in it is a secret."""


@dataclass(frozen=True, slots=True)
class SecretPlan:
    """A Kubernetes secret in the namespace of the gateways."""

    name: str
    values: Mapping[str, Any]
    """Key to value: a text, an output, `Composed` or `Generated`. One `Generated` object under several keys, of whichever secrets, is one password."""
    type: str = "Opaque"
    binary: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Key to base64 of a value that is no text."""


@dataclass(frozen=True, slots=True)
class CertificatePlan:
    """A certificate by an authority of the deployment's own, in the namespace of the gateways; cert-manager makes and keeps its secret."""

    secret: str
    hosts: tuple[str, ...]
    keystore_password: tuple[str, str] | None = None
    """Name and key of the secret whose password opens `keystore.jks` (alias `certificate`) and `truststore.jks` in its secret; neither by default."""
    rsa: bool = False
    """Whether its key is RSA, which tokens are signed by; elliptic otherwise."""
    lasting: bool = False
    """Whether it is valid for years and keeps its key when it is renewed, for a program that reads it once, when it starts."""


@dataclass(frozen=True, slots=True)
class KeystorePlan:
    """A key with its certificate by an authority of the deployment's own, for a program that takes its keystore from its environment, as text.

    They are made while the platform is deployed, and made anew in time: cert-manager writes no keystore as text.
    """

    secret: str
    """Name of the TLS secret, with the authority as `ca.crt`."""
    hosts: tuple[str, ...]
    keystore_secret: str
    """Name of the secret with the keystore."""
    keystore_key: str
    """Its key with the keystore, PKCS #12 in base64."""
    password_key: str
    """Its key with the keystore's password."""


@dataclass(frozen=True, slots=True)
class StatefulPlan:
    """Pods with names and volumes of their own, for a program whose chart the Pod Security Standard of the namespace refuses, or that has none."""

    name: str
    """Name of its StatefulSet, and of the service without an address of its own that names its pods."""
    image: str
    pool: PoolName
    ports: Mapping[str, int]
    """Name to number; the first one tells whether it is alive."""
    cpu_millicores: int
    memory_mib: int
    labels: Mapping[str, str]
    """Labels of its pods, by which network policies let them through."""
    replicas: int = 1
    storage_gib: int = 0
    """Volume of each pod; none by default."""
    folder: str = ""
    """Where the volume is mounted."""
    scratch: tuple[str, ...] = ("/tmp",)  # noqa: S108 - a volume of the pod's own
    """Folders that it may write to, which are lost with the pod."""
    environment: Mapping[str, Any] = field(default_factory=dict[str, Any])
    secret_environment: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """Variable to the name and key of a secret."""
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    """Path to content of its configuration."""
    arguments: tuple[str, ...] = ()
    """Arguments of its program; the image's own when empty."""
    ready_path: str = ""
    """Path that answers when it is ready, by HTTP on its first port; a connection is enough when empty."""
    user: int = 1000
    """User that it runs as."""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DashboardPlan:
    """What Grafana shows: a source of data and dashboards on it."""

    name: str
    source: Mapping[str, Any]
    """The source, as Grafana's provisioning takes it."""
    dashboards: Mapping[str, Mapping[str, Any]]
    """Name of a file to a dashboard in Grafana's own JSON."""


@dataclass(frozen=True, slots=True)
class PortPlan:
    """A port of the gateways that a load balancer of the platform leads to, past the ingress: for what is no HTTP."""

    name: str
    """Name of the port in the gateways' service, unique in the deployment."""
    port: int
    """Number, of the gateways, of their service and of the load balancer."""
    service: str
    """Service of the gateways."""
    selector: Mapping[str, str]
    """Labels of the gateways' pods."""
    load_balancer: Literal["internal", "public"]


@dataclass(frozen=True, slots=True)
class BudgetPlan:
    """A disruption budget for pods whose chart has none that holds."""

    name: str
    selector: Mapping[str, str]
    """Labels of the pods."""
    max_unavailable: int = 1


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """A Kubernetes service for pods that others bring, in the namespace of the services behind the gateways."""

    name: str
    selector: Mapping[str, str]
    """Labels of the pods."""
    port: int
    """Port of the service and of the pods."""


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
    files: tuple[Any, str] | None = None
    """Image, and a folder in it that is copied to `/files` before the script runs; none by default."""


@dataclass(frozen=True, slots=True)
class ProductPlan:
    """Everything that a product asks for, in one deployment."""

    secrets: tuple[SecretPlan, ...] = ()
    steps: tuple[ReleasePlan | JobPlan | StatefulPlan, ...] = ()
    """In an order in which nothing comes before what it needs."""
    certificates: tuple[CertificatePlan, ...] = ()
    """Made before any step."""
    budgets: tuple[BudgetPlan, ...] = ()
    services: tuple[ServicePlan, ...] = ()
    keystores: tuple[KeystorePlan, ...] = ()
    """Made before any step."""
    ports: tuple[PortPlan, ...] = ()
    dashboards: tuple[DashboardPlan, ...] = ()
    """For the platform's Grafana, where there is one."""

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
