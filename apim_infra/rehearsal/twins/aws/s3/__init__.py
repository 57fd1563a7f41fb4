"""Rows of S3."""

from apim_infra.rehearsal.twins.aws.table import Name, Reference, ResourceType

ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        "aws:s3/bucket:Bucket",
        "bucket",
        "{bucket}",
        "arn:aws:s3:::{bucket}",
        Name("bucket", longest=63, code="InvalidBucketName", unique=("global",), taken_code="BucketAlreadyOwnedByYou"),
        source="S3 API reference, 2026",
    ),
    *(
        ResourceType(
            f"aws:s3/{name[0].lower()}{name[1:]}:{name}",
            "configuration",
            "{bucket}",
            references=(Reference("bucket", "aws:s3/bucket:Bucket", "NoSuchBucket", by="bucket|arn"),),
            source="S3 API reference, 2026",
        )
        for name in (
            "BucketVersioning",
            "BucketPublicAccessBlock",
            "BucketOwnershipControls",
            "BucketServerSideEncryptionConfiguration",
            "BucketLifecycleConfiguration",
            "BucketPolicy",
        )
    ),
)
