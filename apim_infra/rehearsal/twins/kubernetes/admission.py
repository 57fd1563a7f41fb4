"""Pod Security admission: what a namespace's `pod-security.kubernetes.io/enforce` level forbids its pods.

Source of the rules: Pod Security Standards, Kubernetes documentation of 1.35 (controls and their restricted fields).
"""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.kubernetes.data import load
from apim_infra.rehearsal.twins.kubernetes.objects import Located, Object, containers, items, part

ENFORCE = "pod-security.kubernetes.io/enforce"
WARN = "pod-security.kubernetes.io/warn"
_SOURCE = "Pod Security Standards, Kubernetes 1.35"

Violation = tuple[str, str]
"""What is violated, and the path of the field."""


def violations(level: str, annotations: Object, spec: Located) -> Iterator[Violation]:
    """Find what in a pod specification a level of the standards forbids."""
    if level in {"baseline", "restricted"}:
        yield from _baseline_pod(spec)
        for container in containers(spec):
            yield from _baseline_container(container)
        for key, value in annotations.items():
            if key.startswith("container.apparmor.security.beta.kubernetes.io/") and value == "unconfined":
                yield f'forbidden AppArmor profile ({key}="{value}")', "metadata.annotations"
    if level == "restricted":
        yield from _restricted_pod(spec)
        for container in containers(spec):
            yield from _restricted_container(spec, container)


def refusal(level: str, what: str, found: list[Violation]) -> Problem:
    """Return the API server's refusal of pods; `what` names the workload that makes them."""
    listed = ", ".join(dict.fromkeys(text for text, _ in found))
    return Problem(
        code="Forbidden",
        message=f'{what}: pods are forbidden: violates PodSecurity "{level}:latest": {listed}',
        path=found[0][1],
        hint=f"set the fields, or lower the namespace's label {ENFORCE}",
        source=_SOURCE,
    )


def _context(of: Located) -> Located:
    return Located(f"{of.path}.securityContext", part(of.value, "securityContext"))


def _name(container: Located) -> str:
    return f'container "{container.value.get("name")}"'


def _baseline_pod(spec: Located) -> Iterator[Violation]:
    standards = load("pod_security.yaml")
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.value.get(field):
            yield f"host namespaces ({field}=true)", f"{spec.path}.{field}"
    for volume in items(spec.value, "volumes", spec.path):
        if volume.value.get("hostPath") is not None:
            yield f'hostPath volumes (volume "{volume.value.get("name")}")', volume.path
    for control in items(_context(spec).value, "sysctls", _context(spec).path):
        if control.value.get("name") not in standards["sysctls"]:
            yield f"forbidden sysctls ({control.value.get('name')})", control.path
    yield from _profiles("pod", _context(spec))


def _profiles(who: str, context: Located) -> Iterator[Violation]:
    """Find what both pods and containers may not set."""
    standards = load("pod_security.yaml")
    seccomp = part(context.value, "seccompProfile").get("type")
    if seccomp == "Unconfined":
        yield f'seccompProfile ({who} must not set securityContext.seccompProfile.type to "Unconfined")', context.path
    if part(context.value, "appArmorProfile").get("type") == "Unconfined":
        yield f"forbidden AppArmor profile ({who} must not be Unconfined)", context.path
    labels: Object = part(context.value, "seLinuxOptions")
    if labels.get("type", "") not in standards["selinux_types"] or labels.get("user") or labels.get("role"):
        yield f"seLinuxOptions ({who} set forbidden options)", f"{context.path}.seLinuxOptions"
    if part(context.value, "windowsOptions").get("hostProcess"):
        yield f"hostProcess ({who} must not set securityContext.windowsOptions.hostProcess=true)", context.path


def _baseline_container(container: Located) -> Iterator[Violation]:
    context = _context(container)
    allowed = load("pod_security.yaml")["capabilities"]
    if context.value.get("privileged"):
        yield f"privileged ({_name(container)} must not set securityContext.privileged=true)", context.path
    added = part(context.value, "capabilities").get("add") or ()
    for capability in added:
        if capability not in allowed:
            path = f"{context.path}.capabilities.add"
            yield (
                f'non-default capabilities ({_name(container)} must not include "{capability}" in securityContext.capabilities.add)',
                path,
            )
    for port in items(container.value, "ports", container.path):
        if port.value.get("hostPort"):
            yield f"hostPort ({_name(container)} uses hostPort {port.value['hostPort']})", port.path
    if context.value.get("procMount") not in {None, "Default"}:
        yield f"procMount ({_name(container)} must not set securityContext.procMount)", context.path
    yield from _profiles(_name(container), context)


def _restricted_pod(spec: Located) -> Iterator[Violation]:
    allowed = load("pod_security.yaml")["volumes"]
    for volume in items(spec.value, "volumes", spec.path):
        for kind in volume.value:
            if kind not in allowed and kind not in {"name", "hostPath"}:
                yield (
                    f'restricted volume types (volume "{volume.value.get("name")}" uses restricted volume type "{kind}")',
                    volume.path,
                )
    if _context(spec).value.get("runAsUser") == 0:
        yield "runAsUser=0 (pod must not set runAsUser=0)", f"{_context(spec).path}.runAsUser"


def _restricted_container(spec: Located, container: Located) -> Iterator[Violation]:
    pod, context, who = _context(spec).value, _context(container), _name(container)
    if context.value.get("allowPrivilegeEscalation") is not False:
        yield (
            f"allowPrivilegeEscalation != false ({who} must set securityContext.allowPrivilegeEscalation=false)",
            context.path,
        )
    capabilities: Object = part(context.value, "capabilities")
    if "ALL" not in (capabilities.get("drop") or ()):
        yield f'unrestricted capabilities ({who} must set securityContext.capabilities.drop=["ALL"])', context.path
    if set(capabilities.get("add") or ()) - {"NET_BIND_SERVICE"}:
        yield f'unrestricted capabilities ({who} may add only "NET_BIND_SERVICE")', f"{context.path}.capabilities.add"
    if not _effective(pod, context.value, "runAsNonRoot"):
        yield f"runAsNonRoot != true (pod or {who} must set securityContext.runAsNonRoot=true)", context.path
    if context.value.get("runAsUser") == 0:
        yield f"runAsUser=0 ({who} must not set runAsUser=0)", f"{context.path}.runAsUser"
    profile = part(context.value, "seccompProfile") or part(pod, "seccompProfile")
    if profile.get("type") not in {"RuntimeDefault", "Localhost"}:
        yield (
            f'seccompProfile (pod or {who} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
            context.path,
        )


def _effective(pod: Object, container: Object, field: str) -> Any:
    return pod.get(field) if container.get(field) is None else container[field]
