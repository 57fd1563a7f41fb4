"""Rules of the cluster, its nodes, keys and registry."""

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from policies.rule import group, is_everywhere, items, resource_rule

CLUSTER = "aws:eks/cluster:Cluster"
LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
KEY = "aws:kms/key:Key"
REPOSITORY = "aws:ecr/repository:Repository"
LOG_TYPES = frozenset({"api", "audit", "authenticator", "controllerManager", "scheduler"})


def _api_not_open(args: ResourceValidationArgs) -> Iterator[str]:
    network = group(args.props, "vpcConfig")
    # Left out, the API is public and open to everybody: that is the provider's default.
    if network.get("endpointPublicAccess") is False:
        return
    ranges = items(network, "publicAccessCidrs")
    if not ranges or any(is_everywhere(cidr) for cidr in ranges):
        yield f"the Kubernetes API is public and open to {', '.join(ranges) or 'everybody'}"


def _secrets_encrypted(args: ResourceValidationArgs) -> Iterator[str]:
    encryption = group(args.props, "encryptionConfig")
    # The key may be known only once it is there; that one is named is known before.
    if "secrets" not in items(encryption, "resources") or "keyArn" not in list(group(encryption, "provider")):
        yield "encryptionConfig names no key for secrets"


def _audited(args: ResourceValidationArgs) -> Iterator[str]:
    missing = LOG_TYPES - set(items(args.props, "enabledClusterLogTypes"))
    if missing:
        yield f"control-plane logs are not written: {', '.join(sorted(missing))}"


def _metadata_guarded(args: ResourceValidationArgs) -> Iterator[str]:
    options = group(args.props, "metadataOptions")
    if options.get("httpTokens") != "required":
        yield f"metadataOptions.httpTokens is {options.get('httpTokens')!r}, not 'required': version 1 of the metadata service answers"
    if options.get("httpPutResponseHopLimit", 1) > 1:
        yield f"metadataOptions.httpPutResponseHopLimit is {options['httpPutResponseHopLimit']}, not 1: pods reach the node's credentials"


def _key_rotates(args: ResourceValidationArgs) -> Iterator[str]:
    if not args.props.get("enableKeyRotation"):
        yield "enableKeyRotation is not true"


def _tags_immutable(args: ResourceValidationArgs) -> Iterator[str]:
    if not str(args.props.get("imageTagMutability", "MUTABLE")).startswith("IMMUTABLE"):
        yield "imageTagMutability is not IMMUTABLE: an image can change under its tag"


CLUSTER_POLICIES = (
    resource_rule(
        "cluster-api-not-open",
        "The Kubernetes API is private, or public for named ranges only.",
        (CLUSTER,),
        _api_not_open,
        fix="Set cluster.api_endpoint.public to false, or name the ranges in cluster.api_endpoint.allowed_cidrs.",
    ),
    resource_rule(
        "cluster-secrets-encrypted",
        "Kubernetes secrets are encrypted with a key of the platform.",
        (CLUSTER,),
        _secrets_encrypted,
        fix="Give the cluster an encryptionConfig with a KMS key and the resource 'secrets'.",
    ),
    resource_rule(
        "cluster-audited",
        "All five kinds of control-plane logs are written.",
        (CLUSTER,),
        _audited,
        fix="List api, audit, authenticator, controllerManager and scheduler in enabledClusterLogTypes.",
    ),
    resource_rule(
        "node-metadata-guarded",
        "Nodes answer only version 2 of the metadata service, and only to themselves.",
        (LAUNCH_TEMPLATE,),
        _metadata_guarded,
        fix="Set metadataOptions.httpTokens to 'required' and the hop limit to 1.",
    ),
    resource_rule("key-rotates", "Encryption keys rotate.", (KEY,), _key_rotates, fix="Set enableKeyRotation to true."),
    resource_rule(
        "registry-immutable",
        "Image tags cannot be moved.",
        (REPOSITORY,),
        _tags_immutable,
        fix="Set imageTagMutability to IMMUTABLE.",
    ),
)
