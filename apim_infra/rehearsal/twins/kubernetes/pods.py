"""What the API server checks of a pod specification beyond its schema."""

from collections.abc import Callable, Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.kubernetes.faults import duplicate, forbidden, invalid, nearest, required, unsupported
from apim_infra.rehearsal.twins.kubernetes.objects import Located, Object, containers, items, part
from apim_infra.rehearsal.twins.kubernetes.syntax import label_fault, port_name_fault, quantity, subdomain_fault

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_HOOKS = ("exec", "httpGet", "tcpSocket", "sleep")
_NATIVE = frozenset({"cpu", "memory", "ephemeral-storage"})
_RESTARTS = {"batch/Job": ("OnFailure", "Never"), "batch/CronJob": ("OnFailure", "Never")}
_ALWAYS_ONLY = frozenset({"apps/Deployment", "apps/StatefulSet", "apps/DaemonSet", "apps/ReplicaSet"})

Rule = Callable[[Located], Iterator[Problem]]


def check_pod(key: str, spec: Located, claims: frozenset[str] = frozenset()) -> Iterator[Problem]:
    """Find what is wrong in the pod specification of a workload of a kind such as `apps/Deployment`.

    `claims` are the names of a StatefulSet's claim templates, each of which is a volume too.
    """
    yield from _restart_policy(key, spec)
    yield from _containers(spec, claims)
    yield from _volumes(spec)
    yield from _scheduling(spec)
    yield from _security(spec)


def _restart_policy(key: str, spec: Located) -> Iterator[Problem]:
    policy = spec.value.get("restartPolicy")
    path = f"{spec.path}.restartPolicy"
    if key in _ALWAYS_ONLY and policy not in {None, "Always"}:
        yield unsupported(path, policy, ["Always"])
    if key in _RESTARTS and policy not in _RESTARTS[key]:
        if policy is None:
            yield required(path, f'valid values: "{_RESTARTS[key][0]}", "{_RESTARTS[key][1]}"')
        else:
            yield unsupported(path, policy, _RESTARTS[key])


def _containers(spec: Located, claims: frozenset[str]) -> Iterator[Problem]:
    names: set[str] = set()
    host_ports: set[tuple[Any, ...]] = set()
    volumes = {*claims, *(str(volume.get("name")) for volume in spec.value.get("volumes") or ())}
    for container in containers(spec):
        name = container.value.get("name")
        if name in names:
            yield duplicate(f"{container.path}.name", name)
        names.add(name)
        yield from _ports(container, host_ports, host_network=bool(spec.value.get("hostNetwork")))
        yield from _environment(container)
        yield from check_resources(Located(f"{container.path}.resources", part(container.value, "resources")))
        yield from _mounts(container, volumes)
        yield from _probes(container, initial=".initContainers[" in container.path)


def _ports(container: Located, host_ports: set[tuple[Any, ...]], *, host_network: bool) -> Iterator[Problem]:
    names: set[str] = set()
    numbers: set[tuple[Any, Any]] = set()
    for port in items(container.value, "ports", container.path):
        name, number, host = port.value.get("name"), port.value.get("containerPort"), port.value.get("hostPort")
        key = (number, port.value.get("protocol", "TCP"))
        if key in numbers:  # server-side apply, which Pulumi uses, merges ports by this key
            yield duplicate(port.path, f"containerPort={key[0]},protocol={key[1]}")
        numbers.add(key)
        if name and name in names:
            yield duplicate(f"{port.path}.name", name)
        names.add(name)
        if host:
            address = (host, port.value.get("protocol", "TCP"), port.value.get("hostIP", ""))
            if address in host_ports:
                yield duplicate(f"{port.path}.hostPort", host)
            host_ports.add(address)
            if host_network and host != number:
                yield invalid(f"{port.path}.containerPort", number, "must match `hostPort` when `hostNetwork` is true")


def _environment(container: Located) -> Iterator[Problem]:
    names: set[str] = set()
    for variable in items(container.value, "env", container.path):
        name, source = variable.value.get("name"), variable.value.get("valueFrom")
        if name in names:
            # The API server warns and keeps the last one; with server-side apply, which Pulumi uses, it refuses.
            yield duplicate(f"{variable.path}.name", name)
        names.add(name)
        if source is None:
            continue
        path = f"{variable.path}.valueFrom"
        if variable.value.get("value"):
            yield invalid(path, "", "may not be specified when `value` is not empty")
        if len(source) != 1:
            message = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
            yield invalid(path, sorted(source), message if not source else "may not have more than one field specified")
    for source in items(container.value, "envFrom", container.path):
        if len({"configMapRef", "secretRef"} & source.value.keys()) != 1:
            yield invalid(source.path, sorted(source.value), "must specify one of: `configMapRef` or `secretRef`")


