"""Programs with a Cassandra ring, and with Keyspaces."""

from typing import Any

import pulumi
from components_aws_samples import ACCOUNT, REGION, TAGS, cluster, data_group, network, subnets

from components.aws.cassandra import Cassandra
from components.aws.keyspaces import Keyspaces


def ring(zones: int = 3, **options: Any) -> Cassandra:
    """Make a ring in a network of its own."""
    net = network(zones, data_egress=True)
    args: Any = {
        "version": "4.1",
        "nodes": 3,
        "instance_type": "m7i.xlarge",
        "zones": [
            {**subnet, "subnet_id": subnet_id}
            for subnet, subnet_id in zip(subnets("data", zones), net.data_subnet_ids, strict=True)
        ],
        "security_group_ids": [data_group(net)],
        "region": REGION,
        "datacenter": REGION,
        "keyspaces": ["apim", "apim-throttling"],
        "tags": TAGS,
    }
    return Cassandra("ring", {**args, **options}, pulumi.ResourceOptions(depends_on=[net]))


def keyspaces(**options: Any) -> Keyspaces:
    """Make keyspaces that the pods of one service account use."""
    args: Any = {
        "names": ["apim", "apim_b"],
        "region": REGION,
        "account_id": ACCOUNT,
        "cluster_name": cluster().name,
        "service_accounts": {"client": "microservices"},
        "tags": TAGS,
    }
    return Keyspaces("keys", {**args, **options})
