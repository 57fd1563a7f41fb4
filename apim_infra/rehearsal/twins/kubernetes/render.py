"""Rendering of charts by the real `helm`, where it is on the PATH."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from apim_infra.rehearsal.twins.kubernetes.data import parse

TIMEOUT_SECONDS = 120
_DOCUMENT = re.compile(r"^---\s*$", re.MULTILINE)
_TEMPLATE = re.compile(r"^# Source: (\S+)", re.MULTILINE)


class RenderError(Exception):
    """A chart that helm does not render; the message is helm's own."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One object of a rendered chart."""

    template: str
    """File of the chart that it comes from, such as `apim/templates/deployment.yaml`."""
    manifest: dict[str, Any]


def helm() -> str | None:
    """Return the path of the `helm` command, None where there is none."""
    return shutil.which("helm")


def template(
    command: str,
    folder: Path,
    name: str,
    namespace: str,
    values: Mapping[str, Any],
    *,
    version: str,
    apis: Iterable[str] = (),
    upgrade: bool = False,
    kubeconfig: Path | None = None,
) -> list[Rendered]:
    """Return the objects of a chart, definitions and hooks included, in helm's order of installation.

    `version` is the API server's (`1.35`), `apis` what else it serves (`gateway.networking.k8s.io/v1/Gateway`). The values go through a pipe, so that
    no secret of theirs is written anywhere. What templates look up is asked of the server of `kubeconfig`; without one they find nothing. Raises
    RenderError.
    """
    call = [command, "template", name, str(folder), "--namespace", namespace, "--include-crds", "--skip-tests"]
    call += ["--kube-version", f"{version}.0", "--values", "-", *(["--is-upgrade"] if upgrade else [])]
    call += ["--dry-run=server", "--kubeconfig", str(kubeconfig)] if kubeconfig is not None else []
    for api in sorted(apis):
        call += ["--api-versions", api]
    try:
        done = subprocess.run(  # noqa: S603 - the command is helm itself, and no shell reads the arguments
            call, input=json.dumps(values), capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise RenderError(f"helm template did not end within {TIMEOUT_SECONDS} s") from error
    if done.returncode:
        raise RenderError(" ".join(done.stderr.removeprefix("Error: ").split()))
    return parsed(done.stdout)


def parsed(text: str) -> list[Rendered]:
    """Return the objects of helm's output. Raises RenderError for a template that renders to no YAML."""
    found: list[Rendered] = []
    for document in _DOCUMENT.split(text):
        source = _TEMPLATE.search(document)
        try:
            manifest = parse(document)
        except yaml.YAMLError as error:
            where = source[1] if source else "a template"
            raise RenderError(f"YAML parse error on {where}: {' '.join(str(error).split())}") from error
        if manifest:
            found.append(Rendered(source[1] if source else "", manifest))
    return found
