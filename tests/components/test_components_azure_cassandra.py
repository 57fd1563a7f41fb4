"""Cassandra on machines of Azure: what a ring is made of, what replaces what, in which order, and what never shows."""

import base64
import io
import json
import re
import subprocess
import urllib.request
from collections.abc import Mapping
from functools import cache
from typing import Any, cast
from unittest.mock import patch

import pulumi
import pytest
from azure_stack import LOCATION, Stack, changes, kinds, run
from components_azure_cassandra_samples import Around, ring, ring_with_snapshots
from cryptography import x509

from apim_infra.rehearsal.graph import Resource
from apim_infra.rehearsal.testing import Recording
from components.azure.cassandra_configuration import boot, disk_controller, facts, ready
from components.azure.cassandra_configuration import keyspaces as keyspace_commands

pytestmark = pytest.mark.slow

MACHINE, DISK = "azure-native:compute:VirtualMachine", "azure-native:compute:Disk"
RIGHT = "azure-native:authorization:RoleAssignment"
PARTS = ("1-1", "2-1", "3-1")
LONGEST_CUSTOM_DATA = 87380
"""Custom data of a machine, encoded, in characters (azure-docs, virtual-machines/error-messages, 2017)."""
BOOT = {
    "node": "ring-1-1",
    "cluster": "ring",
    "client": "0c7d",
    "install": "yes",
    "version": "4.1",
    "shared_secret": "https://v.vault.azure.net/secrets/shared",
    "node_secret": "https://v.vault.azure.net/secrets/own",
    "datacenter": LOCATION,
    "zone": f"{LOCATION}-1",
    "address": "10.0.1.30",
}


@cache
def sample() -> Recording:
    return run(ring)


def custom_data(recording: Recording, part: str) -> str:
    return base64.b64decode(recording.named(f"ring-{part}-machine").inputs["osProfile"]["customData"]).decode()


def one_by_one(recording: Recording) -> list[str]:
    """Return the parts of the nodes in the order in which their machines wait for each other."""
    machines = {resource.urn: resource for resource in recording.of_type(MACHINE)}
    by_urn = {resource.urn: resource for resource in recording.graph.resources}

    def before(resource: Resource, seen: set[str]) -> set[str]:
        for urn in resource.dependencies:
            if urn not in seen:
                seen.add(urn)
                before(by_urn[urn], seen)
        return seen

    waits = {urn: before(resource, set()) & machines.keys() for urn, resource in machines.items()}
    order = sorted(waits, key=lambda urn: len(waits[urn]))
    assert [len(waits[urn]) for urn in order] == list(range(len(order)))
    return [machines[urn].name.removeprefix("ring-").removesuffix("-machine") for urn in order]


def test_a_ring_has_a_node_in_each_zone_with_disk_and_address_of_its_own():
    made = sample()
    assert len(made.of_type(MACHINE)) == len(made.of_type(DISK)) == 3
    for number, part in enumerate(PARTS):
        disk, card, machine = (made.named(f"ring-{part}-{kind}").inputs for kind in ("data", "interface", "machine"))
        assert disk["zones"] == machine["zones"] == [part[0]]
        assert (disk["sku"]["name"], disk["diskSizeGB"]) == ("Premium_LRS", 50)
        assert (disk["networkAccessPolicy"], disk["publicNetworkAccess"]) == ("DenyAll", "Disabled")
        (address,) = card["ipConfigurations"]
        # Azure hands out addresses from the other end of the subnet.
        assert (address["privateIPAddress"], address["privateIPAllocationMethod"]) == (
            f"10.0.1.{30 - number}",
            "Static",
        )
        (attached,) = machine["storageProfile"]["dataDisks"]
        assert attached["managedDisk"]["id"] == made.named(f"ring-{part}-data").id
        assert (attached["caching"], attached["deleteOption"]) == ("None", "Detach")


def test_machines_boot_signed_software_and_take_no_password():
    for machine in sample().of_type(MACHINE):
        given = machine.inputs
        assert given["hardwareProfile"]["vmSize"] == "Standard_D4s_v3"
        assert given["securityProfile"]["securityType"] == "TrustedLaunch"
        assert given["securityProfile"]["uefiSettings"] == {"secureBootEnabled": True, "vTpmEnabled": True}
        system = given["osProfile"]
        assert system["linuxConfiguration"]["disablePasswordAuthentication"] is True
        assert "adminPassword" not in system
        (key,) = system["linuxConfiguration"]["ssh"]["publicKeys"]
        assert key["keyData"].startswith("ssh-ed25519 ")
        assert not key["keyData"].endswith("\n")


