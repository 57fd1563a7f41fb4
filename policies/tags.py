"""Rule of tags: every resource that costs money or holds data says whose it is."""

from collections.abc import Iterator
from typing import Any

from pulumi_policy import ResourceValidationArgs

from policies.rule import group, resource_rule

REQUIRED_TAGS = ("apim:project", "apim:stack", "apim:tier")
TAGGED_TYPES = (
    "aws:ec2/vpc:Vpc",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/eip:Eip",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:eks/cluster:Cluster",
    "aws:eks/nodeGroup:NodeGroup",
    "aws:rds/instance:Instance",
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "aws:kms/key:Key",
    "aws:s3/bucket:Bucket",
    "aws:ecr/repository:Repository",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:secretsmanager/secret:Secret",
    "aws:cloudwatch/logGroup:LogGroup",
    "azure-native:resources:ResourceGroup",
    "azure-native:network:VirtualNetwork",
    "azure-native:network:NetworkSecurityGroup",
    "azure-native:network:NatGateway",
    "azure-native:network:PublicIPAddress",
    "azure-native:network:ApplicationGateway",
    "azure-native:network:PrivateEndpoint",
    "azure-native:containerservice:ManagedCluster",
    "azure-native:containerservice:AgentPool",
    "azure-native:containerregistry:Registry",
    "azure-native:compute:VirtualMachine",
    "azure-native:compute:Disk",
    "azure-native:dbformysql:Server",
    "azure-native:dbforpostgresql:Server",
    "azure-native:redisenterprise:RedisEnterprise",
    "azure-native:storage:StorageAccount",
    "azure-native:keyvault:Vault",
    "azure-native:operationalinsights:Workspace",
    "azure-native:dataprotection:BackupVault",
    "azure-native:recoveryservices:Vault",
)


def _tagged(args: ResourceValidationArgs) -> Iterator[str]:
    tags: dict[str, Any] = dict(group(args.props, "tags"))
    missing = [tag for tag in REQUIRED_TAGS if not tags.get(tag)]
    if missing:
        yield f"tags are missing: {', '.join(missing)}"


TAG_POLICIES = (
    resource_rule(
        "tags-required",
        "Resources that cost money or hold data name their project, stack and tier.",
        TAGGED_TYPES,
        _tagged,
        fix="Pass the tags of the platform on to the resource.",
    ),
)
