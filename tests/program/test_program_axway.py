"""The externally managed topology of Axway on Azure: every figure of the reference is in the graph of its example, one test an id.

Where Azure has moved on since the reference was drawn, the test says what stands in its place.
"""

import json
from collections.abc import Callable
from ipaddress import IPv4Network
from typing import Any

import pytest
from conftest import Rehearsed
from program_support import objects, of_type, one, texts

from apim_infra.rehearsal.graph import Graph, Resource
from components.azure.role_assignment import ROLES

pytestmark = pytest.mark.slow
PREFIX = "apim-axway-on-azure-"
NAMESPACE = "apim"


@pytest.fixture(scope="module")
def graph(rehearsed: Callable[[str], Rehearsed]) -> Graph:
    found = rehearsed("axway-on-azure")
    assert found.code == 0, found.report
    return found.graph


def azure(graph: Graph, type_: str) -> list[Resource]:
    return of_type(graph, f"azure-native:{type_}")


def named(graph: Graph, name: str) -> Resource:
    (found,) = [resource for resource in graph.resources if resource.name == f"{PREFIX}{name}" and resource.custom]
    return found


def rules(graph: Graph, subnet: str, direction: str) -> set[tuple[str, str, str]]:
    """Return the allowed flows of a subnet's security group: what is at the other end, protocol and port."""
    group = named(graph, f"security-{subnet}").inputs["securityRules"]
    other = "source" if direction == "Inbound" else "destination"
    return {
        (end, rule["protocol"], port)
        for rule in group
        if rule["direction"] == direction and rule["access"] == "Allow"
        for end in _several(rule, f"{other}AddressPrefix", f"{other}AddressPrefixes")
        for port in _several(rule, "destinationPortRange", "destinationPortRanges")
    }


def _several(rule: dict[str, Any], one_: str, many: str) -> list[str]:
    return [rule[one_]] if one_ in rule else rule[many]


def pods(graph: Graph) -> dict[str, Any]:
    """Return the specs of the pods of the product's programs."""
    found = objects(graph, "Deployment")
    return {
        name.partition("/")[2]: found[name].inputs["spec"]["template"]["spec"]
        for name in found
        if name.startswith(f"{NAMESPACE}/")
    }


NODES, DATA, JUMP, API_SERVER, ENTRY = (
    "10.20.0.0/23",
    "10.20.3.64/27",
    "10.20.3.128/28",
    "10.20.3.144/28",
    "10.20.2.0/24",
)


def test_it_has_at_least_60_azure_resources(graph: Graph) -> None:
    assert len([each for each in graph.custom() if each.type.startswith("azure-native:")]) >= 60


def test_x1_one_network_three_subnets_each_with_its_own_security_group(graph: Graph) -> None:
    assert len(azure(graph, "network:VirtualNetwork")) == 1
    subnets = {each.inputs["subnetName"]: each.inputs for each in azure(graph, "network:Subnet")}
    assert {name: subnets[name]["addressPrefix"] for name in ("jump", "nodes", "data")} == {
        "jump": JUMP,
        "nodes": NODES,
        "data": DATA,
    }
    assert [IPv4Network(prefix).prefixlen for prefix in (JUMP, NODES, DATA)] == [28, 23, 27]
    # Application Gateway and the Kubernetes API have subnets of their own today.
    assert set(subnets) == {"jump", "nodes", "data", "entry", "api-server"}
    groups = [inputs["networkSecurityGroup"]["id"] for inputs in subnets.values()]
    assert len(set(groups)) == len(subnets)


def test_x2_the_jump_host_reaches_what_it_administers(graph: Graph) -> None:
    assert rules(graph, "jump", "Inbound") == {("198.51.100.0/24", "Tcp", "22"), ("198.51.100.0/24", "Tcp", "3389")}
    asked = {
        (API_SERVER, "Tcp", "8001"),
        (DATA, "Tcp", "3306"),
        (DATA, "Tcp", "9042"),
        (DATA, "Tcp", "443"),
    }
    # The platform's own: the Kubernetes API itself, the machines of the ring, and packages and logins of the jump host.
    beside = {(API_SERVER, "Tcp", "443"), (DATA, "Tcp", "22"), ("Internet", "Tcp", "443")}
    assert rules(graph, "jump", "Outbound") == asked | beside


