"""Stores in the cluster, for development: PostgreSQL and MariaDB by their operators, and Valkey by its own chart."""

from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random

from components.common import after, refuse
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.data import load
from components.kubernetes.helm_release import helm_release, pinned, sized
from components.kubernetes.pods import ContainerSize, Placement, node_selector, resources, scheduling, tolerations
from components.outputs import Endpoint

STORES = "stores.yaml"
VALKEY = "valkey"
VALKEY_USER = "default"


class InClusterStoreArgs(TypedDict):
    """Inputs of a store in the cluster."""

    namespace: str
    """Namespace of the store."""
    store: str
    """Name of its objects, such as `postgresql`; unique in the namespace, at most 40 characters."""
    version: str
    """Version as the settings name it, one of `stores.yaml`."""
    placement: Placement
    """Pool on which it runs."""
    size: ContainerSize
    """Size of each of its pods."""
    storage_gib: int
    """Volume of each of its pods, in GiB."""
    storage_class: NotRequired[str]
    """Storage class of the volumes; the cluster's default one when absent."""
    replicas: NotRequired[int]
    """Pods beside the primary; 0 by default."""
    database: NotRequired[str]
    """Name of the database, which a Valkey has none of; that of the store by default."""
    username: NotRequired[str]
    """Owner of the database, which a Valkey has none of; that of the store by default."""
    labels: NotRequired[dict[str, str]]
    """Labels of its pods, by which network policies find it; none by default."""


class InClusterPostgresql(pulumi.ComponentResource):
    """A PostgreSQL cluster by CloudNativePG. Children: `password`, `secret`, `cluster`."""

    endpoint: Endpoint
    """Where it is reached; `secret_id` is the name of the Kubernetes secret."""

    def __init__(self, name: str, args: InClusterStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:InClusterPostgresql", name, {}, opts)
        refuse(name, _problems(args, "postgresql"))
        owner, database = _owner(args), args.get("database", args["store"])
        self.password = _password(name, self, opts)
        self.secret = k8s.core.v1.Secret(
            f"{name}-secret",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=f"{args['store']}-owner", namespace=args["namespace"]),
            type="kubernetes.io/basic-auth",
            string_data={"username": owner, "password": self.password.result},
            opts=after(self, opts),
        )
        self.cluster = custom_resource(
            f"{name}-cluster",
            api_version="postgresql.cnpg.io/v1",
            kind="Cluster",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=args["store"], namespace=args["namespace"]),
            spec={
                "imageName": load(STORES)["postgresql"][args["version"]],
                "instances": 1 + args.get("replicas", 0),
                "inheritedMetadata": {"labels": args.get("labels", {})},
                "bootstrap": {
                    "initdb": {"database": database, "owner": owner, "secret": {"name": f"{args['store']}-owner"}}
                },
                "resources": resources(args["size"]),
                "storage": {"size": f"{args['storage_gib']}Gi", **_class(args, "storageClass")},
                "affinity": scheduling(args["placement"]),
                # A budget for a single pod would hold its node for ever.
                "enablePDB": args.get("replicas", 0) > 0,
            },
            opts=after(self, opts, self.secret),
        )
        self.endpoint = _endpoint(
            args, f"{args['store']}-rw", 5432, user=owner, password=self.password, database=database
        )
        self.register_outputs({"endpoint": self.endpoint})


class InClusterMariadb(pulumi.ComponentResource):
    """A MariaDB primary with replicas by mariadb-operator. Children: `password`, `root_password`, `secret`, `mariadb`."""

    endpoint: Endpoint
    """Where it is reached; `secret_id` is the name of the Kubernetes secret."""

    def __init__(self, name: str, args: InClusterStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:InClusterMariadb", name, {}, opts)
        refuse(name, _problems(args, "mariadb"))
        owner, database, secret = _owner(args), args.get("database", args["store"]), f"{args['store']}-owner"
        replicas = args.get("replicas", 0)
        self.password = _password(name, self, opts)
        self.root_password = _password(f"{name}-root", self, opts)
        self.secret = k8s.core.v1.Secret(
            f"{name}-secret",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=secret, namespace=args["namespace"]),
            string_data={"password": self.password.result, "root-password": self.root_password.result},
            opts=after(self, opts),
        )
        spec: dict[str, Any] = {
            "image": load(STORES)["mariadb"][args["version"]],
            "replicas": 1 + replicas,
            "database": database,
            "username": owner,
            "passwordSecretKeyRef": {"name": secret, "key": "password", "generate": False},
            "rootPasswordSecretKeyRef": {"name": secret, "key": "root-password", "generate": False},
            "storage": {"size": f"{args['storage_gib']}Gi", **_class(args, "storageClassName")},
            "resources": resources(args["size"]),
            "podMetadata": {"labels": args.get("labels", {})},
            **scheduling(args["placement"]),
        }
        if replicas:
            # One replica beside the primary is what the platform asks for: an even number of pods.
            spec |= {
                "replication": {"enabled": True, "primary": {"autoFailover": True}},
                "replicasAllowEvenNumber": True,
            }
            spec["podDisruptionBudget"] = {"maxUnavailable": 1}
        self.mariadb = custom_resource(
            f"{name}-mariadb",
            api_version="k8s.mariadb.com/v1alpha1",
            kind="MariaDB",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=args["store"], namespace=args["namespace"]),
            spec=spec,
            opts=after(self, opts, self.secret),
        )
        service = f"{args['store']}-primary" if replicas else args["store"]
        self.endpoint = _endpoint(args, service, 3306, user=owner, password=self.password, database=database)
        self.register_outputs({"endpoint": self.endpoint})