def test_a_node_may_read_what_is_its_own_and_what_all_share():
    made = sample()
    rights: dict[str, set[str]] = {}
    for right in made.of_type(RIGHT):
        owner = right.name.removeprefix("ring-")[:3]
        rights.setdefault(owner, set()).add(right.inputs["scope"].rpartition("/")[2])
        assert right.inputs["principalId"] == made.named(f"ring-{owner}-identity").outputs["principalId"]
        assert right.inputs["scope"].rpartition("/")[0].endswith("/secrets")
    shared, own = "ring-shared-secret", "ring-{0}-materials-secret"
    # The first node makes roles and keyspaces.
    first = {shared, own.format("1-1"), "ring-administrator-secret", "ring-application-secret"}
    assert rights == {"1-1": first, **{part: {shared, own.format(part)} for part in PARTS[1:]}}


def test_nodes_are_made_one_after_another_and_keyspaces_after_all():
    made = sample()
    assert one_by_one(made) == list(PARTS)
    last = made.named("ring-keyspaces")
    assert {urn.rpartition("::")[2] for urn in last.dependencies} >= {f"ring-{part}-ready" for part in PARTS}
    for part in PARTS:
        gate = made.named(f"ring-{part}-ready").inputs
        assert gate["timeoutInSeconds"] == facts()["timeouts"]["ready"]
        assert gate["treatFailureAsDeploymentFailure"] is True
        assert gate["asyncExecution"] is False
        assert gate["vmName"] == made.named(f"ring-{part}-machine").outputs["name"]


def test_another_version_replaces_one_machine_after_another_and_no_disk():
    stack = Stack()
    stack.run(ring)
    after = stack.run(lambda: ring(version="5.0"))
    machines = {f"ring-{part}-{kind}": "replace" for part in PARTS for kind in ("machine", "login", "ready")}
    assert changes(after) == {**machines, "ring-keyspaces": "replace"}
    touched = [step.urn.rpartition("::")[2] for step in after.steps if step.operation != "same"]
    places = [touched.index(f"ring-{part}-{kind}") for part in PARTS for kind in ("machine", "ready")]
    assert places == sorted(places)


def test_another_size_changes_one_machine_after_another_and_another_kind_of_disks_replaces_them():
    stack = Stack()
    stack.run(ring)
    after = stack.run(lambda: ring(size="Standard_D8s_v3"))
    assert changes(after) == {f"ring-{part}-{kind}": "update" for part in PARTS for kind in ("machine", "ready")}
    found = changes(stack.run(lambda: ring(size="Standard_D8s_v6")))
    assert {found[f"ring-{part}-machine"] for part in PARTS} == {"replace"}
    assert not [name for name in found if name.endswith(("-data", "-interface", "-identity"))]


@pytest.mark.parametrize(
    ("size", "controller"),
    [
        ("Standard_D4s_v3", "SCSI"),
        ("Standard_D4s_v5", "SCSI"),
        ("Standard_D4s_v6", "NVMe"),
        ("Standard_E8ds_v6", "NVMe"),
    ],
)
def test_newer_sizes_have_disks_of_another_kind(size: str, controller: str):
    assert disk_controller(size) == controller


def test_a_node_more_replaces_nothing():
    stack = Stack()
    before = stack.run(ring)
    after = stack.run(lambda: ring(nodes=4))
    # Prepared for the first nodes alone: none of them learns of the fourth, which asks the seeds.
    assert set(changes(after).values()) == {"create"}
    assert {name for name in changes(after) if name.endswith("-machine")} == {"ring-1-2-machine"}
    more = kinds(after) - kinds(before)
    assert (more[MACHINE], more[DISK]) == (1, 1)
    assert one_by_one(after)[-1] == "1-2"
    (address,) = after.named("ring-1-2-interface").inputs["ipConfigurations"]
    assert address["privateIPAddress"] == "10.0.1.27"


def test_a_zone_more_moves_no_node():
    stack = Stack()
    stack.run(lambda: ring(zones=["1", "2"], nodes=2, replication_factor=2, keyspaces=[]))
    found = changes(stack.run(lambda: ring(nodes=3, replication_factor=2, keyspaces=[])))
    # The list of seeds, which nodes read at boot and every day.
    assert {name for name, what in found.items() if what != "create"} == {
        "ring-application-secret",
        "ring-shared-secret",
    }