INSIDE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
PODS = "10.244.0.0/16"


def test_x3_the_nodes_reach_stores_internet_and_mail(graph: Graph) -> None:
    asked = {
        (DATA, "Tcp", "9042"),
        (DATA, "Tcp", "7070"),
        (DATA, "Tcp", "3306"),
        ("Internet", "Tcp", "443"),
        ("Internet", "Tcp", "465-587"),
    }
    # Nodes and pods among themselves, the Kubernetes API and its tunnel, private endpoints and shares, the relay of alerts, and the names by which
    # certificates are proven.
    beside = {
        *((end, "*", "*") for end in (NODES, PODS)),
        *((API_SERVER, "Tcp", port) for port in ("443", "4443")),
        *((DATA, "Tcp", port) for port in ("443", "445")),
        ("Internet", "Tcp", "587"),
        ("Internet", "Tcp", "53"),
        ("Internet", "Udp", "53"),
    }
    assert rules(graph, "nodes", "Outbound") == asked | beside
    # From the Application Gateway; administrators come by the internal load balancer, which passes their own addresses on.
    assert rules(graph, "nodes", "Inbound") == {
        (ENTRY, "Tcp", "443"),
        *((end, "Tcp", port) for end in INSIDE for port in ("443", "80")),
        *((end, "*", "*") for end in (NODES, PODS)),
        # Webhooks and logs of pods.
        *((API_SERVER, "Tcp", port) for port in ("10250", "4443", "9443")),
        ("AzureLoadBalancer", "Tcp", "30000-32767"),
    }


def test_x4_the_data_subnet_lets_in_clients_and_administrators_alone(graph: Graph) -> None:
    asked = {
        *((NODES, "Tcp", port) for port in ("9042", "3306")),
        *((JUMP, "Tcp", port) for port in ("9042", "3306", "22")),
    }
    # Exporters, private endpoints and shares for the nodes, the vault for the entry, the Kubernetes API and the ring, the registry for the jump host,
    # and the ring among itself.
    beside = {
        *((NODES, "Tcp", port) for port in ("7070", "443", "445")),
        *((end, "Tcp", "443") for end in (JUMP, ENTRY, API_SERVER, DATA)),
        (DATA, "Tcp", "7001"),
    }
    assert rules(graph, "data", "Inbound") == asked | beside
    # To the front end of the node manager; beside it the ring's own, its vault, and its packages.
    assert rules(graph, "data", "Outbound") == {
        (ENTRY, "Tcp", "443"),
        (DATA, "Tcp", "7001"),
        (DATA, "Tcp", "443"),
        ("Internet", "Tcp", "443"),
        ("Internet", "Tcp", "80"),
    }


def test_x2_to_x5_every_rule_says_why_it_is_there(graph: Graph) -> None:
    for group in azure(graph, "network:NetworkSecurityGroup"):
        assert all(rule["description"] for rule in group.inputs["securityRules"]), group.name


def test_x2_to_x5_every_security_group_ends_with_a_denial(graph: Graph) -> None:
    for group in azure(graph, "network:NetworkSecurityGroup"):
        last = {
            rule["direction"]: rule for rule in sorted(group.inputs["securityRules"], key=lambda rule: rule["priority"])
        }
        for direction in ("Inbound", "Outbound"):
            assert (last[direction]["access"], last[direction]["priority"]) == ("Deny", 4096), group.name


