"""Settings of the Kubernetes cluster and its three node pools."""

from enum import StrEnum

from pydantic import Field

from apim_infra.settings.base import Settings


class TaintEffect(StrEnum):
    """What a taint does to pods that do not tolerate it, in Kubernetes' words."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class Taint(Settings):
    """A mark on nodes that keeps other pods away."""

    key: str
    """Key of the taint."""
    value: str = ""
    """Value of the taint."""
    effect: TaintEffect = TaintEffect.NO_SCHEDULE
    """Effect on pods that do not tolerate it."""


class CapacityType(StrEnum):
    """How nodes are bought."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"


class Pool(Settings):
    """One group of equal nodes."""

    size: str
    """Instance type or VM size of the nodes, a name from the sizing catalogue of the cloud."""
    min: int = Field(ge=0, le=450)
    """Smallest number of nodes."""
    max: int = Field(ge=1, le=450)
    """Largest number of nodes; the autoscaler moves between the two."""
    disk_gb: int = Field(default=50, ge=20, le=16384)
    """Size of each node's encrypted disk, in GB."""
    capacity: CapacityType = CapacityType.ON_DEMAND
    """How the nodes are bought."""
    labels: dict[str, str] = {}
    """Labels beside the platform's own `apim.io/pool`."""
    taints: list[Taint] = []
    """Taints of the nodes; the platform's own pods tolerate those of their pool."""


class Pools(Settings):
    """The three pools of the platform."""

    management: Pool = Pool(size="m7i.large", min=2, max=4)
    """Nodes of the control plane (namespace `apim`)."""
    user: Pool = Pool(size="m7i.large", min=2, max=6)
    """Nodes of the gateways and microservices."""
    monitoring: Pool = Pool(size="m7i.large", min=1, max=3)
    """Nodes of logging and monitoring."""


class ApiEndpoint(Settings):
    """Who reaches the Kubernetes API."""

    public: bool = False
    """Whether the API has a public address beside the private one."""
    allowed_cidrs: list[str] = []
    """Public ranges that may reach a public API; must not be empty, nor everything, when `public`."""


class ClusterSettings(Settings):
    """Kubernetes version, access and node pools."""

    version: str = "1.35"
    """Kubernetes minor version; one that the cloud still supports."""
    api_endpoint: ApiEndpoint = ApiEndpoint()
    """Exposure of the Kubernetes API."""
    administrators: list[str] = []
    """Roles (ARN) or groups (object id) that administer the cluster."""
    log_retention_days: int = Field(default=90, ge=1, le=3653)
    """How long control-plane audit logs are kept, in days."""
    pools: Pools = Pools()
    """The three node pools."""