def test_another_keyspace_is_made_without_touching_a_node():
    stack = Stack()
    stack.run(ring)
    assert changes(stack.run(lambda: ring(keyspaces=["apim"]))) == {"ring-keyspaces": "update"}


def test_snapshots_are_switched_on_without_touching_a_machine_and_off_again():
    stack = Stack()

    def without() -> None:
        stack_around()
        ring(there[-1])

    def with_() -> None:
        container = stack_around()
        url = "https://accountofaring.blob.core.windows.net/cassandra"
        ring(there[-1], snapshots={"container_id": container, "container_url": url})

    there: list[Around] = []

    def stack_around() -> pulumi.Output[str]:
        around = Around()
        there.append(around)
        return around.container().id

    stack.run(without)
    rights = {f"ring-{part}-snapshots-right" for part in PARTS}
    on = changes(stack.run(with_))
    assert on == {"ring-shared-secret": "update", **dict.fromkeys(rights, "create")}
    off = changes(stack.run(without))
    assert off == {"ring-shared-secret": "update", **dict.fromkeys(rights, "delete")}


def test_each_node_may_write_its_snapshots_into_the_container_alone():
    made = run(ring_with_snapshots)
    container = next(r for r in made.of_type("azure-native:storage:BlobContainer")).id
    found = [right for right in made.of_type(RIGHT) if right.name.endswith("-snapshots-right")]
    assert len(found) == 3
    assert {right.inputs["scope"] for right in found} == {container}
    assert all(right.inputs["roleDefinitionId"].endswith("ba92f5b4-2d11-453d-a403-e96b0029c9fe") for right in found)


def test_a_newer_image_of_the_distribution_replaces_no_node_and_a_named_one_does(monkeypatch: pytest.MonkeyPatch):
    stack = Stack()
    stack.run(ring)
    later = {**facts(), "image": {**facts()["image"], "offer": "0001-com-ubuntu-server-noble"}}
    with monkeypatch.context() as patched:
        patched.setattr("components.azure.cassandra_machines.facts", lambda: later)
        assert changes(stack.run(ring)) == {}
    image = (
        "/subscriptions/00000000-0000-4000-8000-00000000000f/resourceGroups/images/providers/Microsoft.Compute/images/"
    )
    found = changes(stack.run(lambda: ring(image_id=f"{image}one")))
    assert {found[f"ring-{part}-machine"] for part in PARTS} == {"replace"}
    found = changes(stack.run(lambda: ring(image_id=f"{image}two")))
    assert {found[f"ring-{part}-machine"] for part in PARTS} == {"replace"}
    assert not [name for name in found if name.endswith(("-data", "-interface"))]


def test_an_image_of_ones_own_installs_nothing():
    assert 'if [ "no" = yes ]' in boot({**BOOT, "install": "no"})
    assert 'if [ "yes" = yes ]' in boot(BOOT)


def test_people_log_in_by_entra_or_not():
    made, without = sample(), run(lambda: ring(entra_login=False))
    logins = made.of_type("azure-native:compute:VirtualMachineExtension")
    assert {login.inputs["type"] for login in logins} == {"AADSSHLoginForLinux"}
    assert len(logins) == 3
    assert kinds(made) - kinds(without) == {"azure-native:compute:VirtualMachineExtension": 3}
    assert {machine.inputs["identity"]["type"] for machine in without.of_type(MACHINE)} == {"UserAssigned"}


def test_groups_of_entra_become_administrators_of_each_machine():
    group = "6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3"
    made = run(lambda: ring(administrators=[group]))
    found = [right.inputs for right in made.of_type(RIGHT) if right.inputs["principalId"] == group]
    assert {right["scope"] for right in found} == {machine.id for machine in made.of_type(MACHINE)}
    assert {right["principalType"] for right in found} == {"Group"}
    assert all(right["roleDefinitionId"].endswith("1c0163c0-47e6-4577-8991-ea5c82e286e4") for right in found)


def test_machines_of_arm_boot_their_own_image():
    made = run(lambda: ring(size="Standard_D4ps_v6", architecture="arm64"))
    for machine in made.of_type(MACHINE):
        assert machine.inputs["storageProfile"]["imageReference"]["sku"] == "22_04-lts-arm64"
        assert "securityType" not in machine.inputs["securityProfile"]


def test_a_performance_tier_is_that_of_the_disks():
    disks = run(lambda: ring(performance_tier="P30")).of_type(DISK)
    assert {disk.inputs["tier"] for disk in disks} == {"P30"}
    assert not [disk for disk in sample().of_type(DISK) if "tier" in disk.inputs]


