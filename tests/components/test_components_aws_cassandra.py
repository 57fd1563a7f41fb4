"""Cassandra on machines: what a ring is made of, what replaces what, in which order, and what never shows."""

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from typing import Any

import pulumi
import pytest
import yaml
from cassandra_samples import keyspaces, ring
from components_aws_samples import REGION, TAGS, Stack, added, changes, run
from cryptography import x509

from apim_infra.rehearsal.graph import Resource
from apim_infra.rehearsal.testing import Recording
from apim_infra.rehearsal.twins.aws.ec2.launch_templates import MOST_USER_DATA
from components.aws.cassandra_configuration import boot, facts
from components.aws.cassandra_configuration import keyspaces as keyspace_commands
from components.cassandra_configuration import configuration, ready

pytestmark = pytest.mark.slow

INSTANCE, VOLUME = "aws:ec2/instance:Instance", "aws:ebs/volume:Volume"
ASSOCIATION = "aws:ssm/association:Association"
PARTS = ("eu-west-1a-1", "eu-west-1b-1", "eu-west-1c-1")
BOOT = {
    "node": "ring-a-1",
    "cluster": "ring",
    "region": REGION,
    "volume": "vol0",
    "install": "yes",
    "version": "4.1",
    "shared_secret": "arn:shared",
    "node_secret": "arn:own",
    "datacenter": REGION,
    "zone": "eu-west-1a",
    "address": "10.0.128.8",
}


@cache
def sample() -> Recording:
    return run(ring)


def one_by_one(recording: Recording) -> list[str]:
    """Return the parts of the nodes in the order in which their instances wait for each other."""
    instances = {resource.urn: resource for resource in recording.of_type(INSTANCE)}

    def before(resource: Resource, seen: set[str]) -> set[str]:
        for urn in resource.dependencies:
            if urn not in seen:
                seen.add(urn)
                before(by_urn[urn], seen)
        return seen

    by_urn = {resource.urn: resource for resource in recording.graph.resources}
    waits = {urn: before(resource, set()) & instances.keys() for urn, resource in instances.items()}
    order = sorted(waits, key=lambda urn: len(waits[urn]))
    assert [len(waits[urn]) for urn in order] == list(range(len(order)))
    return [instances[urn].name.removeprefix("ring-").removesuffix("-instance") for urn in order]


def test_a_ring_has_a_node_in_each_zone_with_disk_address_and_rights_of_its_own():
    made = sample()
    assert len(made.of_type(INSTANCE)) == len(made.of_type(VOLUME)) == 3
    for number, part in enumerate(PARTS):
        volume, interface = (made.named(f"ring-{part}-{kind}").inputs for kind in ("data", "interface"))
        assert (volume["encrypted"], volume["type"], volume["size"]) == (True, "gp3", 50)
        assert volume["availabilityZone"] == part.removesuffix("-1")
        assert interface["privateIps"] == [f"10.0.{128 + number}.8"]
        instance = made.named(f"ring-{part}-instance").inputs
        assert instance["metadataOptions"]["httpTokens"] == "required"
        assert instance["rootBlockDevice"]["encrypted"] is True
        assert "keyName" not in instance
        (rights,) = json.loads(made.named(f"ring-{part}-secrets").inputs["policy"])["Statement"]
        assert rights["Action"] == ["secretsmanager:GetSecretValue"]
        # The first node makes roles and keyspaces; the others read what is theirs and what all share.
        assert len(rights["Resource"]) == (4 if number == 0 else 2)
        assert not [arn for arn in rights["Resource"] if "*" in arn]


def test_nodes_are_made_one_after_another_and_keyspaces_after_all():
    made = sample()
    assert one_by_one(made) == list(PARTS)
    last = made.named("ring-keyspaces")
    assert {urn.rpartition("::")[2] for urn in last.dependencies} >= {f"ring-{part}-ready" for part in PARTS}
    for part in PARTS:
        gate = made.named(f"ring-{part}-ready")
        assert gate.inputs["waitForSuccessTimeoutSeconds"] == facts()["timeouts"]["ready"]
        assert gate.inputs["targets"][0]["values"] == [made.named(f"ring-{part}-instance").id]


@pytest.mark.parametrize("change", [{"version": "5.0"}, {"instance_type": "m7i.2xlarge"}])
def test_another_version_or_size_touches_one_node_after_another_and_no_disk(change: dict[str, Any]):
    stack = Stack()
    stack.run(ring)
    after = stack.run(lambda: ring(**change))
    found = changes(after)
    instance = "replace" if "version" in change else "update"
    expected = {f"ring-{part}-instance": instance for part in PARTS}
    if "version" in change:
        expected |= {f"ring-{part}-attachment": "replace" for part in PARTS} | {"ring-keyspaces": "replace"}
    assert found == {**expected, **{f"ring-{part}-ready": "replace" for part in PARTS}}
    touched = [step.urn.rpartition("::")[2] for step in after.steps if step.operation != "same"]
    places = [touched.index(f"ring-{part}-{kind}") for part in PARTS for kind in ("instance", "ready")]
    assert places == sorted(places)


