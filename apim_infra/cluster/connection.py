"""The connection to an API server: the kubeconfig's certificate, no proxy and nothing of the environment."""

import ssl
from pathlib import Path

import httpx
import yaml

TIMEOUT_SECONDS = 60.0
CONNECTIONS = 32


def connect(kubeconfig: Path) -> httpx.Client:
    """Return a client of the server that a kubeconfig of one cluster and one user names."""
    config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    context = ssl.create_default_context(cafile=cluster["certificate-authority"])
    context.load_cert_chain(user["client-certificate"], user["client-key"])
    return httpx.Client(
        base_url=cluster["server"],
        verify=context,
        trust_env=False,
        timeout=TIMEOUT_SECONDS,
        limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
    )
