"""URNs are those of Pulumi's engine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.rehearsal import urn as urns

STACK = "urn:pulumi:dev::apim::pulumi:pulumi:Stack::apim-dev"
OUTER = "urn:pulumi:dev::apim::apim:aws:Network::network"
INNER = "urn:pulumi:dev::apim::apim:aws:Network$apim:aws:Subnets::subnets"

VECTORS = [
    ("", "pulumi:pulumi:Stack", "apim-dev", STACK),
    ("", "pulumi:providers:aws", "default_7_51_0", "urn:pulumi:dev::apim::pulumi:providers:aws::default_7_51_0"),
    (STACK, "aws:ec2/vpc:Vpc", "main", "urn:pulumi:dev::apim::aws:ec2/vpc:Vpc::main"),
    (STACK, "apim:aws:Network", "network", OUTER),
    (OUTER, "apim:aws:Subnets", "subnets", INNER),
    (
        INNER,
        "aws:ec2/subnet:Subnet",
        "a",
        "urn:pulumi:dev::apim::apim:aws:Network$apim:aws:Subnets$aws:ec2/subnet:Subnet::a",
    ),
    (
        "urn:pulumi:dev::apim::aws:eks/cluster:Cluster::c",
        "kubernetes:core/v1:Namespace",
        "n::with colons",
        "urn:pulumi:dev::apim::aws:eks/cluster:Cluster$kubernetes:core/v1:Namespace::n::with colons",
    ),
]


@pytest.mark.parametrize(("parent", "type_", "name", "expected"), VECTORS)
def test_vectors(parent: str, type_: str, name: str, expected: str) -> None:
    assert urns.make("dev", "apim", parent, type_, name) == expected
    assert urns.type_of(expected) == type_
    assert urns.name_of(expected) == name
    assert urns.valid(expected)


WORDS = st.from_regex(r"[a-z][a-z0-9/]{0,8}", fullmatch=True)
TYPES = st.builds(lambda a, b, c: f"{a}:{b}:{c}", WORDS, WORDS, WORDS)


@given(st.lists(st.tuples(TYPES, st.text(min_size=1)), min_size=1, max_size=5))
def test_every_ancestor_type_is_kept(chain: list[tuple[str, str]]) -> None:
    urn = STACK
    for type_, name in chain:
        urn = urns.make("dev", "apim", urn, type_, name)
    assert urns.qualified_type(urn).split("$") == [type_ for type_, _ in chain]
    assert urns.name_of(urn) == chain[-1][1]


def test_packages_and_references() -> None:
    assert urns.package_of("aws:ec2/vpc:Vpc") == "aws"
    assert urns.package_of("pulumi:providers:aws") == "aws"
    assert urns.split_reference("urn:pulumi:a::b::c::d::id") == ("urn:pulumi:a::b::c::d", "id")
    assert urns.split_reference("") == ("", "")
    assert not urns.valid("urn:pulumi:a::b")
