"""Proof that a private topology is private: from everything that a stack holds, whatever could be reached from outside.

The rules look at what is there, not at what the settings say, and so they hold for a resource that somebody adds by hand. Left alone are ways to other
private networks (peering, transit gateways, VPN connections): they are how offices come in, and no access point of the public.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pulumi_policy import PolicyResource
from pulumi_policy.proxy import UnknownValueError

from policies.reachability_kubernetes import KUBERNETES_ACCESS
from policies.rule import Properties, companions, group, is_everywhere, items, stack_rule
from policies.stores import BUCKET, PUBLIC_ACCESS_BLOCK, PUBLIC_ACCESS_SWITCHES

TOPOLOGY_TAG = "apim:topology"
PRIVATE = frozenset({"internal-development", "dev-only-internal"})
"""Topologies without a public access point."""
SEALED = frozenset({"dev-only-internal"})
"""Topologies without a way out either."""

INTERNET_GATEWAY = "aws:ec2/internetGateway:InternetGateway"
EGRESS_ONLY_GATEWAY = "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway"
NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"
ELASTIC_IP = "aws:ec2/eip:Eip"
ROUTE = "aws:ec2/route:Route"
ROUTE_TABLE = "aws:ec2/routeTable:RouteTable"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
SUBNET = "aws:ec2/subnet:Subnet"
WAYS_OUT = ("gatewayId", "natGatewayId", "egressOnlyGatewayId", "transitGatewayId", "vpcPeeringConnectionId")
"""Targets of a default route by which traffic leaves the network."""

Check = Callable[[Properties], Iterable[str]]
"""Looks at the properties of one resource and yields why it can be reached from outside."""


def _always(reason: str) -> Check:
    return lambda _: [reason]


def _switch(key: str, reason: str, *, default: bool = False) -> Check:
    return lambda props: [f"{key} is true: {reason}"] if props.get(key, default) else []


def _load_balancer(props: Properties) -> Iterator[str]:
    if props.get("internal") is not True:
        yield "internal is not true: the load balancer faces the internet"


def _zone(props: Properties) -> Iterator[str]:
    if not items(props, "vpcs"):
        yield "the hosted zone names no VPC: it is public"


def _kubernetes_api(props: Properties) -> Iterator[str]:
    if group(props, "vpcConfig").get("endpointPublicAccess") is not False:
        yield "vpcConfig.endpointPublicAccess is not false: the Kubernetes API has a public address"


def _search_domain(props: Properties) -> Iterator[str]:
    if "vpcOptions" not in list(props) or not props["vpcOptions"]:
        yield "there are no vpcOptions: the domain has a public endpoint"


def _cache(props: Properties) -> Iterator[str]:
    if "subnetGroupName" not in list(props):
        yield "there is no subnetGroupName: the cache stands in the account's default network, which is public"


def _rest_api(props: Properties) -> Iterator[str]:
    if group(props, "endpointConfiguration").get("types") != "PRIVATE":
        yield "endpointConfiguration.types is not PRIVATE: the API has a public address"


def _transfer(props: Properties) -> Iterator[str]:
    if props.get("endpointType", "PUBLIC") == "PUBLIC":
        yield "endpointType is PUBLIC"


def _app_runner(props: Properties) -> Iterator[str]:
    if group(group(props, "networkConfiguration"), "ingressConfiguration").get("isPubliclyAccessible", True):
        yield "networkConfiguration.ingressConfiguration.isPubliclyAccessible is not false"


def _launch_template(props: Properties) -> Iterator[str]:
    for index, interface in enumerate(items(props, "networkInterfaces")):
        # The provider's own type of this switch is a string.
        if str(interface.get("associatePublicIpAddress", "")).lower() == "true":
            yield f"networkInterfaces[{index}].associatePublicIpAddress is true: instances get public addresses"


def _ingress_rule(props: Properties) -> Iterator[str]:
    for key in ("cidrIpv4", "cidrIpv6"):
        cidr = props.get(key)
        if cidr and is_everywhere(cidr):
            yield f"{key} is {cidr}: the whole internet may connect"


def _inline_rules(props: Properties) -> Iterator[str]:
    for index, rule in enumerate(items(props, "ingress")):
        yield from (f"ingress[{index}].{reason}" for reason in _ranges(rule))


def _old_rule(props: Properties) -> Iterator[str]:
    if props.get("type") == "ingress":
        yield from _ranges(props)


def _ranges(rule: Properties) -> Iterator[str]:
    for key in ("cidrBlocks", "ipv6CidrBlocks"):
        for cidr in items(rule, key):
            if is_everywhere(cidr):
                yield f"{key} holds {cidr}: the whole internet may connect"


_PUBLIC_STORE = _switch("publiclyAccessible", "it has a public address")
_PUBLIC_API = _always("an HTTP or WebSocket API always has a public address")

ACCESS: dict[str, Check] = {
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:alb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:elb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:route53/zone:Zone": _zone,
    "aws:eks/cluster:Cluster": _kubernetes_api,
    "aws:rds/instance:Instance": _PUBLIC_STORE,
    "aws:rds/clusterInstance:ClusterInstance": _PUBLIC_STORE,
    "aws:redshift/cluster:Cluster": _PUBLIC_STORE,
    "aws:mq/broker:Broker": _PUBLIC_STORE,
    "aws:opensearch/domain:Domain": _search_domain,
    "aws:elasticsearch/domain:Domain": _search_domain,
    "aws:elasticache/replicationGroup:ReplicationGroup": _cache,
    "aws:elasticache/cluster:Cluster": _cache,
    "aws:apigateway/restApi:RestApi": _rest_api,
    "aws:apigateway/domainName:DomainName": _rest_api,
    "aws:apigatewayv2/api:Api": _PUBLIC_API,
    "aws:apigatewayv2/domainName:DomainName": _PUBLIC_API,
    "aws:ec2/instance:Instance": _switch("associatePublicIpAddress", "the instance gets a public address"),
    "aws:ec2/launchTemplate:LaunchTemplate": _launch_template,
    "aws:ec2/eipAssociation:EipAssociation": _always("it gives a machine a public address"),
    SUBNET: _switch("mapPublicIpOnLaunch", "what starts in the subnet gets a public address"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _ingress_rule,
    "aws:ec2/securityGroup:SecurityGroup": _inline_rules,
    "aws:ec2/securityGroupRule:SecurityGroupRule": _old_rule,
    "aws:lambda/functionUrl:FunctionUrl": _always("the URL of a function is public"),
    "aws:cloudfront/distribution:Distribution": _always("a distribution is public"),
    "aws:globalaccelerator/accelerator:Accelerator": _always("an accelerator has public addresses"),
    "aws:transfer/server:Server": _transfer,
    "aws:apprunner/service:Service": _app_runner,
    "aws:ec2clientvpn/endpoint:Endpoint": _always("a client VPN endpoint has a public address"),
    "aws:ecrpublic/repository:Repository": _always("everybody can pull from it"),
    **KUBERNETES_ACCESS,
}
"""Type to what makes a resource of it reachable from outside, by itself."""


@dataclass(frozen=True)
class _Stack:
    resources: list[PolicyResource]

    def of_type(self, *types: str) -> list[PolicyResource]:
        return [resource for resource in self.resources if resource.resource_type in types]

    def topologies(self) -> set[str]:
        """Return the topologies that resources name in their tags."""
        found: set[str] = set()
        for resource in self.resources:
            try:
                found.add(str(group(resource.props, "tags").get(TOPOLOGY_TAG, "")))
            except (UnknownValueError, AttributeError):
                continue
        return found

    def default_routes(self) -> Iterator[tuple[PolicyResource, PolicyResource, str]]:
        """Iterate over the routes that lead everywhere: the resource that holds one, its route table, and the kind of its target."""
        tables = {table.urn: table for table in self.of_type(ROUTE_TABLE)}
        for route in self.of_type(ROUTE):
            owner = next((tables[t.urn] for t in _used(route, "routeTableId") if t.urn in tables), route)
            yield from ((route, owner, key) for key in _target(route.props))
        for table in tables.values():
            for inline in items(table.props, "routes"):
                yield from ((table, table, key) for key in _target(inline))

    def public_subnets(self) -> set[str]:
        """Return the URNs of subnets whose default route leads to an internet gateway."""
        tables = {table.urn for _, table, key in self.default_routes() if key == "gatewayId"}
        return {
            subnet.urn
            for association in self.of_type(ASSOCIATION)
            if any(table.urn in tables for table in _used(association, "routeTableId"))
            for subnet in _used(association, "subnetId")
        }


def _used(resource: PolicyResource, key: str) -> list[PolicyResource]:
    return list(resource.property_dependencies.get(key, ()))


def _target(route: Properties) -> list[str]:
    ranges = (route.get("destinationCidrBlock") or route.get("cidrBlock"), route.get("destinationIpv6CidrBlock"))
    if not any(is_everywhere(cidr) for cidr in ranges if cidr):
        return []
    # The target may be known only once it is there; that one is named is known before.
    return [key for key in WAYS_OUT if key in list(route)]


def _open_buckets(stack: _Stack) -> Iterator[tuple[PolicyResource, str]]:
    for bucket in stack.of_type(BUCKET):
        blocks = companions(stack.resources, PUBLIC_ACCESS_BLOCK, bucket)
        missing = [key for key in PUBLIC_ACCESS_SWITCHES if not any(block.props.get(key) for block in blocks)]
        if missing:
            yield bucket, f"public access is not blocked: {', '.join(missing)} not true"


def _addresses(stack: _Stack) -> Iterator[tuple[PolicyResource, str]]:
    """Yield public addresses and internet gateways that are there for anything but NAT."""
    gateways = stack.of_type(NAT_GATEWAY)
    of_nat = {address.urn for gateway in gateways for address in _used(gateway, "allocationId")}
    for address in stack.of_type(ELASTIC_IP):
        if address.urn not in of_nat:
            yield address, "the public address belongs to no NAT gateway"
    for gateway in stack.of_type(INTERNET_GATEWAY):
        if not gateways:
            yield gateway, "an internet gateway without NAT has no use but public access"


def _in_public_subnets(stack: _Stack) -> Iterator[tuple[PolicyResource, str]]:
    public = stack.public_subnets()
    for resource in stack.resources:
        if resource.resource_type in (NAT_GATEWAY, ASSOCIATION) or not resource.resource_type.startswith("aws:"):
            continue
        for key in (
            "subnetId",
            "subnetIds",
            "subnets",
            "subnetMappings",
            "vpcZoneIdentifiers",
            "vpcConfig",
            "vpcOptions",
        ):
            if any(subnet.urn in public for subnet in _used(resource, key)):
                yield resource, f"{key} names a subnet with a route to an internet gateway, in which only NAT may stand"


def _reached(stack: _Stack) -> Iterator[tuple[PolicyResource, str]]:
    """Yield what the table of access says; what is not known yet is said last, so that it hides nothing."""
    unknown: UnknownValueError | None = None
    for resource in stack.resources:
        check = ACCESS.get(resource.resource_type)
        try:
            yield from ((resource, reason) for reason in (check(resource.props) if check else ()))
        except UnknownValueError as error:
            unknown = error
    if unknown is not None:
        raise unknown


def _no_access(resources: list[PolicyResource]) -> Iterable[tuple[PolicyResource, str]]:
    stack = _Stack(resources)
    if stack.topologies() & PRIVATE:
        yield from _addresses(stack)
        yield from _open_buckets(stack)
        yield from _in_public_subnets(stack)
        yield from _reached(stack)


def _no_way_out(resources: list[PolicyResource]) -> Iterable[tuple[PolicyResource, str]]:
    stack = _Stack(resources)
    if not stack.topologies() & SEALED:
        return
    for resource in stack.of_type(INTERNET_GATEWAY, EGRESS_ONLY_GATEWAY, ELASTIC_IP):
        yield resource, "this topology has no way to the internet"
    for gateway in stack.of_type(NAT_GATEWAY):
        if gateway.props.get("connectivityType", "public") == "public":
            yield gateway, "connectivityType is not private: the gateway leads to the internet"
    for route, _, key in stack.default_routes():
        yield route, f"the default route leads out of the network ({key})"


REACHABILITY_POLICIES = (
    stack_rule(
        "no-public-access-point",
        "Nothing in a private topology (internal-development, dev-only-internal) can be reached from outside.",
        _no_access,
        fix="Make it internal, or choose a topology with a public side.",
    ),
    stack_rule(
        "no-way-out",
        "The network of the topology dev-only-internal has no way to the internet.",
        _no_way_out,
        fix="Remove it and reach AWS's services by endpoints, or choose the topology internal-development.",
    ),
)
