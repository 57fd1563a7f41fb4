"""Kong beside a service in one pod: without a database, its configuration is a file that names the service and the paths of its APIs.

Environment and folders are those of the product's own chart, read in its templates (version in `kong.yaml`).
"""

import json
from collections.abc import Mapping

from apim_infra.products.groups import proxy_port
from apim_infra.products.profile import Profile
from apim_infra.settings.gateway import GatewayGroup, Sidecar
from apim_infra.settings.stack import StackSettings

PREFIX = "/kong_prefix"
SCRATCH = (PREFIX, "/tmp")  # noqa: S108 - a volume of the pod's own
USER = 1000
CONFIGURATION_FILE = "kong.yml"
PROBES: Mapping[str, str] = {"liveness": "/status", "readiness": "/status/ready"}


def configuration(product: Profile, group: GatewayGroup, service: Sidecar) -> dict[str, str]:
    """Return the declarative configuration by file name: one service inside of the pod, a route to it, and the plugins that are on for every API.

    JSON is YAML too, and Kong reads either.
    """
    declared = {
        "_format_version": "3.0",
        "services": [
            {
                "name": group.name,
                "url": f"http://127.0.0.1:{service.port}",
                "routes": [{"name": group.name, "paths": list(group.apis), "strip_path": False}],
            }
        ],
        "plugins": [{"name": plugin.name, "config": plugin.config} for plugin in product.plugins],
    }
    return {CONFIGURATION_FILE: json.dumps(declared, indent=1)}


def environment(product: Profile, settings: StackSettings, group: GatewayGroup, folder: str) -> dict[str, str]:
    """Return Kong's settings: API calls and health alone are listened for, and there is no administration API; `folder` holds the configuration."""
    return {
        "KONG_DATABASE": "off",
        "KONG_DECLARATIVE_CONFIG": f"{folder}/{CONFIGURATION_FILE}",
        "KONG_PREFIX": f"{PREFIX}/",
        "KONG_NGINX_DAEMON": "off",
        "KONG_PROXY_LISTEN": f"0.0.0.0:{proxy_port(product, group)}",
        "KONG_STATUS_LISTEN": f"0.0.0.0:{product.port('status')}",
        "KONG_ADMIN_LISTEN": "off",
        "KONG_ADMIN_GUI_LISTEN": "off",
        "KONG_STREAM_LISTEN": "off",
        "KONG_CLUSTER_LISTEN": "off",
        "KONG_ROUTER_FLAVOR": "traditional_compatible",
        "KONG_NGINX_WORKER_PROCESSES": str(max(1, group.cpu_millicores // 1000)),
        "KONG_TRUSTED_IPS": settings.network.cidr,
        "KONG_REAL_IP_HEADER": "X-Forwarded-For",
        "KONG_REAL_IP_RECURSIVE": "on",
        "KONG_PROXY_ACCESS_LOG": "/dev/stdout",
        "KONG_PROXY_ERROR_LOG": "/dev/stderr",
        "KONG_ANONYMOUS_REPORTS": "off",
    }
