"""Stores in the cluster, for development: PostgreSQL and MariaDB by their operators, and Valkey by its own chart."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.data import load
from components.kubernetes.helm_release import helm_release, pinned, sized
from components.kubernetes.pods import (
    node_selector,
    resources,
    restricted_container,
    restricted_pod,
    scheduling,
    tolerations,
)
from components.kubernetes.store_operators import MARIADB
from components.kubernetes.store_parts import (
    STORES,
    InClusterStoreArgs,
    endpoint_at,
    owner_of,
    password_of,
    problems,
    storage_class,
    writing_container,
)
from components.outputs import Endpoint

VALKEY = "valkey"
VALKEY_USER = "default"
VALKEY_IDENTITY = 1000
"""User and group of the chart's containers."""
MARIADB_IDENTITY = 999
"""User and group of the official images of MariaDB."""


class InClusterPostgresql(pulumi.ComponentResource):
    """A PostgreSQL cluster by CloudNativePG. Children: `password`, `secret`, `cluster`."""

    endpoint: Endpoint
    """Where it is reached; `secret_id` is the name of the Kubernetes secret."""

    def __init__(self, name: str, args: InClusterStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:InClusterPostgresql", name, {}, opts)
        refuse(name, problems(args, "postgresql"))
        owner, database = owner_of(args), args.get("database", args["store"])
        self.password = password_of(name, self, opts)
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
                "storage": {"size": f"{args['storage_gib']}Gi", **storage_class(args, "storageClass")},
                "affinity": scheduling(args["placement"]),
                # A budget for a single pod would hold its node for ever.
                "enablePDB": args.get("replicas", 0) > 0,
            },
            opts=after(self, opts, self.secret),
        )
        self.endpoint = endpoint_at(
            args, f"{args['store']}-rw", 5432, user=owner, password=self.password, database=database
        )
        self.register_outputs({"endpoint": self.endpoint})


class InClusterMariadb(pulumi.ComponentResource):
    """A MariaDB primary with replicas by mariadb-operator. Children: `password`, `root_password`, `secret`, `mariadb`."""

    endpoint: Endpoint
    """Where it is reached; `secret_id` is the name of the Kubernetes secret."""

    def __init__(self, name: str, args: InClusterStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:InClusterMariadb", name, {}, opts)
        refuse(name, problems(args, "mariadb"))
        owner, database, secret = owner_of(args), args.get("database", args["store"]), f"{args['store']}-owner"
        replicas = args.get("replicas", 0)
        self.password = password_of(name, self, opts)
        self.root_password = password_of(f"{name}-root", self, opts)
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
            "storage": {"size": f"{args['storage_gib']}Gi", **storage_class(args, "storageClassName")},
            "resources": resources(args["size"]),
            "podMetadata": {"labels": args.get("labels", {})},
            # The server writes its socket and its temporary files beside its data.
            "podSecurityContext": restricted_pod(user=MARIADB_IDENTITY),
            "securityContext": _of_pod(writing_container()),
            **scheduling(args["placement"]),
        }
        if replicas:
            # One replica beside the primary is what the platform asks for: an even number of pods.
            agent = {"resources": sized(MARIADB, "agent"), "securityContext": _of_pod(restricted_container())}
            spec |= {
                "replication": {
                    "enabled": True,
                    "primary": {"autoFailover": True},
                    "agent": agent,
                    "initContainer": {"image": load(STORES)["mariadb_init"], **agent},
                },
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
        self.endpoint = endpoint_at(args, service, 3306, user=owner, password=self.password, database=database)
        self.register_outputs({"endpoint": self.endpoint})


class InClusterValkey(pulumi.ComponentResource):
    """A Valkey primary with replicas by its own chart. Children: `password`, `secret`, `release`."""

    endpoint: Endpoint
    """Where it is reached; `secret_id` is the name of the Kubernetes secret."""

    def __init__(self, name: str, args: InClusterStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:InClusterValkey", name, {}, opts)
        refuse(name, problems(args, "valkey"))
        self.password = password_of(name, self, opts)
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
        self.endpoint = endpoint_at(args, args["store"], 6379, user=VALKEY_USER, password=self.password, database="")
        self.register_outputs({"endpoint": self.endpoint})


def _of_pod(context: dict[str, Any]) -> dict[str, Any]:
    """Return a container's security context without what MariaDB's kind takes of the pod alone."""
    return {key: value for key, value in context.items() if key != "seccompProfile"}


def _valkey(args: InClusterStoreArgs) -> dict[str, Any]:
    volume = f"{args['storage_gib']}Gi"
    replicas = args.get("replicas", 0)
    storage: dict[str, Any] = {
        "dataStorage": {"enabled": True, "requestedSize": volume, **storage_class(args, "className")}
    }
    if replicas:
        storage = {
            "replica": {
                "enabled": True,
                "replicas": replicas,
                "replicationUser": VALKEY_USER,
                "persistence": {"size": volume, **storage_class(args, "storageClass")},
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
        "podSecurityContext": restricted_pod(user=VALKEY_IDENTITY),
        "securityContext": restricted_container(),
        # One pod and its volume move together: the new one waits until the old one has let go.
        "deploymentStrategy": "Recreate",
        "podLabels": args.get("labels", {}),
        "nodeSelector": node_selector(args["placement"]),
        "tolerations": tolerations(args["placement"]),
        **storage,
    }
