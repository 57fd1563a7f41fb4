"""Fixtures of the rules of private topologies: each kind of access point alone in a stack that must have none."""

from typing import Any

from policy_fixtures import BLOCK, BUCKET, CLOSED, Fixture, graph, resource, urn

from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.provider import UNKNOWN

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
ROUTE = "aws:ec2/route:Route"
TABLE = "aws:ec2/routeTable:RouteTable"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
GATEWAY = "aws:ec2/internetGateway:InternetGateway"
NAT = "aws:ec2/natGateway:NatGateway"
ADDRESS = "aws:ec2/eip:Eip"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
SERVICE = "kubernetes:core/v1:Service"
RELEASE = "kubernetes:helm.sh/v3:Release"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
INTERNAL = {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}


def stack(topology: str, *resources: Resource) -> Graph:
    return graph(resource(VPC, "network", {"tags": {"apim:topology": topology}}), *resources)


def inside(type_: str, inputs: dict[str, Any]) -> Graph:
    return stack("internal-development", resource(type_, "it", inputs))


def sealed(*resources: Resource) -> Graph:
    return stack("dev-only-internal", *resources)


def routed(*more: Resource, table: str = "public") -> tuple[Resource, ...]:
    """A network with a NAT gateway in a public subnet, and more in it."""
    return (
        resource(GATEWAY, "internet", {}),
        resource(ADDRESS, "address", {"domain": "vpc"}),
        resource(SUBNET, "public", {"mapPublicIpOnLaunch": False}),
        resource(TABLE, table, {}),
        resource(
            ROUTE,
            "route",
            {"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"},
            needs={"routeTableId": [urn(TABLE, table)], "gatewayId": [urn(GATEWAY, "internet")]},
        ),
        resource(
            ASSOCIATION,
            "association",
            {},
            needs={"routeTableId": [urn(TABLE, table)], "subnetId": [urn(SUBNET, "public")]},
        ),
        resource(
            NAT, "nat", {}, needs={"allocationId": [urn(ADDRESS, "address")], "subnetId": [urn(SUBNET, "public")]}
        ),
        *more,
    )


def in_public(type_: str, key: str) -> Graph:
    there = resource(type_, "it", {"internal": True}, needs={key: [urn(SUBNET, "public")]})
    return stack("internal-development", *routed(there))


def service(kind: str, annotations: dict[str, str] | None = None) -> Graph:
    return inside(SERVICE, {"metadata": {"annotations": annotations or {}}, "spec": {"type": kind}})


def release(**values: Any) -> Graph:
    return inside(RELEASE, {"chart": "it", "values": values})


def bucket(*, closed: bool) -> Graph:
    blocks = [resource(BLOCK, "block", {"bucket": "it", **CLOSED}, needs={"bucket": [urn(BUCKET, "it")]})]
    return stack("internal-development", resource(BUCKET, "it", {}), *(blocks if closed else []))