def test_x5_services_are_reached_by_private_endpoints_and_the_gateway_has_the_nodes_behind_it(graph: Graph) -> None:
    endpoints = {
        connection["groupIds"][0]: each.inputs["subnet"]["id"].rpartition("/")[2]
        for each in azure(graph, "network:PrivateEndpoint")
        for connection in each.inputs["privateLinkServiceConnections"]
    }
    assert endpoints == dict.fromkeys(("mysqlServer", "file", "blob", "registry", "vault"), "data")
    closed = ("storage:StorageAccount", "containerregistry:Registry", "keyvault:Vault")
    for type_ in closed:
        for each in azure(graph, type_):
            inputs = each.inputs.get("properties", each.inputs)
            if "flow-logs" not in each.name:
                assert inputs["publicNetworkAccess"].lower() == "disabled", each.name
    server = azure(graph, "dbformysql:Server")[0].inputs
    assert server["network"]["publicNetworkAccess"] == "Disabled"
    gateway = one(graph, "azure-native:network:ApplicationGateway").inputs
    addresses = [
        address["ipAddress"] for pool in gateway["backendAddressPools"] for address in pool["backendAddresses"]
    ]
    assert addresses
    assert all(IPv4Network(address).subnet_of(IPv4Network(NODES)) for address in addresses)


def test_x6_everything_is_over_three_zones(graph: Graph) -> None:
    pools = azure(graph, "containerservice:AgentPool")
    assert all(pool.inputs["availabilityZones"] == ["1", "2", "3"] for pool in pools)
    cluster = one(graph, "azure-native:containerservice:ManagedCluster").inputs
    assert cluster["agentPoolProfiles"][0]["availabilityZones"] == ["1", "2", "3"]
    assert cluster["sku"]["tier"] == "Standard"  # the tier with an agreed uptime
    assert sorted(each.inputs["zones"][0] for each in machines(graph)) == ["1", "2", "3"]
    assert named(graph, "mariadb-server").inputs["highAvailability"]["mode"] == "ZoneRedundant"
    assert one(graph, "azure-native:network:ApplicationGateway").inputs["zones"] == ["1", "2", "3"]
    assert named(graph, "files-account").inputs["sku"]["name"] == "Premium_ZRS"
    assert one(graph, "azure-native:containerregistry:Registry").inputs["zoneRedundancy"] == "Enabled"


def machines(graph: Graph) -> list[Resource]:
    return [each for each in azure(graph, "compute:VirtualMachine") if "cassandra" in each.name]


def test_x7_two_pools_with_their_machines_and_bounds(graph: Graph) -> None:
    found = {each.inputs["agentPoolName"]: each.inputs for each in azure(graph, "containerservice:AgentPool")}
    apim, infra = found["apimpool"], found["infrapool"]
    assert (apim["vmSize"], apim["enableAutoScaling"], apim["minCount"], apim["maxCount"]) == (
        "Standard_DS3_v2",
        True,
        3,
        6,
    )
    assert infra["vmSize"] == "Standard_D2_v3"
    on_apim = {name for name, pod in pods(graph).items() if pod["nodeSelector"] == {"apim.io/pool": "user"}}
    assert on_apim == {"node-manager", "api-manager", "traffic-default"}
    assert (apim["nodeLabels"], infra["nodeLabels"]) == ({"apim.io/pool": "user"}, {"apim.io/pool": "monitoring"})


def test_x8_cassandra_on_three_machines(graph: Graph) -> None:
    found = machines(graph)
    assert [each.inputs["hardwareProfile"]["vmSize"] for each in found] == ["Standard_D4s_v3"] * 3
    disks = [each for each in azure(graph, "compute:Disk") if "cassandra" in each.name]
    # A disk of 50 GB is sold as the next size, P6 of 64.
    assert [(each.inputs["diskSizeGB"], each.inputs["sku"]["name"]) for each in disks] == [(50, "Premium_LRS")] * 3
    (keyspaces,) = [
        each
        for each in azure(graph, "compute:VirtualMachineRunCommandByVirtualMachine")
        if each.name.endswith("cassandra-keyspaces")
    ]
    script = "\n".join(text for _, text in texts(keyspaces.inputs))
    for keyspace in ("default_general", "default_throttling"):
        assert keyspace in script
    assert "NetworkTopologyStrategy" in script


def test_x9_mysql_with_four_cores_and_fifty_gigabytes(graph: Graph) -> None:
    server = named(graph, "mariadb-server").inputs
    assert server["sku"] == {"name": "Standard_D4ads_v5", "tier": "GeneralPurpose"}
    assert (server["storage"]["storageSizeGB"], server["version"]) == (50, "8.4")
    settings = {
        each.inputs["configurationName"]: each.inputs["value"] for each in azure(graph, "dbformysql:Configuration")
    }
    assert (settings["require_secure_transport"], settings["tls_version"]) == ("ON", "TLSv1.2,TLSv1.3")
    assert "mariadb-endpoint" in named(graph, "mariadb-endpoint").name


