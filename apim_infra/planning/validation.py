"""Every rule between settings, in one place: what a stack file asks for and the platform cannot, or must not, build."""

from pathlib import Path

from apim_infra.planning.addon_rules import addon_violations
from apim_infra.planning.backup_rules import backup_violations
from apim_infra.planning.capacity_rules import capacity_violations
from apim_infra.planning.cloud_rules import cloud_violations
from apim_infra.planning.cluster_rules import cluster_violations
from apim_infra.planning.deployment_rules import deployment_violations
from apim_infra.planning.edge_rules import edge_violations
from apim_infra.planning.entry_rules import entry_violations
from apim_infra.planning.file_rules import file_violations
from apim_infra.planning.group_rules import group_violations
from apim_infra.planning.layer7_rules import layer7_violations
from apim_infra.planning.network_rules import network_violations
from apim_infra.planning.observability_rules import observability_violations
from apim_infra.planning.service_rules import service_violations
from apim_infra.planning.store_rules import store_violations
from apim_infra.planning.topology_rules import topology_violations
from apim_infra.planning.tyk_rules import tyk_violations
from apim_infra.planning.wso2_rules import wso2_violations
from apim_infra.products.combinations import product_violations
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation


def violations(settings: StackSettings, directory: Path = Path(), *, capacity: bool = True) -> list[Violation]:
    """Return everything that is wrong between settings that are each valid by themselves; never raises.

    `directory` is the project's own, to which files that the settings name are relative; by default, where the process runs.
    Without `capacity` pools may be too small: for a proof that says by how much.
    Rules inside one group of settings (bounds in order, names different) are the models' own and have been held before.
    """
    return [
        *cloud_violations(settings),
        *network_violations(settings),
        *cluster_violations(settings),
        *(capacity_violations(settings) if capacity else ()),
        *deployment_violations(settings),
        *store_violations(settings),
        *file_violations(settings),
        *service_violations(settings),
        *backup_violations(settings),
        *product_violations(settings),
        *tyk_violations(settings),
        *group_violations(settings),
        *layer7_violations(settings),
        *observability_violations(settings),
        *topology_violations(settings),
        *edge_violations(settings, directory),
        *entry_violations(settings),
        *wso2_violations(settings),
        *addon_violations(settings),
    ]