REACHABILITY_FIXTURES = (
    Fixture(
        "no-public-access-point",
        violating={
            "load balancer": inside(BALANCER, {"internal": False}),
            "load balancer by default": inside(BALANCER, {}),
            "old load balancer": inside("aws:elb/loadBalancer:LoadBalancer", {}),
            "public zone": inside("aws:route53/zone:Zone", {"name": "example.com"}),
            "Kubernetes API": inside("aws:eks/cluster:Cluster", {"vpcConfig": {"endpointPublicAccess": True}}),
            "Kubernetes API by default": inside("aws:eks/cluster:Cluster", {}),
            "database": inside("aws:rds/instance:Instance", {"publiclyAccessible": True}),
            "warehouse": inside("aws:redshift/cluster:Cluster", {"publiclyAccessible": True}),
            "search domain": inside("aws:opensearch/domain:Domain", {"domainName": "it"}),
            "cache in the default network": inside(CACHE, {}),
            "REST API": inside("aws:apigateway/restApi:RestApi", {"endpointConfiguration": {"types": "REGIONAL"}}),
            "HTTP API": inside("aws:apigatewayv2/api:Api", {"protocolType": "HTTP"}),
            "domain of an API": inside("aws:apigatewayv2/domainName:DomainName", {}),
            "instance": inside("aws:ec2/instance:Instance", {"associatePublicIpAddress": True}),
            "nodes": inside(
                "aws:ec2/launchTemplate:LaunchTemplate",
                {"networkInterfaces": [{"associatePublicIpAddress": "true"}]},
            ),
            "address given to a machine": inside("aws:ec2/eipAssociation:EipAssociation", {}),
            "address without NAT": inside(ADDRESS, {"domain": "vpc"}),
            "internet gateway without NAT": inside(GATEWAY, {}),
            "subnet that gives addresses": inside(SUBNET, {"mapPublicIpOnLaunch": True}),
            "load balancer in a public subnet": in_public(BALANCER, "subnets"),
            "cluster in a public subnet": in_public("aws:eks/nodeGroup:NodeGroup", "subnetIds"),
            "rule": inside(RULE, {"cidrIpv4": "0.0.0.0/0"}),
            "rule in two halves": inside(RULE, {"cidrIpv4": "128.0.0.0/1"}),
            "rule of IPv6": inside(RULE, {"cidrIpv6": "::/0"}),
            "inline rule": inside(
                "aws:ec2/securityGroup:SecurityGroup", {"ingress": [{"cidrBlocks": ["10.0.0.0/8", "0.0.0.0/0"]}]}
            ),
            "old rule": inside(
                "aws:ec2/securityGroupRule:SecurityGroupRule", {"type": "ingress", "ipv6CidrBlocks": ["::/0"]}
            ),
            "bucket": bucket(closed=False),
            "function": inside("aws:lambda/functionUrl:FunctionUrl", {"authorizationType": "AWS_IAM"}),
            "distribution": inside("aws:cloudfront/distribution:Distribution", {}),
            "accelerator": inside("aws:globalaccelerator/accelerator:Accelerator", {}),
            "file transfer": inside("aws:transfer/server:Server", {}),
            "App Runner": inside("aws:apprunner/service:Service", {}),
            "client VPN": inside("aws:ec2clientvpn/endpoint:Endpoint", {}),
            "public registry": inside("aws:ecrpublic/repository:Repository", {}),
            "Service": service("LoadBalancer"),
            "node port": service("NodePort"),
            "Service for the internet": service(
                "LoadBalancer", {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing"}
            ),
            "Ingress": inside(
                "kubernetes:networking.k8s.io/v1:Ingress",
                {"metadata": {"annotations": {"alb.ingress.kubernetes.io/scheme": "internet-facing"}}},
            ),
            "values": release(proxy={"type": "LoadBalancer"}),
            "values in a list": release(listeners=[{"service": {"type": "NodePort", "annotations": INTERNAL}}]),
            "proxies": inside(
                "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy",
                {"spec": {"provider": {"kubernetes": {"envoyService": {"type": "LoadBalancer"}}}}},
            ),
        },
        clean={
            "standard topology": stack("standard", resource(BALANCER, "it", {"internal": False})),
            "no topology": graph(resource(BALANCER, "it", {"internal": False})),
            "NAT": stack("internal-development", *routed()),
            "internal load balancer": inside(BALANCER, {"internal": True}),
            "private zone": inside("aws:route53/zone:Zone", {"vpcs": [{"vpcId": "vpc-1"}]}),
            "private API": inside("aws:eks/cluster:Cluster", {"vpcConfig": {"endpointPublicAccess": False}}),
            "domain inside": inside("aws:opensearch/domain:Domain", {"vpcOptions": {"subnetIds": ["subnet-1"]}}),
            "private REST API": inside(
                "aws:apigateway/restApi:RestApi", {"endpointConfiguration": {"types": "PRIVATE"}}
            ),
            "rule for offices": inside(RULE, {"cidrIpv4": "10.0.0.0/8"}),
            "egress": inside(
                "aws:ec2/securityGroupRule:SecurityGroupRule", {"type": "egress", "cidrBlocks": ["0.0.0.0/0"]}
            ),
            "closed bucket": bucket(closed=True),
            "internal Service": service("LoadBalancer", INTERNAL),
            "Service of the cluster": service("ClusterIP"),
            "values with an internal load balancer": release(proxy={"type": "LoadBalancer", "annotations": INTERNAL}),
            "an address that comes later": release(host=UNKNOWN, proxy={"type": "ClusterIP"}),
        },
        unknown=inside(BALANCER, {"internal": UNKNOWN}),
    ),
    Fixture(
        "no-way-out",
        violating={
            "internet gateway": sealed(resource(GATEWAY, "it", {})),
            "egress-only gateway": sealed(
                resource("aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway", "it", {})
            ),
            "public address": sealed(resource(ADDRESS, "it", {})),
            "NAT gateway": sealed(resource(NAT, "it", {})),
            "default route": sealed(
                resource(ROUTE, "it", {"destinationCidrBlock": "0.0.0.0/0", "transitGatewayId": "tgw-1"})
            ),
            "default route of IPv6": sealed(
                resource(ROUTE, "it", {"destinationIpv6CidrBlock": "::/0", "egressOnlyGatewayId": UNKNOWN})
            ),
            "default route of a table": sealed(
                resource(TABLE, "it", {"routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}]})
            ),
        },
        clean={
            "internal development": stack("internal-development", *routed()),
            "private NAT gateway": sealed(resource(NAT, "it", {"connectivityType": "private"})),
            "route to offices": sealed(
                resource(ROUTE, "it", {"destinationCidrBlock": "10.0.0.0/8", "transitGatewayId": "tgw-1"})
            ),
        },
        unknown=sealed(resource(NAT, "it", {"connectivityType": UNKNOWN})),
    ),
)