class InClusterValkey(pulumi.ComponentResource):
    """A Valkey primary with replicas by its own chart. Children: `password`, `secret`, `release`."""

    endpoint: Endpoint
    """Where it is reached; `secret_id` is the name of the Kubernetes secret."""

    def __init__(self, name: str, args: InClusterStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:InClusterValkey", name, {}, opts)
        refuse(name, _problems(args, "valkey"))
        self.password = _password(name, self, opts)
        self.secret = k8s.core.v1.Secret(
            f"{name}-secret",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=f"{args['store']}-users", namespace=args["namespace"]),
            string_data={VALKEY_USER: self.password.result},
            opts=after(self, opts),
        )
        self.release = helm_release(
            f"{name}-release",
            args["store"],
            pinned(VALKEY),
            args["namespace"],
            _valkey(args),
            opts=after(self, opts, self.secret),
        )
        self.endpoint = _endpoint(args, args["store"], 6379, user=VALKEY_USER, password=self.password, database="")
        self.register_outputs({"endpoint": self.endpoint})


def _problems(args: InClusterStoreArgs, kind: str) -> Iterator[tuple[str, str]]:
    versions = load(STORES)[kind]
    if args["version"] not in versions:
        yield "version", f"{args['version']!r} has no image in the cluster: one of {', '.join(versions)}"
    if len(args["store"]) > 40:
        yield "store", f"{args['store']!r} is longer than 40 characters, which names made from it need"


def _owner(args: InClusterStoreArgs) -> str:
    return args.get("username", args["store"])


def _password(name: str, parent: pulumi.Resource, opts: pulumi.ResourceOptions | None) -> random.RandomPassword:
    return random.RandomPassword(f"{name}-password", length=32, special=False, opts=after(parent, opts))


def _class(args: InClusterStoreArgs, key: str) -> dict[str, str]:
    return {key: args["storage_class"]} if "storage_class" in args else {}


def _endpoint(
    args: InClusterStoreArgs, service: str, port: int, *, user: str, password: random.RandomPassword, database: str
) -> Endpoint:
    return Endpoint(
        host=pulumi.Output.from_input(f"{service}.{args['namespace']}.svc"),
        port=pulumi.Output.from_input(port),
        database=database,
        username=pulumi.Output.from_input(user),
        secret_id=pulumi.Output.from_input(f"{args['store']}-owner" if database else f"{args['store']}-users"),
        password=password.result,
    )


def _valkey(args: InClusterStoreArgs) -> dict[str, Any]:
    volume = f"{args['storage_gib']}Gi"
    replicas = args.get("replicas", 0)
    storage: dict[str, Any] = {"dataStorage": {"enabled": True, "requestedSize": volume, **_class(args, "className")}}
    if replicas:
        storage = {
            "replica": {
                "enabled": True,
                "replicas": replicas,
                "replicationUser": VALKEY_USER,
                "persistence": {"size": volume, **_class(args, "storageClass")},
            },
            "podDisruptionBudget": {"enabled": True, "maxUnavailable": 1},
        }
    return {
        "fullnameOverride": args["store"],
        "image": {"tag": load(STORES)["valkey"][args["version"]]},
        "auth": {
            "enabled": True,
            "usersExistingSecret": f"{args['store']}-users",
            "aclUsers": {VALKEY_USER: {"permissions": "~* &* +@all"}},
        },
        "resources": resources(args["size"]),
        "initResources": sized(VALKEY, "init"),
        # One pod and its volume move together: the new one waits until the old one has let go.
        "deploymentStrategy": "Recreate",
        "podLabels": args.get("labels", {}),
        "nodeSelector": node_selector(args["placement"]),
        "tolerations": tolerations(args["placement"]),
        **storage,
    }
