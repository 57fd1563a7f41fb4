"""A shop: a network, a machine, a bucket and a deployment on a cluster that is there already."""

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

config = pulumi.Config()

network = aws.ec2.Vpc("network", cidr_block="10.0.0.0/16")
subnet = aws.ec2.Subnet("subnet", vpc_id=network.id, cidr_block="10.0.1.0/24", availability_zone="eu-west-1a")
firewall = aws.ec2.SecurityGroup(
    "firewall",
    description="Web from anywhere",
    vpc_id=network.id,
    ingress=[
        {
            "protocol": "tcp",
            "from_port": 443,
            "to_port": 443,
            "cidr_blocks": ["0.0.0.0/0"],
            "description": "HTTPS",
        }
    ],
)
machine = aws.ec2.Instance(
    "machine",
    ami="ami-0123456789abcdef0",
    instance_type="t3.micro",
    subnet_id=subnet.id,
    vpc_security_group_ids=[firewall.id],
)
bucket = aws.s3.Bucket("pictures")

labels = {"app": "shop"}
namespace = kubernetes.core.v1.Namespace("shop")
kubernetes.core.v1.Secret(
    "token", metadata={"namespace": namespace.metadata.name}, string_data={"token": config.require_secret("token")}
)
kubernetes.apps.v1.Deployment(
    "web",
    metadata={"namespace": namespace.metadata.name},
    spec={
        "replicas": config.require_int("replicas"),
        "selector": {"match_labels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": "nginx:1.27",
                        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
                    }
                ]
            },
        },
    },
)

pulumi.export("address", machine.private_ip)
pulumi.export("bucket", bucket.bucket)
