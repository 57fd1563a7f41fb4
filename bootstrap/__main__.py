"""Makes the place where Pulumi keeps the state of the platform's stacks; README.md says how to begin."""

import pulumi
import pulumi_aws as aws

from components.aws.state_bucket import StateBucket

config = pulumi.Config()
region, copy_region = pulumi.Config("aws").require("region"), config.require("copy_region")
state = StateBucket(
    "apim-state",
    {
        "account_id": aws.get_caller_identity_output().account_id,
        "region": region,
        "copy_region": copy_region,
        "lock_days": config.get_int("lock_days", 30),
        "version_days": config.get_int("version_days", 365),
        "deletion_protection": config.get_bool("deletion_protection", True),
        "tags": {"apim:project": pulumi.get_project(), "apim:stack": pulumi.get_stack()},
    },
)


def export(prefix: str, bucket: pulumi.Output[str], of_region: str) -> None:
    """Export the address of a bucket and of a key as `pulumi login` and `--secrets-provider` take them."""
    pulumi.export(f"{prefix}login", pulumi.Output.concat("s3://", bucket, "?region=", of_region, "&awssdk=v2"))
    provider = pulumi.Output.concat("awskms://", state.key_alias, "?region=", of_region, "&awssdk=v2")
    pulumi.export(f"{prefix}secrets_provider", provider)


export("", state.name, region)
export("copy_", state.copy_name, copy_region)
pulumi.export("pipeline_policy_arn", state.policy_arn)
