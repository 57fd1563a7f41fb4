"""Security groups, load balancers, DNS and rights of controllers on AWS."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from components_aws_samples import ACCOUNT, added, dns, kinds, load_balancer, run, security_groups

from components.aws import iam_policies

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
LISTENER = "aws:lb/listener:Listener"
TARGETS = "aws:lb/targetGroup:TargetGroup"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
ZONE = "aws:route53/zone:Zone"
RECORD = "aws:route53/record:Record"


def test_each_flow_has_a_rule_at_each_end_that_has_a_group() -> None:
    recording = run(security_groups)
    rules = {
        resource.name.removeprefix("groups-") for type_ in (INGRESS, EGRESS) for resource in recording.of_type(type_)
    }
    assert rules == {
        "edge-from-internet-tcp-443",
        "edge-to-nodes-tcp-8443",
        "nodes-from-edge-tcp-8443",
        "nodes-to-stores-tcp-3306",
        "stores-from-nodes-tcp-3306",
        "nodes-to-nodes-all",
        "nodes-from-nodes-all",
        "nodes-from-internal-10.0.0.0-8-icmp",
        "nodes-from-internal-192.168.0.0-16-icmp",
    }


def test_rules_name_groups_where_there_are_groups_and_say_why() -> None:
    recording = run(security_groups)
    groups = {name: recording.named(f"groups-{name}").id for name in ("edge", "nodes", "stores")}
    between = recording.named("groups-nodes-from-edge-tcp-8443").inputs
    assert between["securityGroupId"] == groups["nodes"]
    assert between["referencedSecurityGroupId"] == groups["edge"]
    assert (between["fromPort"], between["toPort"], between["description"]) == (8443, 8443, "To the ingress")
    outside = recording.named("groups-edge-from-internet-tcp-443").inputs
    assert outside["cidrIpv4"] == "0.0.0.0/0"
    everything = recording.named("groups-nodes-from-nodes-all").inputs
    assert everything["ipProtocol"] == "-1"
    assert everything.keys() & {"fromPort", "toPort"} == set()


def test_without_flows_nothing_is_allowed() -> None:
    assert kinds(run(lambda: security_groups(flows=[])))["aws:ec2/securityGroup:SecurityGroup"] == 3
    assert added(run(security_groups), run(lambda: security_groups(flows=[]))) == {INGRESS: -6, EGRESS: -3}


def test_a_load_balancer_passes_tcp_on_to_pods() -> None:
    recording = run(load_balancer)
    assert {listener.inputs["port"] for listener in recording.of_type(LISTENER)} == {443, 80}
    assert {listener.inputs["protocol"] for listener in recording.of_type(LISTENER)} == {"TCP"}
    assert {group.inputs["targetType"] for group in recording.of_type(TARGETS)} == {"ip"}
    (balancer,) = recording.of_type(BALANCER)
    assert balancer.inputs["internal"] is True
    assert balancer.inputs["enableCrossZoneLoadBalancing"] is True
    assert len(balancer.inputs["securityGroups"]) == 1


def test_each_listener_adds_itself_and_its_targets() -> None:
    listeners = [{"name": "https", "port": 443, "target_port": 10443}]
    assert added(run(load_balancer), run(lambda: load_balancer(listeners=listeners))) == {LISTENER: -1, TARGETS: -1}


def test_an_internet_facing_load_balancer_waits_for_the_way_to_the_internet() -> None:
    from components_aws_samples import TAGS, data_group, network

    from components.aws.load_balancer import LoadBalancer

    def program() -> None:
        net = network(2, flow_logs=False)
        LoadBalancer(
            "apim-public",
            {
                "vpc_id": net.vpc_id,
                "internal": False,
                "subnet_ids": net.public_subnet_ids,
                "security_group_ids": [data_group(net)],
                "tags": TAGS,
            },
        )

    recording = run(program)
    (balancer,) = recording.of_type(BALANCER)
    assert recording.named("net-public-internet").urn in balancer.dependencies


def test_long_names_are_cut_and_change_with_what_cannot_be_changed() -> None:
    def names(port: int) -> set[str]:
        recording = run(lambda: load_balancer(listeners=[{"name": "a-name-that-is-very-long", "port": port}]))
        return {group.inputs["name"] for group in recording.of_type(TARGETS)}

    assert all(len(name) <= 32 for name in names(443))
    assert names(443) == names(443)
    assert names(443) != names(8443)


def test_a_protected_load_balancer_is_protected_in_aws_and_in_pulumi() -> None:
    (balancer,) = run(lambda: load_balancer(deletion_protection=True)).of_type(BALANCER)
    assert balancer.protect
    assert balancer.inputs["enableDeletionProtection"] is True


def test_the_private_zone_knows_the_public_hosts_too() -> None:
    recording = run(dns)
    names = {zone.name: zone.id for zone in recording.of_type(ZONE)}
    by_zone = {
        zone: {record.inputs["name"] for record in recording.of_type(RECORD) if record.inputs["zoneId"] == identifier}
        for zone, identifier in names.items()
    }
    assert by_zone == {
        "dns-public": {"api.example.com"},
        "dns-private": {"api.example.com", "apim-admin.example.com"},
    }


def test_records_are_aliases_of_the_load_balancer() -> None:
    recording = run(dns)
    (balancer,) = recording.of_type(BALANCER)
    for record in recording.of_type(RECORD):
        (alias,) = record.inputs["aliases"]
        assert alias["name"] == balancer.outputs["dnsName"]
        assert alias["zoneId"] == balancer.outputs["zoneId"]


def test_a_platform_without_public_access_has_no_public_zone() -> None:
    assert added(run(dns), run(lambda: dns(public=False, public_hosts=[]))) == {ZONE: -1, RECORD: -2}


def test_an_existing_zone_is_used_as_it_is() -> None:
    with_own = run(dns)
    assert added(with_own, run(lambda: dns(private=False, private_hosts=[]))) == {ZONE: -1, RECORD: -2}


@pytest.mark.parametrize(
    ("program", "path", "words"),
    [
        (lambda: load_balancer(security_group_ids=[]), "security_group_ids", "at least one"),
        (lambda: load_balancer(subnet_ids=["subnet-1"]), "subnet_ids", "two zones"),
        (lambda: load_balancer(listeners=[{"name": "a", "port": 1}, {"name": "b", "port": 1}]), "listeners", "once"),
        (lambda: dns(public=False), "public_hosts", "no public zone"),
        (lambda: dns(private=False), "private_hosts", "no private zone"),
    ],
)
def test_wrong_arguments_are_refused_with_path_and_fix(program: Any, path: str, words: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError) as error:
        run(program)
    assert [problem["property_path"] for problem in error.value.errors or []] == [path]
    assert words in error.value.message


FLOW = {"source": "edge", "destination": "nodes", "protocol": "tcp", "port_from": 443, "reason": "why"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": "partner"}, "neither a role nor"),
        ({"source": "internet", "destination": "internal"}, "one end must have a group"),
        ({"protocol": "http"}, "tcp, udp, icmp, all"),
        ({"protocol": "icmp"}, "have none"),
        ({"reason": 'a "quoted" reason'}, "no description"),
        ({"reason": "x" * 256}, "at most 255"),
    ],
)
def test_wrong_flows_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=words):
        run(lambda: security_groups(flows=[{**FLOW, **change}]))


def test_all_wrong_flows_are_told_at_once() -> None:
    with pytest.raises(pulumi.InputPropertiesError) as error:
        run(lambda: security_groups(flows=[{**FLOW, "protocol": "a"}, {**FLOW, "protocol": "b"}, FLOW, FLOW]))
    assert [problem["property_path"] for problem in error.value.errors or []] == [
        "flows[0].protocol",
        "flows[1].protocol",
        "flows[3]",
    ]


def policy(make: Callable[[], pulumi.Output[str]]) -> list[dict[str, Any]]:
    """Return the statements of a policy document."""
    recording = run(lambda: pulumi.export("policy", make()))
    return json.loads(recording.exports["policy"])["Statement"]


READS = ("Describe", "List", "Get")


@pytest.mark.parametrize(
    "make",
    [
        lambda: iam_policies.target_registration([f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:targetgroup/a/1"]),
        lambda: iam_policies.dns_challenge(["Z1"]),
        lambda: iam_policies.dns_records(["Z1"]),
        lambda: iam_policies.write_log_group("arn:aws:logs:eu-west-1:111122223333:log-group:a"),
        lambda: iam_policies.use_key("arn:aws:kms:eu-west-1:111122223333:key/1"),
        lambda: iam_policies.encrypt_volumes("arn:aws:kms:eu-west-1:111122223333:key/1"),
        lambda: iam_policies.cluster_autoscaler("apim"),
    ],
)
def test_what_changes_something_is_bound_to_named_resources(make: Callable[[], pulumi.Output[str]]) -> None:
    statements = policy(make)
    assert statements
    for statement in statements:
        actions = [action.split(":")[1] for action in statement["Action"]]
        assert "*" not in actions
        if statement["Resource"] == "*" and "Condition" not in statement:
            assert all(action.startswith(READS) for action in actions), actions


def test_the_certificate_manager_writes_proofs_only() -> None:
    change = policy(lambda: iam_policies.dns_challenge(["Z1"]))[0]
    assert change["Condition"]["ForAllValues:StringEquals"] == {"route53:ChangeResourceRecordSetsRecordTypes": ["TXT"]}


def test_the_autoscaler_is_bound_to_its_cluster() -> None:
    change = policy(lambda: iam_policies.cluster_autoscaler("apim"))[0]
    assert change["Condition"] == {"StringEquals": {"aws:ResourceTag/k8s.io/cluster-autoscaler/apim": "owned"}}


def test_no_two_statements_of_a_policy_repeat_an_action() -> None:
    counts = Counter(
        action
        for statement in policy(lambda: iam_policies.target_registration(["a"]))
        for action in statement["Action"]
    )
    assert max(counts.values()) == 1
