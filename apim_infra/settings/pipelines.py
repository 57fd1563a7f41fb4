"""Settings of the pipelines that build images and deploy the platform: each is known by a token of its own, without a password."""

from pydantic import Field

from apim_infra.settings.base import Settings, Text
from apim_infra.settings.checks import Cidr, HttpsUrl


class PipelineIdentity(Settings):
    """One pipeline, by the token that its runner shows (OpenID Connect)."""

    issuer: HttpsUrl
    """Who issues the token, such as `https://token.actions.githubusercontent.com`."""
    subject: Text
    """Whom the token is for, such as `repo:example/images:environment:prd`."""


class PipelineSettings(Settings):
    """The two pipelines: one builds images, one runs the platform. Both identities are made; whoever is named here may act as them."""

    build: PipelineIdentity | None = None
    """The pipeline that pushes images; nobody when absent."""
    run: PipelineIdentity | None = None
    """The pipeline that deploys the platform; nobody when absent."""
    source_cidrs: list[Cidr] = Field(default=[])
    """Public ranges of the machines that pipelines run on: they reach the registry beside those in the network (Azure)."""
