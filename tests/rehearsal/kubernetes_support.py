"""A small world for tests of the Kubernetes twin: a cluster with a namespace, and short ways to ask for things."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from apim_infra.rehearsal.provider import Created, Instance, Problem, RejectedError, Request
from apim_infra.rehearsal.twins.kubernetes.twin import KubernetesTwin

KUBECONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://ABC.gr7.eu-central-1.eks.amazonaws.com"}}]
users: [{name: u, user: {}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
"""
PROVIDER = Instance(urn="urn:pulumi:t::t::pulumi:providers:kubernetes::k", id="1", inputs={"kubeconfig": KUBECONFIG})

NAMESPACE = "{apiVersion: v1, kind: Namespace, metadata: {name: apim}}"
RESTRICTED = """
{apiVersion: v1, kind: Namespace, metadata: {name: apim, labels: {pod-security.kubernetes.io/enforce: restricted}}}
"""
SECRET = "{apiVersion: v1, kind: Secret, metadata: {name: database, namespace: apim}, stringData: {password: geheim}}"
CONFIG = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: apim}, data: {mode: a}}"
ACCOUNT = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: control, namespace: apim}}"
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: control, namespace: apim, labels: {app: control}}
spec:
  replicas: 2
  selector: {matchLabels: {app: control}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  template:
    metadata: {labels: {app: control}}
    spec:
      serviceAccountName: control
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: control
          image: registry.example.com/apim/control:1.2.3@sha256:5555555555555555555555555555555555555555555555555555555555555555
          ports: [{name: http, containerPort: 8080}, {name: status, containerPort: 8100}]
          env:
            - {name: MODE, valueFrom: {configMapKeyRef: {name: settings, key: mode}}}
            - {name: PASSWORD, valueFrom: {secretKeyRef: {name: database, key: password}}}
          resources: {requests: {cpu: 250m, memory: 256Mi}, limits: {cpu: "1", memory: 512Mi}}
          securityContext:
            {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
          startupProbe: {httpGet: {path: /status, port: status}, failureThreshold: 30}
          readinessProbe: {httpGet: {path: /status, port: status}}
          livenessProbe: {httpGet: {path: /status, port: status}}
          volumeMounts: [{name: work, mountPath: /work}, {name: settings, mountPath: /etc/apim, readOnly: true}]
      volumes: [{name: work, emptyDir: {}}, {name: settings, configMap: {name: settings}}]
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: {matchLabels: {app: control}}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: control, namespace: apim}
spec: {selector: {app: control}, ports: [{name: http, port: 80, targetPort: http}]}
"""
COMPANIONS = (CONFIG, SECRET, ACCOUNT)


def manifest(text: str) -> dict[str, Any]:
    """Return the object that a YAML text stands for."""
    return yaml.safe_load(text)


def changed(text: str, *changes: tuple[str, Any]) -> dict[str, Any]:
    """Return an object with fields set, or removed where the value is None: `spec.containers.0.name`."""
    result = manifest(text)
    for path, value in changes:
        *way, last = [int(step) if step.isdigit() else step for step in path.split("/")]
        target: Any = result
        for step in way:
            if isinstance(target, dict) and step not in target:
                target[step] = {}
            target = target[step]
        if value is None:
            del target[last]
        elif isinstance(target, list) and last == len(target):
            target.append(value)
        else:
            target[last] = copy.deepcopy(value)
    return result


def token_of(found: Mapping[str, Any]) -> str:
    """Return the type token of an object."""
    api = str(found["apiVersion"])
    return f"kubernetes:{api if '/' in api else 'core/' + api}:{found['kind']}"


@dataclass
class World:
    """A twin with one cluster."""

    twin: KubernetesTwin = field(default_factory=KubernetesTwin)
    provider: Instance = PROVIDER
    made: list[Created] = field(default_factory=list)

    def request(self, type_: str, inputs: Mapping[str, Any], **more: Any) -> Request:
        meta = inputs.get("metadata") or {}
        name = more.pop("name", None) or meta.get("name") or inputs.get("name") or "thing"
        return Request(
            urn=f"urn:pulumi:t::t::{type_}::{name}",
            type=type_,
            name=name,
            inputs=inputs,
            provider=self.provider,
            **more,
        )

    def create(self, found: str | Mapping[str, Any], type_: str = "", **more: Any) -> Created:
        """Check and create one object; raises RejectedError from either."""
        inputs = manifest(found) if isinstance(found, str) else dict(found)
        type_ = type_ or token_of(inputs)
        checked = self.twin.check(self.request(type_, inputs, **more))
        if any(not problem.warning for problem in checked.problems):
            raise RejectedError(checked.problems)
        created = self.twin.create(self.request(type_, checked.inputs, **more))
        self.made.append(created)
        return created

    def populate(self, *found: str | Mapping[str, Any]) -> "World":
        for one in found:
            self.create(one)
        return self

    def refusal(self, found: str | Mapping[str, Any], **more: Any) -> tuple[Problem, ...]:
        """Return why an object is refused, nothing when it is accepted."""
        try:
            self.create(found, **more)
        except RejectedError as error:
            return error.problems
        return ()

    def settled(self) -> list[Problem]:
        return [problem for found in self.twin.settle() for problem in found.problems]

    def doubts(self) -> list[str]:
        return [text for found in self.twin.settle() for text in found.not_verified]


def platform(namespace: str = NAMESPACE) -> World:
    """Return a world with a namespace and what the Deployment needs."""
    return World().populate(namespace, *COMPANIONS)
