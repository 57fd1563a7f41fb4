"""Fixed private addresses of load balancers on Azure, where the cluster makes the load balancers and Pulumi only what must be stable."""

from ipaddress import IPv4Address, IPv4Network

from apim_infra.planning.placement import LoadBalancerName

_PLACES: tuple[LoadBalancerName, ...] = ("internal", "public")


def load_balancer_address(nodes: IPv4Network, deployment: int, load_balancer: LoadBalancerName) -> IPv4Address:
    """Return the private address of a load balancer: each has one of its own at the end of the nodes' subnet.

    Azure gives nodes free addresses from the beginning, and keeps the last one of a subnet for itself. `deployment` is the place of the
    deployment among those of the stack. Which load balancers are built moves no other. Raises `ValueError` when the subnet has no such address.
    """
    place = len(_PLACES) * deployment + _PLACES.index(load_balancer)
    address = nodes[-2 - place]
    if address - 4 <= nodes.network_address:  # a subnet's first four are Azure's as well
        raise ValueError(f"{nodes} has no address for load balancer {load_balancer} of deployment {deployment}")
    return address
