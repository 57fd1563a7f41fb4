"""The Pulumi program of the platform: `pulumi up -s <stack>` builds it, `apim rehearse <stack>` rehearses it."""

from apim_infra.platform import deploy

deploy()
