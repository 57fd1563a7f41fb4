"""Starts the pack under the Pulumi CLI; the rules are in `policies.pack`."""

from pulumi_policy import PolicyPack

from policies.pack import DEFAULT_LEVEL, NAME, POLICIES

PolicyPack(NAME, policies=list(POLICIES), enforcement_level=DEFAULT_LEVEL)
