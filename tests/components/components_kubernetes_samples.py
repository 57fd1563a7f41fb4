"""What the tests of the Kubernetes components share: how they are recorded, and one sample of each component's arguments."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pulumi
from echo_twin import Echo

from apim_infra.rehearsal.testing import Recording, record
from apim_infra.rehearsal.twins.random import RandomTwin

SECRET = {"secret": True}
PASSWORD = "correct-horse-battery-staple"
PLACEMENT: Any = {
    "pool": "management",
    "taints": [{"key": "apim.io/pool", "value": "management", "effect": "NoSchedule"}],
}


def recorded(program: Callable[[], Any], echo: Echo | None = None) -> Recording:
    """Record a program against twins that take everything."""
    recording = record(program, providers={"kubernetes": echo or Echo(), "random": RandomTwin(0)})
    assert not recording.findings
    return recording


def component(kind: Callable[..., Any], args: Any, **changes: Any) -> Recording:
    """Record one component of a sample with changes; a change to None leaves the argument out."""
    merged = {key: value for key, value in {**deepcopy(args), **changes}.items() if value is not None}
    return recorded(lambda: kind("sample", merged))


def unwrapped(kind: Callable[..., Any], args: Any) -> dict[str, Any]:
    """Return what a component asks of the provider, by resource name, with secrets in clear."""
    echo = Echo()
    recorded(lambda: kind("sample", deepcopy(args)), echo)
    return echo.asked


def secret(value: str = PASSWORD) -> pulumi.Output[str]:
    """Return a secret output; to be called inside of a program."""
    return pulumi.Output.secret(value)


def spec(recording: Recording, name: str) -> Any:
    """Return the spec of a resource."""
    return recording.named(name).inputs["spec"]


def values(recording: Recording, name: str) -> Any:
    """Return the values of a Helm release."""
    return recording.named(name).inputs["values"]


def credentials() -> Any:
    """Return credentials of a database; to be called inside of a program."""
    return {
        "host": "db.example.internal",
        "port": 5432,
        "database": "kong",
        "username": "kong",
        "password": secret(),
        "secret_id": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db",
    }


NAMESPACE: Any = {
    "namespace": "apim",
    "quota": {"cpu_millicores": 6800, "memory_mib": 9216, "storage_gib": 20, "pods": 16},
}
ROUTE: Any = {"namespace": "apim", "service": "bff", "port": 80}
INGRESS: Any = {
    "namespace": "ingress",
    "placement": PLACEMENT,
    "replicas": 2,
    "gateways": [
        {
            "name": "internal",
            "hosts": [
                {"host": "apim-admin.example.com", "certificate": "internal-tls", "routes": [ROUTE]},
                {
                    "host": "developers-admin.example.com",
                    "certificate": "internal-tls",
                    "routes": [
                        {"namespace": "apim", "service": "developer-portal-frontend", "port": 80},
                        {"path": "/api", "namespace": "apim", "service": "developer-portal-backend", "port": 80},
                    ],
                },
            ],
            "target_groups": [
                {"port": 443, "arn": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/a/1"},
                {"port": 80, "arn": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/b/2"},
            ],
        },
        {
            "name": "public",
            "hosts": [
                {
                    "host": "api.example.com",
                    "certificate": "public-tls",
                    "routes": [
                        {
                            "path": "/orders",
                            "namespace": "user-namespace",
                            "service": "gateway-default-proxy",
                            "port": 80,
                        },
                        {
                            "path": "/users",
                            "namespace": "user-namespace",
                            "service": "gateway-default-proxy",
                            "port": 80,
                        },
                    ],
                },
            ],
        },
    ],
}
CERTIFICATES: Any = {
    "namespace": "platform-system",
    "placement": PLACEMENT,
    "certificates": [{"namespace": "ingress", "secret": "internal-tls", "hosts": ["apim-admin.example.com"]}],
    "route53": {"region": "eu-central-1", "zone_id": "Z0123456789"},
    "email": "platform@example.com",
}
LOAD_BALANCER_CONTROLLER: Any = {
    "namespace": "platform-system",
    "cluster_name": "apim-dev",
    "vpc_id": "vpc-0123456789abcdef0",
    "region": "eu-central-1",
    "placement": PLACEMENT,
}
PRIVATE_CERTIFICATES: Any = {
    "authority": "apim-dev-private",
    "namespace": "platform-system",
    "certificates": [{"namespace": "ingress", "secret": "private-internal-tls", "hosts": ["api.corp.example.com"]}],
}
AUTOSCALER: Any = {
    "namespace": "platform-system",
    "cluster_name": "apim-dev",
    "region": "eu-central-1",
    "placement": PLACEMENT,
}
EXTERNAL_SECRETS: Any = {
    "namespace": "platform-system",
    "region": "eu-central-1",
    "store": "secrets-manager",
    "namespaces": ["apim", "user-namespace"],
    "placement": PLACEMENT,
}
RELOADER: Any = {
    "namespace": "platform-system",
    "namespaces": ["apim", "user-namespace"],
    "placement": PLACEMENT,
}
MONITORING: Any = {"namespace": "monitoring", "placement": PLACEMENT, "retention_days": 15, "storage_gib": 50}
AZURE_METRICS: Any = {
    "scrapes": [{"job": "gateways", "namespaces": ["gateways"], "port": 8100, "path": "/metrics"}],
}
PUSHGATEWAY: Any = {"namespace": "monitoring", "placement": PLACEMENT}
MESH: Any = {
    "namespace": "istio-system",
    "placement": PLACEMENT,
    "strict_namespaces": ["apim", "gateways"],
    "rules": [
        {"name": "ingress-to-gateway", "namespace": "gateways", "source": "ingress", "ports": ["8000"]},
        {
            "name": "gateway-to-store",
            "namespace": "gateways",
            "labels": {"apim.io/role": "redis"},
            "source": "gateways",
            "ports": ["6379"],
        },
    ],
}
LOGGING: Any = {"namespace": "logging", "placement": PLACEMENT, "retention_days": 30, "storage_gib": 100}
WORKLOADS: Any = [
    {"name": "gateway-manager", "replicas": 2, "cpu_millicores": 500, "memory_mib": 768},
    {"name": "developer-portal-backend", "replicas": 1, "cpu_millicores": 200, "memory_mib": 512, "storage_gib": 20},
]
APIM_RELEASE: Any = {
    "namespace": "apim",
    "placement": PLACEMENT,
    "image_registry": "registry.example.com/apim",
    "image_tag": "1.4.2",
    "workloads": WORKLOADS,
    "environment": {"COMPANY_DOMAIN": "example.com"},
}
GATEWAY: Any = {
    "release": "gateway-default",
    "namespace": "user-namespace",
    "placement": PLACEMENT,
    "values": {"replicaCount": 2},
}
GATEWAY_SHARES: Any = {
    "shares": [
        {
            "name": "user-namespace-tier-1",
            "namespace": namespace,
            "priority": -1,
            "description": "Gateway groups of tier 1",
            "cpu_millicores": 2500,
            "memory_mib": 5120,
            "pods": 5,
        }
        for namespace in ("user-namespace", "microservices")
    ]
}
SIDECAR: Any = {
    "name": "gateway-orders",
    "namespace": "microservices",
    "placement": PLACEMENT,
    "service": {
        "image": "registry.example.com/shop/orders:1.4.2",
        "port": 8080,
        "size": {"cpu_millicores": 250, "memory_mib": 256},
        "user": 1001,
    },
    "gateway": {
        "image": "kong:3.9.2",
        "environment": {"KONG_DATABASE": "off"},
        "configuration": {"kong.yml": "{}"},
        "ports": [{"name": "proxy", "port": 8000}, {"name": "status", "port": 8100}],
        "probes": {"liveness": "/status", "readiness": "/status/ready"},
        "probe_port": "status",
        "requests": {"cpu_millicores": 200, "memory_mib": 256},
        "limits": {"cpu_millicores": 200, "memory_mib": 256},
        "scratch": ["/kong_prefix", "/tmp"],  # noqa: S108 - a folder in the container
        "user": 1000,
    },
    "autoscaling": {"minimum": 2, "maximum": 4, "cpu_percent": 75},
    "service_port": 80,
    "metrics": True,
}
