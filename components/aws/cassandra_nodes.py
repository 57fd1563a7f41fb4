"""One node of a Cassandra ring on AWS: what stays (address, volume, rights) and what is replaced (the instance)."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.cassandra_configuration import boot, facts
from components.aws.iam_policies import allow, document, service_trust
from components.aws.names import role_name
from components.aws.tags import Tags, named
from components.cassandra_configuration import ready

DEVICE = "/dev/sdf"
"""Device name of the data volume; Nitro instances show it under the volume's own id."""
AGENT_POLICY = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
"""AWS's own policy of instances that Systems Manager reaches: sessions without ssh, and commands."""


@dataclass(frozen=True, slots=True)
class RingSettings:
    """What all nodes of a ring have in common."""

    name: str
    """Name of the ring, the first part of its resources' names."""
    version: str
    instance_type: pulumi.Input[str]
    image_id: pulumi.Input[str]
    image_is_fixed: bool
    """Whether a changed image replaces nodes: one that was named, not the newest there is."""
    installs: bool
    """Whether packages are installed at boot."""
    region: pulumi.Input[str]
    datacenter: str
    storage_gb: pulumi.Input[int]
    security_group_ids: Sequence[pulumi.Input[str]]
    shared_secret: pulumi.Output[str]
    key_arn: pulumi.Input[str] | None
    protected: bool
    final_snapshot: bool
    backup_tags: Tags
    tags: Tags


@dataclass(frozen=True, slots=True)
class NodePlace:
    """Where a node stands."""

    part: str
    """Part of its resources' names: zone and number within the zone."""
    zone: str
    subnet_id: pulumi.Input[str]
    address: str
    reserved: pulumi.Resource
    """What keeps the address free for it."""


class CassandraNode:
    """A node: its instance is replaced after the instance before it is up again; address, volume, certificate and rights stay."""

    def __init__(
        self,
        ring: RingSettings,
        place: NodePlace,
        *,
        secret: pulumi.Output[str],
        readable: Sequence[pulumi.Input[str]],
        before: Sequence[pulumi.Input[pulumi.Resource]],
        parent: pulumi.Resource,
    ) -> None:
        self._ring, self._name = ring, f"{ring.name}-{place.part}"
        self._child = pulumi.ResourceOptions(parent=parent)
        self._parent, self.place = parent, place
        kept = pulumi.ResourceOptions(parent=parent, protect=ring.protected or None)
        self.interface = aws.ec2.NetworkInterface(
            f"{self._name}-interface",
            subnet_id=place.subnet_id,
            private_ips=[place.address],
            security_groups=ring.security_group_ids,
            description=f"Fixed address of {self._name}",
            tags=named(ring.tags, self._name),
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[place.reserved]),
        )
        self.volume = aws.ebs.Volume(
            f"{self._name}-data",
            availability_zone=place.zone,
            size=ring.storage_gb,
            type="gp3",
            encrypted=True,
            kms_key_id=ring.key_arn,
            final_snapshot=ring.final_snapshot,
            tags={**named(ring.tags, f"{self._name}-data"), **ring.backup_tags},
            opts=kept,
        )
        self.profile = self._profile(readable)
        self.instance = self._instance(secret, before)
        self.attachment = aws.ec2.VolumeAttachment(
            f"{self._name}-attachment",
            instance_id=self.instance.id,
            volume_id=self.volume.id,
            device_name=DEVICE,
            opts=pulumi.ResourceOptions(parent=parent, delete_before_replace=True),
        )
        self.ready = self._ready()

    def _profile(self, readable: Sequence[pulumi.Input[str]]) -> aws.iam.InstanceProfile:
        """Let the node read its secrets, be reached by Systems Manager, and nothing else."""
        ring = self._ring
        role = aws.iam.Role(
            f"{self._name}-role",
            name=role_name(f"{self._name}-role"),
            assume_role_policy=service_trust("ec2.amazonaws.com"),
            description=f"Cassandra node {self._name}",
            tags=ring.tags,
            opts=self._child,
        )
        statements = [allow(["secretsmanager:GetSecretValue"], list(readable))]
        if ring.key_arn is not None:
            via = pulumi.Output.format("secretsmanager.{0}.amazonaws.com", ring.region)
            statements.append(allow(["kms:Decrypt"], ring.key_arn, StringEquals={"kms:ViaService": via}))
        self.policy = aws.iam.RolePolicy(
            f"{self._name}-secrets", role=role.name, policy=document(statements), opts=self._child
        )
        self.agent = aws.iam.RolePolicyAttachment(
            f"{self._name}-agent", role=role.name, policy_arn=AGENT_POLICY, opts=self._child
        )
        return aws.iam.InstanceProfile(f"{self._name}-profile", role=role.name, tags=ring.tags, opts=self._child)

    def _instance(
        self, secret: pulumi.Output[str], before: Sequence[pulumi.Input[pulumi.Resource]]
    ) -> aws.ec2.Instance:
        ring, place = self._ring, self.place
        self.user_data = pulumi.Output.all(
            volume=self.volume.id, shared=ring.shared_secret, own=secret, region=ring.region
        ).apply(
            lambda known: boot(
                {
                    "node": self._name,
                    "cluster": ring.name,
                    "region": str(known["region"]),
                    "volume": str(known["volume"]).replace("-", ""),
                    "install": "yes" if ring.installs else "no",
                    "version": ring.version,
                    "shared_secret": str(known["shared"]),
                    "node_secret": str(known["own"]),
                    "datacenter": ring.datacenter,
                    "zone": place.zone,
                    "address": place.address,
                }
            )
        )
        return aws.ec2.Instance(
            f"{self._name}-instance",
            ami=ring.image_id,
            instance_type=ring.instance_type,
            iam_instance_profile=self.profile.name,
            primary_network_interface=aws.ec2.InstancePrimaryNetworkInterfaceArgs(
                network_interface_id=self.interface.id
            ),
            user_data=self.user_data,
            metadata_options=aws.ec2.InstanceMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            root_block_device=aws.ec2.InstanceRootBlockDeviceArgs(
                volume_type="gp3", volume_size=facts()["root_disk_gb"], encrypted=True, kms_key_id=ring.key_arn
            ),
            ebs_optimized=True,
            tags=named(ring.tags, self._name),
            opts=pulumi.ResourceOptions(
                parent=self._parent,
                # Interface and volume can have one instance only.
                delete_before_replace=True,
                replace_on_changes=["userData"],
                ignore_changes=[] if ring.image_is_fixed else ["ami"],
                depends_on=[self.policy, self.agent, *before],
            ),
        )

    def _ready(self) -> aws.ssm.Association:
        """Wait until the node is up: the next one is touched only then, and the ring never lacks two."""
        address = self.place.address
        commands = pulumi.Output.all(self.user_data, self._ring.instance_type).apply(
            lambda known: ready(address, "/".join(str(part) for part in known))
        )
        return aws.ssm.Association(
            f"{self._name}-ready",
            name="AWS-RunShellScript",
            association_name=f"{self._name}-ready",
            targets=[aws.ssm.AssociationTargetArgs(key="InstanceIds", values=[self.instance.id])],
            parameters={"commands": commands, "executionTimeout": str(facts()["timeouts"]["ready"])},
            wait_for_success_timeout_seconds=facts()["timeouts"]["ready"],
            tags=self._ring.tags,
            opts=pulumi.ResourceOptions(
                parent=self._parent,
                depends_on=[self.attachment],
                # The provider waits for success only when it makes an association.
                replace_on_changes=["parameters", "targets"],
                delete_before_replace=True,
            ),
        )