def test_a_node_more_replaces_nothing():
    stack = Stack()
    before = stack.run(ring)
    after = stack.run(lambda: ring(nodes=4))
    # Prepared for the first nodes alone: none of them learns of the fourth, which asks the seeds.
    assert set(changes(after).values()) == {"create"}
    assert {name for name in changes(after) if name.endswith("-instance")} == {"ring-eu-west-1a-2-instance"}
    assert added(before, after)[INSTANCE] == added(before, after)[VOLUME] == 1
    assert one_by_one(after)[-1] == "eu-west-1a-2"
    assert after.named("ring-eu-west-1a-2-interface").inputs["privateIps"] == ["10.0.128.9"]


def test_a_zone_more_moves_no_node():
    stack = Stack()
    stack.run(lambda: ring(2, nodes=2, replication_factor=2, keyspaces=[]))
    found = changes(stack.run(lambda: ring(3, nodes=3, replication_factor=2, keyspaces=[])))
    # The list of seeds, which nodes read at boot and every day.
    own = {name for name, what in found.items() if what != "create" and not name.startswith("net-")}
    assert own == {"ring-application-value", "ring-shared-value"}


def test_another_keyspace_is_made_without_touching_a_node():
    stack = Stack()
    stack.run(ring)
    assert changes(stack.run(lambda: ring(keyspaces=["apim"]))) == {"ring-keyspaces": "replace"}


def test_a_newer_image_of_the_day_replaces_no_node_and_a_named_one_does():
    stack = Stack()
    images = {resource.inputs["ami"] for resource in stack.run(ring).of_type(INSTANCE)}
    later = stack.run(lambda: ring(architecture="arm64"))  # stands for another image of the day
    assert len(images) == 1
    assert changes(later) == {}
    stack = Stack()
    stack.run(lambda: ring(image_id="ami-0123456789abcdef0"))
    found = changes(stack.run(lambda: ring(image_id="ami-0123456789abcdef1")))
    assert {found[f"ring-{part}-instance"] for part in PARTS} == {"replace"}
    assert not [name for name in found if name.endswith(("-data", "-interface"))]


def test_an_image_of_ones_own_installs_nothing():
    text = boot({**BOOT, "install": "no"})
    assert 'if [ "no" = yes ]' in text
    assert 'if [ "yes" = yes ]' in boot(BOOT)


def test_certificates_name_their_node_and_are_signed_by_the_rings_authority():
    made = sample()
    authority = x509.load_pem_x509_certificate(made.named("ring-authority").outputs["certPem"].encode())
    for number, part in enumerate(PARTS):
        signed = made.named(f"ring-{part}-certificate").outputs["certPem"]
        certificate = x509.load_pem_x509_certificate(signed.encode())
        certificate.verify_directly_issued_by(authority)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == [f"10.0.{128 + number}.8"]
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert len(list(usage)) == 2  # server and client: nodes are both


def test_the_endpoint_names_the_seeds_and_a_user_that_is_no_administrator():
    def program() -> None:
        made = ring(nodes=4)
        pulumi.export("endpoint", made.endpoint)
        pulumi.export("exporters", made.exporters)

    exports = run(program).exports
    assert exports["endpoint"]["host"] == "10.0.128.8,10.0.129.8,10.0.130.8"
    assert (exports["endpoint"]["port"], exports["endpoint"]["username"]) == (9042, "apim")
    assert exports["endpoint"]["password"] == {"secret": True}
    assert exports["exporters"] == [
        f"10.0.{zone}.{host}:7070" for zone, host in ((128, 8), (129, 8), (130, 8), (128, 9))
    ]


def test_no_secret_shows_in_inputs_or_user_data():
    made = sample()
    text = json.dumps(made.graph.to_json())
    assert "PRIVATE KEY" not in text
    for instance in made.of_type(INSTANCE):
        data = instance.inputs["userData"]
        assert len(data.encode()) < MOST_USER_DATA
        assert "arn:aws:secretsmanager" in data
        assert "BEGIN" not in data


def test_disks_are_found_by_the_backup_and_kept_by_protection():
    made = run(lambda: ring(backup_tags={"apim:backup": "daily"}, deletion_protection=True))
    for volume in made.of_type(VOLUME):
        assert volume.inputs["tags"]["apim:backup"] == "daily"
        assert volume.inputs["finalSnapshot"] is True
        assert volume.protect is True
    assert not [instance for instance in made.of_type(INSTANCE) if instance.protect]  # they are replaced


# -- what nodes are told ---------------------------------------------------------------------------------------------------------------------


def settings_of(address: str = "10.0.0.8") -> Mapping[str, Any]:
    return yaml.safe_load(configuration("ring", address))


@pytest.mark.parametrize("side", ["server_encryption_options", "client_encryption_options"])
def test_both_sides_speak_tls_1_2_or_later_with_certificates(side: str):
    options = settings_of()[side]
    assert options["accepted_protocols"] == ["TLSv1.2", "TLSv1.3"]
    assert options["require_client_auth"] is True
    assert options["optional"] is False
    assert options.get("enabled") is True or options.get("internode_encryption") == "all"


