"""Simulated load balancers: Services of type LoadBalancer and Gateways get an address in their status, as the cloud's controllers would give it."""

import hashlib

from apim_infra.cluster.api import Api
from apim_infra.cluster.mirror import Mirror, Object
from apim_infra.cluster.refusals import Refused
from apim_infra.settings.environment import Cloud

MANAGER = "simulated-load-balancer"
GATEWAY_KIND = "Gateway"
_TEST_NETWORK = "203.0.113"
"""Addresses for documentation (RFC 5737): nobody has them."""


class LoadBalancers:
    """Gives addresses to what it finds in a mirror."""

    def __init__(self, cloud: Cloud, api: Api, mirror: Mirror) -> None:
        self._cloud = cloud
        self._api = api
        self._mirror = mirror

    def step(self) -> None:
        """Give an address to each Service and Gateway that waits for one."""
        for service in self._mirror.all("Service"):
            waits = service["spec"].get("type") == "LoadBalancer" and not service["metadata"].get("deletionTimestamp")
            if waits and not service.get("status", {}).get("loadBalancer", {}).get("ingress"):
                self._give(service, {"loadBalancer": {"ingress": [self._address(service, "hostname", "ip")]}})
        for gateway in self._mirror.all(GATEWAY_KIND):
            if not gateway.get("status", {}).get("addresses") and not gateway["metadata"].get("deletionTimestamp"):
                (kind, value), *_ = self._address(gateway, "Hostname", "IPAddress").items()
                self._give(gateway, {"addresses": [{"type": kind, "value": value}]})

    def _address(self, item: Object, by_name: str, by_number: str) -> dict[str, str]:
        """Return an address of the form that the cloud gives: a name on AWS, a number on Azure."""
        digest = hashlib.sha256(f"{item['metadata']['namespace']}/{item['metadata']['name']}".encode()).hexdigest()
        if self._cloud is Cloud.AWS:
            return {by_name: f"{item['metadata']['name'][:20]}-{digest[:16]}.elb.example.com"}
        return {by_number: f"{_TEST_NETWORK}.{int(digest[:8], 16) % 254 + 1}"}

    def _give(self, item: Object, status: Object) -> None:
        try:
            self._api.patch_status(item, status, manager=MANAGER)
        except Refused as refused:
            if not refused.missing:
                raise