def test_x10_a_premium_share_for_events(graph: Graph) -> None:
    share, account = named(graph, "files-events").inputs, named(graph, "files-account").inputs
    # 1 GB x 12 gateways + 1 GB are 13 GB; Azure sells premium shares from 100 GiB on.
    assert share["shareQuota"] == 100
    assert (account["kind"], account["sku"]["name"].split("_")[0]) == ("FileStorage", "Premium")
    (claim,) = (each for name, each in objects(graph, "PersistentVolumeClaim").items() if name == f"{NAMESPACE}/events")
    assert claim.inputs["spec"]["accessModes"] == ["ReadWriteMany"]
    mounts = pods(graph)["traffic-default"]["containers"][0]["volumeMounts"]
    assert {"name": "events", "mountPath": "/events"} in mounts


def test_x11_blob_storage_for_logs(graph: Graph) -> None:
    account = named(graph, "storage-account").inputs
    assert (account["kind"], account["sku"]["name"]) == ("StorageV2", "Standard_ZRS")
    assert named(graph, "storage-logs").inputs["containerName"] == "logs"
    actions = [rule["definition"]["actions"] for rule in named(graph, "storage-lifecycle").inputs["policy"]["rules"]]
    assert any("tierToCool" in action.get("baseBlob", {}) for action in actions)
    assert any(name.startswith("logging/fluent-bit") for name in _daemons(graph))


def _daemons(graph: Graph) -> set[str]:
    """Return what runs on every node, from charts that are not rendered by their release."""
    releases = [each for each in graph.resources if each.type == "kubernetes:helm.sh/v3:Release"]
    return {f"{each.inputs['namespace']}/{each.inputs['name']}" for each in releases}


def test_x12_an_application_gateway_without_autoscaling_and_http2(graph: Graph) -> None:
    gateway = one(graph, "azure-native:network:ApplicationGateway").inputs
    assert (gateway["sku"]["name"], gateway["sku"]["capacity"]) == ("Standard_v2", 2)
    assert (gateway.get("autoscaleConfiguration"), gateway["enableHttp2"]) == (None, False)


def test_x13_a_premium_registry_that_keeps_what_a_rollback_needs(graph: Graph) -> None:
    registry = one(graph, "azure-native:containerregistry:Registry").inputs
    assert registry["sku"]["name"] == "Premium"
    assert registry["networkRuleSet"]["defaultAction"] == "Deny"
    assert registry["policies"]["retentionPolicy"] == {"days": 30, "status": "enabled"}


def test_x14_azure_networking_with_calico_and_denial_by_default(graph: Graph) -> None:
    network = one(graph, "azure-native:containerservice:ManagedCluster").inputs["networkProfile"]
    assert (network["networkPlugin"], network["networkPolicy"]) == ("azure", "calico")
    policies = objects(graph, "NetworkPolicy")
    denial = policies[f"{NAMESPACE}/default-deny"].inputs["spec"]
    assert (denial["podSelector"], sorted(denial["policyTypes"])) == ({}, ["Egress", "Ingress"])
    assert f"{NAMESPACE}/ingress-controller-to-gateway-ingress" in policies


def test_x15_two_identities_with_the_roles_that_they_need(graph: Graph) -> None:
    cluster = one(graph, "azure-native:containerservice:ManagedCluster").inputs
    assert (cluster["enableRBAC"], cluster["aadProfile"]["enableAzureRBAC"]) == (True, True)
    assert cluster["securityProfile"]["workloadIdentity"]["enabled"] is True  # instead of pod identity
    names = {identifier: name for name, identifier in ROLES.items()}
    given: dict[str, set[str]] = {"build": set(), "run": set()}
    for each in azure(graph, "authorization:RoleAssignment"):
        who = each.name.removeprefix(PREFIX).partition("-identity")[0]
        if who in given and "identity" in each.name:
            given[who].add(names[each.inputs["roleDefinitionId"].rpartition("/")[2]])
    assert given["build"] == {"AcrPush"}
    assert given["run"] == {
        "Azure Kubernetes Service RBAC Cluster Admin",
        "Azure Kubernetes Service Cluster User Role",
        "AcrPull",
        "Network Contributor",
        "Storage Blob Data Contributor",
        "Managed Identity Operator",
    }
    network = named(graph, "run-identity-network").inputs["scope"]
    assert "/virtualNetworks/" in network


