"""Wrong requests to Azure Managed Redis."""

from azure_cases.case import Case, Step

SERVICE = "Managed Redis"
CLUSTER = Step(
    "redisenterprise:RedisEnterprise",
    "cluster",
    {
        "clusterName": "cluster-of-cases",
        "sku": {"name": "Balanced_B5"},
        "highAvailability": "Enabled",
        "minimumTlsVersion": "1.2",
        "publicNetworkAccess": "Disabled",
    },
)
DATABASE = Step(
    "redisenterprise:Database",
    "database",
    {
        "clusterName": "${cluster.name}",
        "databaseName": "default",
        "clientProtocol": "Encrypted",
        "port": 10000,
        "clusteringPolicy": "EnterpriseCluster",
        "evictionPolicy": "NoEviction",
        "accessKeysAuthentication": "Enabled",
        "persistence": {"rdbEnabled": True, "rdbFrequency": "12h"},
    },
)
POLICY = Step(
    "redisenterprise:AccessPolicyAssignment",
    "policy",
    {
        "clusterName": "${cluster.name}",
        "databaseName": "${database.name}",
        "accessPolicyAssignmentName": "kong",
        "accessPolicyName": "default",
        "user": {"objectId": "00000000-0000-4000-8000-000000000003"},
    },
)


def _cluster(wrong: str, request: Step, code: str = "BadRequest", **more: object) -> Case:
    return Case(SERVICE, wrong, request, code, **{"right": CLUSTER, **more})  # type: ignore[arg-type]  # fields of a case


def _database(wrong: str, request: Step, code: str = "BadRequest", **more: object) -> Case:
    return Case(SERVICE, wrong, request, code, **{"right": DATABASE, "given": (CLUSTER,), **more})  # type: ignore[arg-type]  # fields of a case


CASES = (
    _cluster("name with two hyphens in a row", CLUSTER.but(clusterName="apim--redis"), path="clusterName"),
    _cluster("size that there is not", CLUSTER.but(sku={"name": "Balanced_B4"}), path="sku.name"),
    _cluster("capacity of a size that has its own", CLUSTER.but(sku={"name": "Balanced_B5", "capacity": 2})),
    _cluster(
        "size of a tier that ends",
        CLUSTER.but(sku={"name": "Enterprise_E5", "capacity": 2}),
        path="sku.name",
        warning=True,
    ),
    _cluster("zones", CLUSTER.but(zones=["1", "2", "3"]), path="zones", warning=True),
    _cluster("TLS 1.1", CLUSTER.but(minimumTlsVersion="1.1"), path="minimumTlsVersion"),
    _cluster(
        "no replica any more",
        CLUSTER.but(highAvailability="Disabled"),
        "PropertyChangeNotAllowed",
        operation="update",
        given=(CLUSTER,),
    ),
    _database("database with a name of its own", DATABASE.but(databaseName="kong"), path="databaseName"),
    _database(
        "second database",
        Step(DATABASE.token, "second", {**DATABASE.inputs, "databaseName": "second"}),
        given=(CLUSTER, DATABASE),
        right=CLUSTER.but(clusterName="another"),
    ),
    _database("port of open Redis", DATABASE.but(port=6379), path="port"),
    _database(
        "no clusters on a large store",
        DATABASE.but(clusteringPolicy="NoCluster"),
        given=(CLUSTER.but(sku={"name": "Balanced_B50"}),),
        path="clusteringPolicy",
    ),
    _database(
        "two kinds of persistence",
        DATABASE.but(persistence={"rdbEnabled": True, "rdbFrequency": "1h", "aofEnabled": True, "aofFrequency": "1s"}),
        path="persistence",
    ),
    _database("snapshots without a frequency", DATABASE.but(persistence={"rdbEnabled": True})),
    _database(
        "snapshots of a geo-replicated database",
        DATABASE.but(geoReplication={"groupNickname": "apim"}),
        path="persistence",
    ),
    _database(
        "search that forgets",
        DATABASE.but(modules=[{"name": "RediSearch"}], evictionPolicy="AllKeysLRU"),
        right=DATABASE.but(modules=[{"name": "RediSearch"}]),
        path="modules",
    ),
    _database("policy of one's own", POLICY.but(accessPolicyName="reader"), given=(CLUSTER, DATABASE), right=POLICY),
)
