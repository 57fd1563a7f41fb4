"""Rows of ECR."""

from apim_infra.rehearsal.twins.aws.table import Name, Reference, ResourceType

ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        "aws:ecr/repository:Repository",
        "repository",
        "{name}",
        "arn:aws:ecr:{region}:{account}:repository/{name}",
        Name("name", longest=256, code="InvalidParameterException", taken_code="RepositoryAlreadyExistsException"),
        source="ECR API reference, 2026",
        outputs=lambda context: {
            "registryId": context.account,
            "repositoryUrl": f"{context.account}.dkr.ecr.{context.region}.amazonaws.com/{context.name}",
        },
    ),
    ResourceType(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "lifecycle policy",
        "{repository}",
        references=(
            Reference("repository", "aws:ecr/repository:Repository", "RepositoryNotFoundException", by="name"),
        ),
        source="ECR API reference, 2026",
    ),
)
