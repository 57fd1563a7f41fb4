"""Custom resources: objects of kinds that an add-on's chart brings."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as k8s


def custom_resource(
    resource: str,
    *,
    api_version: str,
    kind: str,
    metadata: k8s.meta.v1.ObjectMetaArgs,
    spec: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
) -> k8s.apiextensions.CustomResource:
    """Make a custom resource. `opts` must depend on the release that brings its kind."""
    return k8s.apiextensions.CustomResource(
        resource, api_version=api_version, kind=kind, metadata=metadata, spec=spec, opts=opts
    )