def check_resources(resources: Located) -> Iterator[Problem]:
    """Check requests against limits of a container, a pod or a claim template."""
    limits: Object = part(resources.value, "limits")
    requests: Object = part(resources.value, "requests")
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, text in amounts.items():
            path = f"{resources.path}.{field}[{name}]"
            amount = quantity(text)
            if amount is not None and amount < 0:
                yield invalid(path, text, "must be greater than or equal to 0")
            if "/" not in name and name not in _NATIVE and not name.startswith("hugepages-"):
                message = "must be a standard resource for containers or a fully qualified name"
                yield invalid(path, name, message, nearest(name, _NATIVE))
    for name, text in requests.items():
        request, limit = quantity(text), quantity(limits[name]) if name in limits else None
        if request is not None and limit is not None and request > limit:
            path = f"{resources.path}.requests"
            yield invalid(path, text, f"must be less than or equal to {name} limit of {limits[name]}")


def _mounts(container: Located, volumes: set[str]) -> Iterator[Problem]:
    paths: set[str] = set()
    for mount in items(container.value, "volumeMounts", container.path):
        name, where = mount.value.get("name"), mount.value.get("mountPath")
        if name not in volumes:
            message = f'{mount.path}.name: Not found: "{name}"'
            hint = nearest(str(name), volumes) or "add a volume of this name to the pod"
            yield Problem("Invalid", message, f"{mount.path}.name", hint, "Kubernetes API validation")
        if where in paths:
            yield invalid(f"{mount.path}.mountPath", where, "must be unique")
        paths.add(where)


def _probes(container: Located, *, initial: bool) -> Iterator[Problem]:
    sidecar = container.value.get("restartPolicy") == "Always"
    names = {port.get("name") for port in container.value.get("ports") or ()} - {None}
    for kind in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.value.get(kind)
        if probe is None:
            continue
        path = f"{container.path}.{kind}"
        if initial and not sidecar:
            yield forbidden(path, "may not be set for init containers without restartPolicy=Always")
        yield from _handler(Located(path, probe), _HANDLERS, names)
        if kind != "readinessProbe" and probe.get("successThreshold") not in {None, 1}:
            yield invalid(f"{path}.successThreshold", probe["successThreshold"], "must be 1")
        if kind == "readinessProbe" and probe.get("terminationGracePeriodSeconds"):
            yield forbidden(f"{path}.terminationGracePeriodSeconds", "must not be set for readinessProbes")
    for kind in ("postStart", "preStop"):
        hook = part(container.value, "lifecycle").get(kind)
        if hook is not None:
            yield from _handler(Located(f"{container.path}.lifecycle.{kind}", hook), _HOOKS, names)


def _handler(action: Located, known: tuple[str, ...], port_names: set[Any]) -> Iterator[Problem]:
    used = [name for name in known if action.value.get(name) is not None]
    if not used:
        yield required(action.path, "must specify a handler type", f"set one of {', '.join(known)}")
    for name in used[1:]:
        yield forbidden(f"{action.path}.{name}", "may not specify more than 1 handler type", "keep one")
    for name in used:
        port, path = action.value[name].get("port"), f"{action.path}.{name}.port"
        if port is None:
            continue
        yield from port_or_name(port, path)
        if isinstance(port, str) and name in {"httpGet", "tcpSocket"} and port not in port_names:
            # Accepted by the API server; the kubelet then never finds the port and the probe fails for ever.
            message = f'{path}: probe cannot find a container port named "{port}": the container never becomes ready'
            yield Problem("Unhealthy", message, path, nearest(port, port_names), "kubelet, own knowledge")


def port_or_name(port: Any, path: str) -> Iterator[Problem]:
    """Check a port that is a number or the name of one."""
    if isinstance(port, str):
        if fault := port_name_fault(port):
            yield invalid(path, port, fault)
    elif not 1 <= port <= 65535:
        yield invalid(path, port, "must be between 1 and 65535, inclusive")