def test_x16_all_of_it_is_in_one_namespace(graph: Graph) -> None:
    assert set(pods(graph)) == {"node-manager", "api-manager", "traffic-default"}


def test_x17_sizes_and_heaps(graph: Graph) -> None:
    found: dict[str, tuple[Any, ...]] = {}
    for name, pod in pods(graph).items():
        (container,) = pod["containers"]
        heap = next(each["value"] for each in container["env"] if each["name"] == "EMT_HEAP_SIZE_MB")
        found[name] = (container["resources"]["limits"], container["resources"]["requests"], heap)
    assert found["api-manager"] == ({"cpu": "2000m", "memory": "2048Mi"}, {"cpu": "500m", "memory": "512Mi"}, "1024")
    assert found["node-manager"][0] == {"cpu": "1000m", "memory": "2048Mi"}
    assert (found["traffic-default"][0], found["traffic-default"][2]) == ({"cpu": "2000m", "memory": "2048Mi"}, "1512")


def test_x18_probes_and_the_order_of_start(graph: Graph) -> None:
    for name, pod in pods(graph).items():
        (container,) = pod["containers"]
        assert {"livenessProbe", "readinessProbe"} <= container.keys(), name
    checks = [each["name"] for each in pods(graph)["traffic-default"]["initContainers"]]
    assert checks == ["wait-for-cassandra", "wait-for-mariadb", "wait-for-node-manager"]
    (hosts,) = [
        each["value"] for each in pods(graph)["traffic-default"]["initContainers"][0]["env"] if each["name"] == "HOSTS"
    ]
    assert len(hosts.split()) == 3