def test_certificates_name_their_node_and_are_signed_by_the_rings_authority():
    made = sample()
    authority = x509.load_pem_x509_certificate(made.named("ring-authority").outputs["certPem"].encode())
    for number, part in enumerate(PARTS):
        signed = made.named(f"ring-{part}-certificate").outputs["certPem"]
        certificate = x509.load_pem_x509_certificate(signed.encode())
        certificate.verify_directly_issued_by(authority)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == [f"10.0.1.{30 - number}"]


def test_the_endpoint_names_the_seeds_and_a_user_that_is_no_administrator():
    def program() -> None:
        made = ring(nodes=4)
        pulumi.export("endpoint", made.endpoint)
        pulumi.export("exporters", made.exporters)
        pulumi.export("disks", made.disk_ids)
        pulumi.export("machines", made.machine_ids)

    exports = run(program).exports
    assert exports["endpoint"]["host"] == "10.0.1.30,10.0.1.29,10.0.1.28"
    assert (exports["endpoint"]["port"], exports["endpoint"]["username"]) == (9042, "apim")
    assert exports["endpoint"]["password"] == {"secret": True}
    assert exports["exporters"] == [f"10.0.1.{host}:7070" for host in (30, 29, 28, 27)]
    assert exports["disks"].keys() == exports["machines"].keys() == {*PARTS, "1-2"}


def test_no_secret_shows_in_inputs_or_custom_data():
    made = sample()
    text = json.dumps(made.graph.to_json())
    assert "PRIVATE KEY" not in text
    for part in PARTS:
        encoded = made.named(f"ring-{part}-machine").inputs["osProfile"]["customData"]
        assert len(encoded) < LONGEST_CUSTOM_DATA
        assert "vault.azure.net/secrets/ring-shared-secret" in custom_data(made, part)
        assert "BEGIN" not in custom_data(made, part)


def test_disks_are_encrypted_with_a_key_of_ones_own_and_kept_by_protection():
    key = (
        "/subscriptions/00000000-0000-4000-8000-00000000000f/resourceGroups/keys/providers/Microsoft.Compute/"
        "diskEncryptionSets/set"
    )

    def program() -> None:
        kept = ring(
            disk_encryption_set_id=key,
            encryption_at_host=True,
            deletion_protection=True,
            backup_tags={"apim:backup": "daily"},
        )
        pulumi.export("locked", kept.locked)

    made = run(program)
    for disk in made.of_type(DISK):
        assert disk.inputs["encryption"] == {
            "type": "EncryptionAtRestWithCustomerKey",
            "diskEncryptionSetId": key,
        }
        assert disk.inputs["tags"]["apim:backup"] == "daily"
        assert disk.protect is True
        assert disk.id in made.exports["locked"].values()
    for machine in made.of_type(MACHINE):
        assert machine.inputs["securityProfile"]["encryptionAtHost"] is True
        assert machine.inputs["storageProfile"]["osDisk"]["managedDisk"]["diskEncryptionSet"] == {"id": key}
        assert not machine.protect  # they are replaced


# -- what nodes are told ---------------------------------------------------------------------------------------------------------------------


def scripts(version: str) -> Mapping[str, str]:
    names = {"administrator_secret": "https://v/a", "application_secret": "https://v/b", "version": version}
    return {
        "boot": boot({**BOOT, "version": version}),
        "ready": ready("10.0.1.30", "script"),
        "keyspaces": keyspace_commands(names, ["apim"], 3, LOCATION),
    }