def _volumes(spec: Located) -> Iterator[Problem]:
    names: set[str] = set()
    for volume in items(spec.value, "volumes", spec.path):
        name = volume.value.get("name")
        if name in names:
            yield duplicate(f"{volume.path}.name", name)
        names.add(name)
        sources = [field for field, value in volume.value.items() if field != "name" and value is not None]
        if not sources:
            yield required(volume.path, "must specify a volume type", "set one of emptyDir, configMap, secret ...")
        for field in sources[1:]:
            yield forbidden(f"{volume.path}.{field}", "may not specify more than 1 volume type", "keep one")
        for field, reference in (("secret", "secretName"), ("persistentVolumeClaim", "claimName")):
            value = part(volume.value, field).get(reference)
            if volume.value.get(field) is not None and not value:
                yield required(f"{volume.path}.{field}.{reference}")
            elif value and (fault := subdomain_fault(value)):
                yield invalid(f"{volume.path}.{field}.{reference}", value, fault)


def _scheduling(spec: Located) -> Iterator[Problem]:
    for toleration in items(spec.value, "tolerations", spec.path):
        operator, key = toleration.value.get("operator", "Equal"), toleration.value.get("key")
        if operator == "Exists" and toleration.value.get("value"):
            yield invalid(f"{toleration.path}.operator", operator, "value must be empty when `operator` is 'Exists'")
        if not key and operator != "Exists":
            yield invalid(f"{toleration.path}.operator", operator, "operator must be Exists when `key` is empty")
        if toleration.value.get("tolerationSeconds") is not None and toleration.value.get("effect") != "NoExecute":
            yield invalid(
                f"{toleration.path}.effect",
                toleration.value.get("effect"),
                "effect must be 'NoExecute' when `tolerationSeconds` is set",
            )
    seen: set[tuple[Any, Any]] = set()
    for constraint in items(spec.value, "topologySpreadConstraints", spec.path):
        pair = (constraint.value.get("topologyKey"), constraint.value.get("whenUnsatisfiable"))
        if pair in seen:
            yield duplicate(constraint.path, f"{{{pair[0]}, {pair[1]}}}")
        seen.add(pair)
        if constraint.value.get("minDomains") is not None and pair[1] != "DoNotSchedule":
            yield invalid(
                f"{constraint.path}.minDomains",
                constraint.value["minDomains"],
                "can only use minDomains if whenUnsatisfiable=DoNotSchedule",
            )
    if spec.value.get("dnsPolicy") == "None" and not part(spec.value, "dnsConfig").get("nameservers"):
        yield required(
            f"{spec.path}.dnsConfig.nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None"
        )
    for alias in items(spec.value, "hostAliases", spec.path):
        for index, host in enumerate(alias.value.get("hostnames") or ()):
            if label_fault(host) and subdomain_fault(host):
                yield invalid(f"{alias.path}.hostnames[{index}]", host, subdomain_fault(host))


def _security(spec: Located) -> Iterator[Problem]:
    profiles = [Located(f"{spec.path}.securityContext", part(spec.value, "securityContext"))]
    for container in containers(spec):
        context: Object = part(container.value, "securityContext")
        path = f"{container.path}.securityContext"
        profiles.append(Located(path, context))
        if context.get("privileged") and context.get("allowPrivilegeEscalation") is False:
            yield invalid(path, "", "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
    for path, context in profiles:
        profile = part(context, "seccompProfile")
        local = profile.get("localhostProfile")
        if profile.get("type") == "Localhost" and not local:
            yield required(f"{path}.seccompProfile.localhostProfile", "must be set when seccomp type is Localhost")
        if profile.get("type") not in {None, "Localhost"} and local:
            yield invalid(
                f"{path}.seccompProfile.localhostProfile", local, "can only be set when seccomp type is Localhost"
            )
        # The kubelet refuses to start such a container: CreateContainerConfigError.
        if context.get("runAsNonRoot") and context.get("runAsUser") == 0:
            message = (
                f"{path}: container has runAsNonRoot and runAsUser 0: container's runAsUser breaks non-root policy"
            )
            yield Problem(
                "CreateContainerConfigError",
                message,
                f"{path}.runAsUser",
                "use a user id above 0",
                "kubelet, own knowledge",
            )
