"""Cassandra in the cluster, for development, by cass-operator."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.data import load
from components.kubernetes.job import HttpCall, digest, http_job
from components.kubernetes.pods import resources, restricted_pod, scheduling
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

CASSANDRA_IDENTITY = 999
"""User and group of the images of Cassandra's Management API."""


class InClusterCassandra(pulumi.ComponentResource):
    """Cassandra nodes by cass-operator, without TLS, whose data centre has the store's name. Children: `password`, `secret`, `datacenter`, `keyspaces`.

    Makes the keyspaces by a Job that calls the nodes' Management API, as the operator makes none. `replicas` counts the nodes beside the first.
    """

    endpoint: Endpoint
    """Where it is reached; `secret_id` is the name of the Kubernetes secret."""

    def __init__(self, name: str, args: InClusterStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:InClusterCassandra", name, {}, opts)
        refuse(name, problems(args, "cassandra"))
        owner, secret = owner_of(args), f"{args['store']}-users"
        self.password = password_of(name, self, opts)
        self.secret = k8s.core.v1.Secret(
            f"{name}-secret",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=secret, namespace=args["namespace"]),
            string_data={"username": owner, "password": self.password.result},
            opts=after(self, opts),
        )
        self.datacenter = custom_resource(
            f"{name}-datacenter",
            api_version="cassandra.datastax.com/v1beta1",
            kind="CassandraDatacenter",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=args["store"], namespace=args["namespace"]),
            spec=_cassandra(args, secret),
            opts=after(self, opts, self.secret),
        )
        service = f"{args['store']}-{args['store']}-service"
        self.keyspaces = self._keyspaces(name, args, service, opts)
        self.endpoint = endpoint_at(args, service, 9042, user=owner, password=self.password, database="")
        self.register_outputs({"endpoint": self.endpoint})

    def _keyspaces(
        self, name: str, args: InClusterStoreArgs, service: str, opts: pulumi.ResourceOptions | None
    ) -> k8s.batch.v1.Job | None:
        copies = min(args.get("replication_factor", 3), 1 + args.get("replicas", 0))
        replication = [{"dc_name": args["store"], "replication_factor": copies}]
        calls = [
            HttpCall(
                "POST",
                f"http://{service}.{args['namespace']}.svc:8080/api/v0/ops/keyspace/create",
                {"keyspace_name": keyspace, "replication_settings": replication},
            )
            for keyspace in args.get("keyspaces", ())
        ]
        if not calls:
            return None
        return http_job(
            f"{name}-keyspaces",
            f"{args['store']}-keyspaces-{digest(calls)}",
            args["namespace"],
            calls,
            args["placement"],
            labels=args.get("labels", {}),
            opts=after(self, opts, self.datacenter),
        )


def _cassandra(args: InClusterStoreArgs, secret: str) -> dict[str, Any]:
    series, heap = args["version"], f"{args['size']['memory_mib'] // 4}m"
    # From 4.1 on the operator writes the configuration in two steps.
    inits = ["server-config-init"] if series == "4.0" else ["server-config-init-base", "server-config-init"]
    version = load(STORES)["cassandra"][series]
    claim = {"accessModes": ["ReadWriteOnce"], **storage_class(args, "storageClassName")}
    return {
        "clusterName": args["store"],
        "serverType": "cassandra",
        "serverVersion": version,
        "serverImage": f"docker.io/k8ssandra/cass-management-api:{version}-ubi",
        "size": 1 + args.get("replicas", 0),
        "allowMultipleNodesPerWorker": True,
        "disableSystemLoggerSidecar": True,
        "users": [{"secretName": secret, "superuser": True}],
        "config": {
            "jvm-server-options": {"initial_heap_size": heap, "max_heap_size": heap},
            "cassandra-yaml": {"authenticator": "PasswordAuthenticator", "authorizer": "CassandraAuthorizer"},
        },
        "resources": resources(args["size"]),
        "configBuilderResources": resources({"cpu_millicores": 200, "memory_mib": 256}),
        "storageConfig": {
            "cassandraDataVolumeClaimSpec": {
                **claim,
                "resources": {"requests": {"storage": f"{args['storage_gib']}Gi"}},
            }
        },
        "additionalLabels": args.get("labels", {}),
        "podTemplateSpec": {
            "spec": {
                "securityContext": restricted_pod(user=CASSANDRA_IDENTITY),
                "initContainers": [{"name": init, "securityContext": writing_container()} for init in inits],
                "containers": [{"name": "cassandra", "securityContext": writing_container()}],
            }
        },
        **scheduling(args["placement"]),
    }
