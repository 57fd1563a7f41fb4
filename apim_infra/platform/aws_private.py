"""Images of the platform from the account's own registry, where nodes do not pull them from public ones."""

import pulumi

from apim_infra.platform.aws_cluster import AnyCluster
from apim_infra.platform.aws_foundation import Foundation
from apim_infra.platform.naming import Naming
from apim_infra.settings.environment import Tier
from apim_infra.settings.images import ImageSource, RegistryLogin
from apim_infra.settings.stack import StackSettings
from components.aws.image_cache import ImageCache, RegistryLoginArgs
from components.kubernetes.images import upstreams

DOCKER_HUB, GITHUB = "docker.io", "ghcr.io"


def build_image_cache(
    settings: StackSettings, naming: Naming, foundation: Foundation, cluster: AnyCluster
) -> ImageCache | None:
    """Build the cache of public images; None where nodes pull them from their own registries."""
    images = settings.images
    if images.source is not ImageSource.PULL_THROUGH_CACHE:
        return None
    logins = {DOCKER_HUB: images.docker_hub, GITHUB: images.github}
    return ImageCache(
        naming.name("image-cache"),
        {
            "prefix": naming.prefix,
            "account_id": foundation.account_id,
            "region": settings.region,
            "upstreams": upstreams(),
            "logins": {registry: _login(login) for registry, login in logins.items() if login is not None},
            "node_role_name": cluster.node_role_arn.apply(lambda arn: arn.rpartition("/")[2]),
            "key_arn": foundation.keys.logs_key_arn,
            # Its name is taken while a deleted login can be brought back.
            "recovery_window_days": 0 if settings.tier is Tier.DEV else 30,
            "tags": naming.tags,
        },
        foundation.options,
    )


def _login(login: RegistryLogin) -> RegistryLoginArgs:
    return {
        "username": login.username,
        "access_token": pulumi.Output.secret(login.access_token.get_secret_value()),
    }
