"""The service mesh, from the settings and the matrix of allowed flows."""

import pulumi

from apim_infra.planning.mesh import MeshRule, is_meshed, mesh_rules, strict_namespaces
from apim_infra.platform.naming import Naming
from apim_infra.platform.places import placement
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.namespaces import MESH_NAMESPACE
from components.kubernetes.mesh import Mesh
from components.kubernetes.mesh import MeshRule as MeshRuleArgs


def build_mesh(settings: StackSettings, naming: Naming, options: pulumi.ResourceOptions) -> list[pulumi.Resource]:
    """Build the mesh where one is wanted; return it, since pods that belong to it should come later."""
    if not is_meshed(settings):
        return []
    mesh = Mesh(
        naming.name("mesh"),
        {
            "namespace": MESH_NAMESPACE,
            "placement": placement(settings, "management"),
            "strict_namespaces": strict_namespaces(settings),
            "rules": [_rule(rule) for rule in mesh_rules(settings)],
        },
        options,
    )
    return [mesh]


def _rule(rule: MeshRule) -> MeshRuleArgs:
    args: MeshRuleArgs = {
        "name": rule.name,
        "namespace": rule.namespace,
        "source": rule.source,
        "ports": [str(port) for port in rule.ports],
    }
    if rule.labels:
        args["labels"] = dict(rule.labels)
    return args