def test_racks_are_zones_and_users_log_in():
    found = settings_of()
    assert found["endpoint_snitch"] == "GossipingPropertyFileSnitch"
    assert (found["storage_port"], found["native_transport_port"]) == (7001, 9042)
    assert found["authenticator"] == "PasswordAuthenticator"
    text = boot(BOOT)
    assert f"dc={REGION}\nrack=eu-west-1a\n" in text
    assert "agent.jar=7070:" in text


@pytest.mark.parametrize("version", ["4.0", "4.1", "5.0"])
def test_scripts_are_shell(version: str):
    names = {"administrator_secret": "arn:a", "application_secret": "arn:b", "region": REGION, "version": version}
    for script in (
        boot({**BOOT, "version": version}),
        ready("10.0.0.8", "script"),
        keyspace_commands(names, ["apim"], 3, REGION),
    ):
        checked = subprocess.run(["/bin/bash", "-n"], input=script, text=True, capture_output=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")
        assert "$$" not in script


def test_packages_are_those_of_the_series_and_are_verified():
    text = boot({**BOOT, "version": "5.0"})
    assert "baseurl=https://redhat.cassandra.apache.org/50x/" in text
    assert 'java-17-amazon-corretto-headless "cassandra-5.0*"' in text
    assert "gpgcheck=1" in text


def test_keyspaces_are_replicated_over_the_datacenter_and_given_to_programs_alone():
    names = {"administrator_secret": "arn:a", "application_secret": "arn:b", "region": REGION, "version": "4.1"}
    text = keyspace_commands(names, ["apim", "apim_throttling"], 3, REGION)
    replication = "{'class': 'NetworkTopologyStrategy', 'eu-west-1': 3}"
    for name in ("apim", "apim_throttling"):
        assert f"CREATE KEYSPACE IF NOT EXISTS {name} WITH replication = {replication};" in text
        assert f"GRANT ALL PERMISSIONS ON KEYSPACE {name} TO apim;" in text
    assert f"ALTER KEYSPACE system_auth WITH replication = {replication};" in text
    assert "ALTER ROLE cassandra WITH SUPERUSER = false AND LOGIN = false;" in text


def test_readiness_is_asked_anew_whenever_what_a_node_runs_changes():
    assert ready("10.0.0.8", "one") != ready("10.0.0.8", "two")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"version": "3.11"}, "no series that is known: one of 4.0, 4.1, 5.0"),
    ({"nodes": 2, "replication_factor": 2}, "cannot stand in each of 3 zones"),
    ({"nodes": 22}, "a zone keeps 7 addresses"),
    ({"replication_factor": 4}, "4 copies need as many nodes, there are 3"),
    ({"keyspaces": ["apim-a", "apim_a"]}, "have one name"),
]


@pytest.mark.parametrize(("options", "words"), WRONG)
def test_wrong_arguments_are_refused(options: dict[str, Any], words: str):
    with pytest.raises(pulumi.InputPropertiesError, match=words):
        run(lambda: ring(**options))


# -- Keyspaces -------------------------------------------------------------------------------------------------------------------------------


def test_keyspaces_are_made_with_a_role_for_each_service_account():
    made = run(keyspaces)
    assert [resource.inputs["name"] for resource in made.of_type("aws:keyspaces/keyspace:Keyspace")] == [
        "apim",
        "apim_b",
    ]
    assert made.of_type("aws:keyspaces/table:Table") == []
    (association,) = made.of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    assert (association.inputs["namespace"], association.inputs["serviceAccount"]) == ("microservices", "client")
    own, system = json.loads(made.named("keys-client-rights").inputs["policy"])["Statement"]
    assert own["Resource"] == [
        f"arn:aws:cassandra:{REGION}:111122223333:/keyspace/{name}/*" for name in ("apim", "apim_b")
    ]
    assert system["Action"] == ["cassandra:Select"]
    assert all(resource.inputs["tags"] == TAGS for resource in made.of_type("aws:keyspaces/keyspace:Keyspace"))


def test_the_endpoint_of_keyspaces_is_the_services_tls_port():
    def program() -> None:
        pulumi.export("endpoint", keyspaces().endpoint)

    endpoint = run(program).exports["endpoint"]
    assert (endpoint["host"], endpoint["port"]) == (f"cassandra.{REGION}.amazonaws.com", 9142)


def test_a_keyspace_more_adds_itself_and_changes_rights():
    stack = Stack()
    stack.run(lambda: keyspaces(names=["apim"]))
    found = changes(stack.run(keyspaces))
    assert found == {"keys-apim-b": "create", "keys-client-rights": "update"}


@pytest.mark.parametrize("names", [["apim-b"], ["apim", "apim"], ["a"]])
def test_wrong_names_of_keyspaces_are_refused(names: list[str]):
    with pytest.raises(pulumi.InputPropertiesError):
        run(lambda: keyspaces(names=names))
