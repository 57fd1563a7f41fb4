"""Aliases of single API versions, which every resource of the SDK carries."""

from copy import copy

import pulumi


def without_version_aliases(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Leave out the aliases by which a resource could once have had the type of a single API version; a transformation of resources.

    The SDK gives up to forty of them to each resource, and the program takes several times as long to work them out. Components of the platform never
    had such a type; a stack that once used those types by itself leaves this transformation out.
    """
    aliases = args.opts.aliases
    if not args.type_.startswith("azure-native:") or not isinstance(aliases, list):
        return None
    kept = [
        alias
        for alias in aliases
        if not (isinstance(alias, pulumi.Alias) and str(alias.type_).startswith("azure-native:"))
    ]
    # `merge` adds aliases to those that are there: a shallow copy is what leaves some out.
    opts = copy(args.opts)
    opts.aliases = kept
    return pulumi.ResourceTransformationResult(args.props, opts)
