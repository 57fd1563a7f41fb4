"""A small shop: one instance in a network of its own, a bucket, and a web server in a cluster that is there already."""

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

config = pulumi.Config()

vpc = aws.ec2.Vpc("shop", cidr_block="10.90.0.0/16", enable_dns_hostnames=True)
subnet = aws.ec2.Subnet("shop-a", vpc_id=vpc.id, cidr_block="10.90.1.0/24", availability_zone="eu-central-1a")
group = aws.ec2.SecurityGroup("shop", vpc_id=vpc.id, description="The shop")
aws.vpc.SecurityGroupIngressRule(
    "shop-https", security_group_id=group.id, ip_protocol="tcp", from_port=443, to_port=443, cidr_ipv4="10.0.0.0/8"
)
instance = aws.ec2.Instance(
    "shop",
    ami="ami-0c9354388bb36c088",
    instance_type="t3.small",
    subnet_id=subnet.id,
    vpc_security_group_ids=[group.id],
    metadata_options=aws.ec2.InstanceMetadataOptionsArgs(http_tokens="required"),
)
bucket = aws.s3.Bucket("shop-orders")

namespace = k8s.core.v1.Namespace("shop")
credentials = k8s.core.v1.Secret(
    "shop",
    metadata=k8s.meta.v1.ObjectMetaArgs(namespace=namespace.metadata.name),
    string_data={"password": config.require_secret("database_password"), "bucket": bucket.bucket},
)
labels = {"app": "shop"}
k8s.apps.v1.Deployment(
    "shop",
    metadata=k8s.meta.v1.ObjectMetaArgs(namespace=namespace.metadata.name),
    spec=k8s.apps.v1.DeploymentSpecArgs(
        replicas=config.require_int("replicas"),
        selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels),
        template=k8s.core.v1.PodTemplateSpecArgs(
            metadata=k8s.meta.v1.ObjectMetaArgs(labels=labels),
            spec=k8s.core.v1.PodSpecArgs(
                containers=[
                    k8s.core.v1.ContainerArgs(
                        name="web",
                        image="nginx:1.29.3",
                        env_from=[
                            k8s.core.v1.EnvFromSourceArgs(
                                secret_ref=k8s.core.v1.SecretEnvSourceArgs(name=credentials.metadata.name)
                            )
                        ],
                    )
                ]
            ),
        ),
    ),
)

pulumi.export("address", instance.private_ip)
pulumi.export("bucket", bucket.bucket)