def test_x19_pods_choose_their_pool_and_keep_apart(graph: Graph) -> None:
    for name, pod in pods(graph).items():
        affinity = pod["affinity"]
        (term,) = affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
        assert term["matchExpressions"] == [{"key": "agentpool", "operator": "In", "values": ["apimpool"]}], name
        (apart,) = affinity["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
        assert apart["weight"] == 100
        assert "topology.kubernetes.io/zone" in [each["topologyKey"] for each in pod["topologySpreadConstraints"]]


def test_x20_autoscaler_and_rolling_update(graph: Graph) -> None:
    scaled = objects(graph, "HorizontalPodAutoscaler")[f"{NAMESPACE}/traffic-default"].inputs["spec"]
    assert (scaled["minReplicas"], scaled["maxReplicas"]) == (3, 12)
    assert scaled["metrics"][0]["resource"]["target"]["averageUtilization"] == 75
    rolling = objects(graph, "Deployment")[f"{NAMESPACE}/traffic-default"].inputs["spec"]["strategy"]["rollingUpdate"]
    assert rolling == {"maxSurge": 1, "maxUnavailable": 0}
    # Six gateways of two cores and one more while they roll over, on machines of four cores.
    pool = named(graph, "user-nodes").inputs
    assert pool["maxCount"] * 4 >= (6 + 1) * 2


def test_x21_hosts_tls_and_affinity(graph: Graph) -> None:
    routes = [each.inputs["spec"] for each in objects(graph, "HTTPRoute").values()]
    hosts = {host for route in routes for host in route.get("hostnames", ())}
    assert hosts == {f"{label}.apim.example.com" for label in ("anm", "api-manager", "api")}
    text = json.dumps([each.inputs for each in objects(graph, "ClientTrafficPolicy").values()])
    assert '"minVersion": "1.2"' in text
    redirects = [route for route in routes if "RequestRedirect" in json.dumps(route)]
    assert redirects
    services = {
        (backend["name"], backend["port"])
        for route in routes
        for rule in route.get("rules", ())
        for backend in rule.get("backendRefs", ())
    }
    assert services == {("node-manager", 8090), ("api-manager", 8075), ("traffic-default", 8065)}
    backends = objects(graph, "BackendTLSPolicy")
    verified = {target["name"] for each in backends.values() for target in each.inputs["spec"]["targetRefs"]}
    assert verified == {"node-manager", "api-manager", "traffic-default"}
    gateway = one(graph, "azure-native:network:ApplicationGateway").inputs
    # Microsoft's policy of 2022 begins with TLS 1.2 (Application Gateway documentation, TLS policies).
    assert gateway["sslPolicy"] == {"policyType": "Predefined", "policyName": "AppGwSslPolicy20220101"}
    assert {each["protocol"] for each in gateway["backendHttpSettingsCollection"]} == {"Https"}
    sticky = {
        target["name"]
        for each in objects(graph, "BackendTrafficPolicy").values()
        if "Cookie" in json.dumps(each.inputs["spec"])
        for target in each.inputs["spec"]["targetRefs"]
    }
    assert len(sticky) == 2
    assert all("anm" in name or "api-manager" in name for name in sticky)


def test_x22_secrets_are_in_the_vault_and_in_the_cluster(graph: Graph) -> None:
    kept = {each.name.removeprefix(PREFIX) for each in azure(graph, "keyvault:Secret")}
    assert {"mariadb-secret-secret", "cassandra-application-secret", "entry-certificate-secret"} <= kept
    secrets = objects(graph, "Secret")
    assert f"{NAMESPACE}/product-stores" in secrets
    assert f"{NAMESPACE}/events-share" in secrets
    # The nodes' own identity pulls images: no login is kept anywhere.
    assert named(graph, "registry-nodes-pull").inputs["principalType"] == "ServicePrincipal"


def test_x24_metrics_logs_and_alerts(graph: Graph) -> None:
    releases = _daemons(graph)
    for part in ("prometheus", "pushgateway", "fluent-bit"):
        assert any(part in release for release in releases), part
    watched = {each.inputs["resourceUri"] for each in azure(graph, "monitor:DiagnosticSetting")}
    assert len(watched) >= 15
    assert azure(graph, "monitor:MetricAlert")


def test_x25_kured_bastion_and_mail(graph: Graph) -> None:
    assert any("kured" in release for release in _daemons(graph))
    channel = one(graph, "azure-native:containerservice:ManagedCluster").inputs["autoUpgradeProfile"]
    assert channel["nodeOSUpgradeChannel"] in ("None", "Unmanaged")
    login = named(graph, "jump-login").inputs  # who logs in is known to Microsoft Entra ID, and recorded there
    assert login["typePropertiesType" if "typePropertiesType" in login else "type"] == "AADSSHLoginForLinux"


def test_x26_backups(graph: Graph) -> None:
    assert named(graph, "mariadb-server").inputs["backup"] == {
        "backupRetentionDays": 35,
        "geoRedundantBackup": "Enabled",
    }
    files = named(graph, "recovery-files").inputs["properties"]["vaultRetentionPolicy"]["vaultRetention"]
    assert files["dailySchedule"]["retentionDuration"] == {"count": 14, "durationType": "Days"}
    redundancy = one(graph, "azure-native:recoveryservices:Vault").inputs["properties"]["redundancySettings"]
    assert redundancy["standardTierStorageRedundancy"] == "GeoRedundant"
    assert named(graph, "storage-cassandra-snapshots").inputs["containerName"] == "cassandra-snapshots"
    protected = [each.name for each in azure(graph, "dataprotection:BackupInstance")]
    assert len([name for name in protected if "cassandra" in name]) == 3


def test_x30_hardening(graph: Graph) -> None:
    for name, pod in pods(graph).items():
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        for container in (*pod["containers"], *pod["initContainers"]):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert named(graph, "mariadb-tls-version").inputs["value"] == "TLSv1.2,TLSv1.3"
    for account in azure(graph, "storage:StorageAccount"):
        assert account.inputs["minimumTlsVersion"] == "TLS1_2"