@pytest.mark.parametrize("shell", ["/bin/bash", "/bin/sh"])
@pytest.mark.parametrize("version", ["4.0", "4.1", "5.0"])
def test_scripts_are_shell(version: str, shell: str):
    for name, script in scripts(version).items():
        if name == "boot" and shell != "/bin/bash":
            continue  # Its first line says bash; commands are run by whichever shell the agent takes.
        checked = subprocess.run([shell, "-n"], input=script, text=True, capture_output=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")
        assert "$$" not in script


def test_a_run_command_runs_bash_whatever_shell_it_is_given_to():
    text = ready("10.0.1.30", "script").replace("for _ in", "echo \"it's $BASH\" <<<''; exit 0; for _ in")
    done = subprocess.run(["/bin/sh"], input=text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "it's /bin/bash")


class Web:
    """What a helper of a node talks to: the machine's own identity, a vault, and a container."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, bytes | None]] = []

    def __call__(self, request: urllib.request.Request, timeout: int) -> io.BytesIO:
        assert timeout > 0
        self.calls.append((request.get_method(), request.full_url, cast("bytes | None", request.data)))
        if "/metadata/identity/" in request.full_url:
            assert request.get_header("Metadata") == "true"
            assert "client_id=0c7d" in request.full_url
            return io.BytesIO(b'{"access_token": "t0k3n"}')
        assert request.get_header("Authorization") == "Bearer t0k3n"
        return io.BytesIO(b'{"value": "{\\"seeds\\": \\"10.0.1.30\\"}"}')


def helper(word: str, *arguments: str, given: bytes = b"") -> tuple[Web, str]:
    """Run a helper that boot writes, with a block of four bytes; return its calls and what it prints."""
    (script,) = re.findall(rf"<<'{word}'\n(.*?)\n{word}\n", boot(BOOT), re.DOTALL)
    web, printed = Web(), io.StringIO()
    stdin = io.TextIOWrapper(io.BytesIO(given))
    with (
        patch("urllib.request.urlopen", web),
        patch("sys.argv", [word, *arguments]),
        patch("sys.stdin", stdin),
        patch("sys.stdout", printed),
    ):
        exec(compile(script.replace("64 * 1024 * 1024", "4"), word, "exec"), {})  # noqa: S102  the script is the project's own
    return web, printed.getvalue()


def test_a_node_prints_a_secret_that_it_reads_with_its_own_identity():
    web, printed = helper("SECRET", "https://v.vault.azure.net/secrets/shared")
    assert printed == '{"seeds": "10.0.1.30"}'
    assert "resource=https%3A%2F%2Fvault.azure.net&" in web.calls[0][1]
    assert web.calls[1][:2] == ("GET", "https://v.vault.azure.net/secrets/shared?api-version=7.4")


def test_a_node_puts_a_snapshot_in_blocks_and_names_them_last():
    web, _ = helper("PUT", "https://a.blob.core.windows.net/c/ring-1-1/day.tar.gz", given=b"123456789")
    put = [(url, body) for method, url, body in web.calls if method == "PUT"]
    blocks = [base64.b64encode(b"%09d" % number).decode() for number in range(3)]
    blob = "https://a.blob.core.windows.net/c/ring-1-1/day.tar.gz"
    assert put[:3] == [
        (f"{blob}?comp=block&blockid={block}", body)
        for block, body in zip(blocks, (b"1234", b"5678", b"9"), strict=True)
    ]
    (last_url, last_body) = put[3]
    assert last_url == f"{blob}?comp=blocklist"
    assert "".join(f"<Latest>{block}</Latest>" for block in blocks) in (last_body or b"").decode()


def test_packages_are_those_of_the_series_and_are_verified():
    text = boot({**BOOT, "version": "5.0"})
    assert "signed-by=/etc/apt/keyrings/cassandra.asc] https://debian.cassandra.apache.org 50x main" in text
    assert 'openjdk-17-jre-headless "cassandra=5.0.*"' in text


def test_racks_are_zones_and_metrics_are_on_7070():
    text = boot(BOOT)
    assert f"dc={LOCATION}\nrack={LOCATION}-1\n" in text
    assert "agent.jar=7070:" in text
    assert "accepted_protocols: &id001\n  - TLSv1.2\n  - TLSv1.3\n" in text


def test_a_snapshot_is_taken_every_day():
    text = boot(BOOT)
    assert "OnCalendar=*-*-* 02:00:00 UTC" in text
    assert 'nodetool snapshot -t "daily-$name"' in text
    assert 'nodetool clearsnapshot -t "daily-$name"' in text


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"version": "3.11"}, "no series that is known: one of 4.0, 4.1, 5.0"),
    ({"nodes": 2, "replication_factor": 2}, "cannot stand in each of 3 zones"),
    ({"nodes": 13}, "a zone keeps 4 addresses"),
    ({"zones": []}, "one to 3 are allowed"),
    ({"replication_factor": 4}, "4 copies need as many nodes, there are 3"),
    ({"keyspaces": ["apim-a", "apim_a"]}, "have one name"),
    ({"subnet_cidr": "10.0.1.0/28"}, "/27 holds the nodes' addresses"),
    ({"administrators": ["g"], "entra_login": False}, "log in by Entra, which is off"),
    ({"architecture": "ppc64"}, "one of x86_64, arm64"),
]


@pytest.mark.parametrize(("options", "words"), WRONG)
def test_wrong_arguments_are_refused(options: dict[str, Any], words: str):
    with pytest.raises(pulumi.InputPropertiesError, match=words):
        run(lambda: ring(**options))
