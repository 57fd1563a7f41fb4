"""Policy documents of the platform's roles, each with the least that its task needs.

Sources: AWS Service Authorization Reference (actions and resource types of each service) and the projects' own documentation of the rights that
they need (AWS Load Balancer Controller, Kubernetes cluster autoscaler, cert-manager, external-dns, Fluent Bit), own knowledge, 2026-11.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

Statement = Mapping[str, Any]
"""One statement of a policy, in IAM's own words."""


def document(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """Return a policy document as JSON; statements may hold outputs."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements})


def allow(
    actions: Sequence[str], resources: pulumi.Input[str] | Sequence[pulumi.Input[str]] = "*", **conditions: Any
) -> Statement:
    """Return a statement that allows `actions` on `resources`; conditions by operator, such as `StringEquals={...}`."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return {**statement, "Condition": conditions} if conditions else statement


def service_trust(service: str, account_id: pulumi.Input[str] | None = None) -> pulumi.Output[str]:
    """Return the trust of a role that an AWS service takes; with `account_id` only on behalf of that account."""
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if account_id is not None:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account_id}}
    return document([statement])


def pod_identity_trust() -> pulumi.Output[str]:
    """Return the trust of a role that pods take through EKS Pod Identity."""
    return document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            }
        ]
    )


def write_log_group(log_group_arn: pulumi.Input[str]) -> pulumi.Output[str]:
    """Write streams and events of one log group: flow logs, Fluent Bit."""
    return document(
        [
            allow(
                ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                pulumi.Output.concat(log_group_arn, ":*"),
            ),
            allow(["logs:DescribeLogGroups"]),
        ]
    )


def target_registration(target_group_arns: Sequence[pulumi.Input[str]]) -> pulumi.Output[str]:
    """Register pods with existing target groups: the AWS Load Balancer Controller when it only serves TargetGroupBindings.

    Load balancers, listeners and security groups stay with this project, so the controller may make and change none.
    """
    return document(
        [
            allow(
                ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"], target_group_arns
            ),
            allow(
                [
                    "elasticloadbalancing:DescribeTargetGroups",
                    "elasticloadbalancing:DescribeTargetGroupAttributes",
                    "elasticloadbalancing:DescribeTargetHealth",
                    "elasticloadbalancing:DescribeLoadBalancers",
                    "elasticloadbalancing:DescribeListeners",
                    "elasticloadbalancing:DescribeTags",
                    "ec2:DescribeAvailabilityZones",
                    "ec2:DescribeInstances",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSecurityGroups",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeVpcs",
                ]
            ),
        ]
    )


def cluster_autoscaler(cluster_name: pulumi.Input[str]) -> pulumi.Output[str]:
    """Change the size of one cluster's node groups and of nothing else; EKS tags their scaling groups with the cluster's name."""
    owned = pulumi.Output.concat("aws:ResourceTag/k8s.io/cluster-autoscaler/", cluster_name)
    return document(
        [
            {
                "Effect": "Allow",
                "Action": ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
                "Resource": "*",
                "Condition": owned.apply(lambda key: {"StringEquals": {key: "owned"}}),
            },
            allow(
                [
                    "autoscaling:DescribeAutoScalingGroups",
                    "autoscaling:DescribeAutoScalingInstances",
                    "autoscaling:DescribeLaunchConfigurations",
                    "autoscaling:DescribeScalingActivities",
                    "autoscaling:DescribeTags",
                    "ec2:DescribeImages",
                    "ec2:DescribeInstanceTypes",
                    "ec2:DescribeLaunchTemplateVersions",
                    "ec2:GetInstanceTypesFromInstanceRequirements",
                ]
            ),
            allow(
                ["eks:DescribeNodegroup"],
                pulumi.Output.concat("arn:aws:eks:*:*:nodegroup/", cluster_name, "/*"),
            ),
        ]
    )


def dns_records(zone_ids: Sequence[pulumi.Input[str]], record_types: Sequence[str] = ()) -> pulumi.Output[str]:
    """Change records of the named zones, of the named types only where given: external-dns; cert-manager with `dns_challenge`."""
    zones = [pulumi.Output.concat("arn:aws:route53:::hostedzone/", zone) for zone in zone_ids]
    types = {"route53:ChangeResourceRecordSetsRecordTypes": list(record_types)}
    restriction: dict[str, Any] = {"ForAllValues:StringEquals": types} if record_types else {}
    return document(
        [
            allow(["route53:ChangeResourceRecordSets"], zones, **restriction),
            allow(["route53:ListResourceRecordSets"], zones),
            allow(["route53:ListHostedZones", "route53:ListHostedZonesByName"]),
            allow(["route53:GetChange"], "arn:aws:route53:::change/*"),
        ]
    )


def dns_challenge(zone_ids: Sequence[pulumi.Input[str]]) -> pulumi.Output[str]:
    """Answer DNS challenges for certificates in the named zones, with TXT records only: cert-manager."""
    return dns_records(zone_ids, ["TXT"])


def use_key(key_arn: pulumi.Input[str]) -> pulumi.Output[str]:
    """Encrypt the cluster's secrets with one key: the role of the cluster."""
    return document([allow(["kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:DescribeKey"], key_arn)])


def encrypt_volumes(key_arn: pulumi.Input[str]) -> pulumi.Output[str]:
    """Make and attach volumes encrypted with one key: the EBS driver, which AWS's own policy leaves without rights on own keys."""
    return document(
        [
            allow(
                ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
                key_arn,
                Bool={"kms:GrantIsForAWSResource": "true"},
            ),
            allow(["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], key_arn),
        ]
    )


def cluster_copies(
    bucket_arn: pulumi.Input[str], bucket_key_arn: pulumi.Input[str], volumes_key_arn: pulumi.Input[str]
) -> pulumi.Output[str]:
    """Keep copies of a cluster in one bucket, and take and bring back snapshots of its volumes: Velero (documentation of its plugin for AWS, 2026)."""
    tagged = {"aws:ResourceTag/KubernetesCluster": "*"}
    return document(
        [
            allow(
                [
                    "s3:GetObject",
                    "s3:DeleteObject",
                    "s3:PutObject",
                    "s3:AbortMultipartUpload",
                    "s3:ListMultipartUploadParts",
                ],
                pulumi.Output.concat(bucket_arn, "/*"),
            ),
            allow(["s3:ListBucket"], bucket_arn),
            allow(["kms:Decrypt", "kms:GenerateDataKey"], bucket_key_arn),
            allow(["ec2:DescribeVolumes", "ec2:DescribeSnapshots"]),
            allow(["ec2:CreateTags", "ec2:CreateVolume", "ec2:CreateSnapshot"]),
            allow(["ec2:DeleteSnapshot"], "*", StringLike=tagged),
            allow(["kms:CreateGrant"], volumes_key_arn, Bool={"kms:GrantIsForAWSResource": "true"}),
            allow(
                ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncrypt*"],
                volumes_key_arn,
            ),
        ]
    )


def read_secrets(secret_arns: Sequence[pulumi.Input[str]], key_arn: pulumi.Input[str]) -> pulumi.Output[str]:
    """Read the named secrets, which one key encrypts: the External Secrets Operator."""
    return document(
        [
            allow(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], secret_arns),
            allow(["kms:Decrypt"], key_arn),
        ]
    )
