"""Rules of the stores: encrypted, protected, backed up and not public."""

from collections.abc import Iterable, Iterator

from pulumi_policy import PolicyResource, ResourceValidationArgs

from policies.rule import companions, group, items, resource_rule, stack_rule

DATABASE = "aws:rds/instance:Instance"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
BUCKET = "aws:s3/bucket:Bucket"
VOLUME = "aws:ebs/volume:Volume"
LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
PUBLIC_ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BUCKET_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"

PROTECTED_TIERS = frozenset({"prd"})
"""Values of the tag `apim:tier` whose stores must be protected."""

PUBLIC_ACCESS_SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _encrypted(args: ResourceValidationArgs) -> Iterator[str]:
    props = args.props
    if args.resource_type == DATABASE and not props.get("replicateSourceDb") and not props.get("storageEncrypted"):
        yield "storageEncrypted is not true: the storage of the database is not encrypted"
    if args.resource_type == CACHE:
        for key in ("atRestEncryptionEnabled", "transitEncryptionEnabled"):
            if not props.get(key):
                yield f"{key} is not true"
    if args.resource_type == VOLUME and not props.get("encrypted"):
        yield "encrypted is not true: the volume is not encrypted"
    if args.resource_type == LAUNCH_TEMPLATE:
        for index, device in enumerate(items(props, "blockDeviceMappings")):
            # The provider's own type of this switch is a string.
            if str(group(device, "ebs").get("encrypted", "")).lower() != "true":
                yield f"blockDeviceMappings[{index}].ebs.encrypted is not true: the disk of the nodes is not encrypted"


def _private(args: ResourceValidationArgs) -> Iterator[str]:
    if args.props.get("publiclyAccessible"):
        yield "publiclyAccessible is true: the database has a public address"


def _protected(args: ResourceValidationArgs) -> Iterator[str]:
    if group(args.props, "tags").get("apim:tier") not in PROTECTED_TIERS or args.props.get("replicateSourceDb"):
        return
    if not args.opts.protect:
        yield "the resource option protect is not set: a store of this tier could be deleted by a wrong edit"
    if args.resource_type == DATABASE:
        if not args.props.get("deletionProtection"):
            yield "deletionProtection is not true"
        if args.props.get("skipFinalSnapshot"):
            yield "skipFinalSnapshot is true: no snapshot would be left"


def _backed_up(args: ResourceValidationArgs) -> Iterator[str]:
    key = "backupRetentionPeriod" if args.resource_type == DATABASE else "snapshotRetentionLimit"
    if args.props.get("replicateSourceDb"):
        return
    if not args.props.get(key):
        yield f"{key} is {args.props.get(key)!r}: no automatic backup is kept"


def _buckets_closed(resources: list[PolicyResource]) -> Iterable[tuple[PolicyResource, str]]:
    for bucket in resources:
        if bucket.resource_type != BUCKET:
            continue
        blocks = companions(resources, PUBLIC_ACCESS_BLOCK, bucket)
        open_switches = [key for key in PUBLIC_ACCESS_SWITCHES if not any(block.props.get(key) for block in blocks)]
        if open_switches:
            yield bucket, f"public access is not blocked: {', '.join(open_switches)} not true"
        if not companions(resources, BUCKET_ENCRYPTION, bucket):
            yield bucket, "no encryption is configured for the bucket"


STORE_POLICIES = (
    resource_rule(
        "store-encrypted",
        "Databases, caches, volumes and node disks are encrypted, caches in transit too.",
        (DATABASE, CACHE, VOLUME, LAUNCH_TEMPLATE),
        _encrypted,
        fix="Encrypt the store; encryption at rest can only be chosen at creation.",
    ),
    resource_rule(
        "store-private",
        "No database has a public address.",
        (DATABASE,),
        _private,
        fix="Set publiclyAccessible to false and reach the database from inside the network.",
    ),
    resource_rule(
        "store-protected",
        "Stores of production are protected against deletion, in Pulumi and in the cloud.",
        (DATABASE, CACHE),
        _protected,
        fix="Set deletion_protection and final_snapshot of the store (the tier prd does so by default).",
    ),
    resource_rule(
        "store-backed-up",
        "Databases and caches keep automatic backups.",
        (DATABASE, CACHE),
        _backed_up,
        fix="Set backup_retention_days of the store to at least 1.",
    ),
    stack_rule(
        "bucket-closed",
        "Every bucket blocks public access and is encrypted.",
        _buckets_closed,
        fix="Give the bucket a BucketPublicAccessBlock with all four switches and a BucketServerSideEncryptionConfiguration.",
    ),
)
