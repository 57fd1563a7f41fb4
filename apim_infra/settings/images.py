"""Settings of container images: where nodes pull them from."""

from collections.abc import Iterable
from enum import StrEnum

from apim_infra.settings.base import BrokenRule, Settings, Text
from apim_infra.settings.secret import SecretSetting


class ImageSource(StrEnum):
    """Where images come from."""

    UPSTREAM = "upstream"
    PULL_THROUGH_CACHE = "pull-through-cache"


class RegistryLogin(Settings):
    """User of a public registry."""

    username: Text
    """Name of the user."""
    access_token: SecretSetting
    """Access token of the user; a secret."""


class ImageSettings(Settings):
    """Where nodes pull images from."""

    source: ImageSource = ImageSource.UPSTREAM
    """`upstream` registries, or a `pull-through-cache` in the cloud's own registry, which fetches them once."""
    docker_hub: RegistryLogin | None = None
    """User of Docker Hub; the cache needs one."""
    github: RegistryLogin | None = None
    """User of GitHub's registry (ghcr.io); the cache needs one."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold a cache to the users without which the cloud refuses its rules."""
        if self.source is not ImageSource.PULL_THROUGH_CACHE:
            return
        for name, login, registry in (
            ("docker_hub", self.docker_hub, "Docker Hub"),
            ("github", self.github, "GitHub's registry"),
        ):
            if login is None:
                yield BrokenRule(
                    name,
                    f"is needed by a pull-through cache: it fetches images of {registry} as a user",
                    "name the user: {username: ..., access_token: ...}",
                )
