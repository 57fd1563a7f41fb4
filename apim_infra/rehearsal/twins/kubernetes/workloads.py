"""What the API server checks of workloads and their companions (autoscalers, disruption budgets) beyond their schemas."""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.kubernetes.faults import duplicate, forbidden, invalid, required
from apim_infra.rehearsal.twins.kubernetes.objects import (
    Located,
    Object,
    items,
    labels_of,
    name_of,
    part,
    pod_spec,
    pod_template,
    selects,
)
from apim_infra.rehearsal.twins.kubernetes.pods import check_pod
from apim_infra.rehearsal.twins.kubernetes.syntax import FORMATS, quantity

_JOB_NAME_LENGTH, _CRON_JOB_NAME_LENGTH = 63, 52  # the controller adds 11 characters to a CronJob's name


def check_workload(key: str, manifest: Object) -> Iterator[Problem]:
    """Check the pod template of a workload and its selector."""
    template = pod_template(key, manifest)
    spec = pod_spec(key, manifest)
    if template is None or spec is None:
        return
    body = part(manifest, "spec")
    claims = frozenset(name_of(claim.value) for claim in items(body, "volumeClaimTemplates", "spec"))
    yield from check_pod(key, spec, claims)
    selector = body.get("selector")
    if key.startswith("apps/") and selector is not None:
        yield from _selector(selector, Located(template.path, template.value))


def _selector(selector: Object, template: Located) -> Iterator[Problem]:
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield invalid("spec.selector", {}, "empty selector is invalid for this kind", "select the template's labels")
        return
    labels = labels_of(template.value)
    if not selects(selector, labels):
        path = f"{template.path}.metadata.labels"
        message = "`selector` does not match template `labels`"
        yield invalid(path, labels, message, "give the template every label of the selector")


def check_expressions(selector: Object, path: str) -> Iterator[Problem]:
    """Check the expressions of a label selector."""
    for expression in items(selector, "matchExpressions", path):
        operator, values = expression.value.get("operator"), expression.value.get("values")
        if operator in {"In", "NotIn"} and not values:
            yield required(f"{expression.path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        if operator in {"Exists", "DoesNotExist"} and values:
            message = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            yield forbidden(f"{expression.path}.values", message)


def _share(value: Any) -> int | None:
    """Return a count or a percentage as a number that is 0 exactly when it means none."""
    if isinstance(value, int):
        return value
    return int(value[:-1]) if isinstance(value, str) and value[:-1].isdigit() and value.endswith("%") else None


def _count_or_percent(value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, str):
        yield from FORMATS["percent"](value, path)
    elif value is not None and value < 0:
        yield invalid(path, value, "must be greater than or equal to 0")


def deployment(manifest: Object) -> Iterator[Problem]:
    """Check a Deployment's strategy."""
    spec: Object = manifest["spec"]
    strategy: Object = part(spec, "strategy")
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type") == "Recreate" and rolling is not None:
        yield forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
    if rolling is not None:
        surge, unavailable = rolling.get("maxSurge", "25%"), rolling.get("maxUnavailable", "25%")
        path = "spec.strategy.rollingUpdate"
        yield from _count_or_percent(surge, f"{path}.maxSurge")
        yield from _count_or_percent(unavailable, f"{path}.maxUnavailable")
        if _share(surge) == 0 and _share(unavailable) == 0:
            yield invalid(f"{path}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0", "let one be 1")
        if (_share(unavailable) or 0) > 100 and isinstance(unavailable, str):
            yield invalid(f"{path}.maxUnavailable", unavailable, "must not be greater than 100%")
    if spec.get("progressDeadlineSeconds", 600) <= spec.get("minReadySeconds", 0):
        yield invalid(
            "spec.progressDeadlineSeconds", spec.get("progressDeadlineSeconds"), "must be greater than minReadySeconds"
        )


def stateful_set(manifest: Object) -> Iterator[Problem]:
    """Check a StatefulSet's claim templates."""
    spec: Object = manifest["spec"]
    names: set[str] = set()
    for claim in items(spec, "volumeClaimTemplates", "spec"):
        name = name_of(claim.value)
        if not name:
            yield required(f"{claim.path}.metadata.name")
        if name in names:
            yield duplicate(f"{claim.path}.metadata.name", name)
        names.add(name)
        yield from claim_spec(Located(f"{claim.path}.spec", part(claim.value, "spec")))
    update: Object = part(spec, "updateStrategy")
    if update.get("type") == "OnDelete" and update.get("rollingUpdate") is not None:
        yield invalid("spec.updateStrategy.rollingUpdate", "", "only allowed for updateStrategy 'RollingUpdate'")


def claim_spec(spec: Located) -> Iterator[Problem]:
    """Check the specification of a PersistentVolumeClaim."""
    requests: Object = part(spec.value, "resources", "requests")
    storage = quantity(requests["storage"]) if "storage" in requests else None
    if "storage" not in requests:
        yield required(f"{spec.path}.resources[storage]")
    elif storage is not None and storage <= 0:
        yield invalid(f"{spec.path}.resources[storage]", requests["storage"], "must be greater than zero")
    modes = spec.value.get("accessModes") or ()
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        yield forbidden(f"{spec.path}.accessModes", "may not use ReadWriteOncePod with other access modes")


def claim(manifest: Object) -> Iterator[Problem]:
    """Check a PersistentVolumeClaim."""
    yield from claim_spec(Located("spec", manifest["spec"]))


def job(manifest: Object) -> Iterator[Problem]:
    """Check a Job."""
    yield from _job_spec(Located("spec", manifest["spec"]))
    if len(name_of(manifest)) > _JOB_NAME_LENGTH:
        yield invalid("metadata.name", name_of(manifest), f"must be no more than {_JOB_NAME_LENGTH} characters")


def _job_spec(spec: Located) -> Iterator[Problem]:
    if spec.value.get("selector") is not None and not spec.value.get("manualSelector"):
        yield invalid(
            f"{spec.path}.selector", spec.value["selector"], "`selector` will be auto-generated", "leave it out"
        )
    if spec.value.get("completionMode") == "Indexed" and spec.value.get("completions") is None:
        yield required(f"{spec.path}.completions", "when completion mode is Indexed")


def cron_job(manifest: Object) -> Iterator[Problem]:
    """Check a CronJob."""
    template: Object = part(manifest["spec"], "jobTemplate")
    yield from _job_spec(Located("spec.jobTemplate.spec", part(template, "spec")))
    if len(name_of(manifest)) > _CRON_JOB_NAME_LENGTH:
        yield invalid("metadata.name", name_of(manifest), f"must be no more than {_CRON_JOB_NAME_LENGTH} characters")


def autoscaler(manifest: Object) -> Iterator[Problem]:
    """Check a HorizontalPodAutoscaler of `autoscaling/v2`."""
    spec: Object = manifest["spec"]
    low, high = spec.get("minReplicas", 1), spec.get("maxReplicas")
    if high is not None and high < low:
        yield invalid("spec.maxReplicas", high, "must be greater than or equal to `minReplicas`", f"at least {low}")
    for metric in items(spec, "metrics", "spec"):
        yield from _metric(metric)


def _metric(metric: Located) -> Iterator[Problem]:
    kind: str = metric.value.get("type", "")
    field = kind[:1].lower() + kind[1:]
    source = metric.value.get(field)
    if source is None:
        yield required(f"{metric.path}.{field}", f"must populate information for the given metric source ({kind})")
        return
    for other in ("containerResource", "external", "object", "pods", "resource"):
        if other != field and metric.value.get(other) is not None:
            yield forbidden(f"{metric.path}.{other}", "must populate the given metric source only")
    target: Object = part(source, "target")
    wanted = {"Utilization": "averageUtilization", "AverageValue": "averageValue", "Value": "value"}
    needed = wanted.get(str(target.get("type")), "")
    if needed and target.get(needed) is None:
        yield required(f"{metric.path}.{field}.target.{needed}", f"must set {needed} for target type {target['type']}")


def disruption_budget(manifest: Object) -> Iterator[Problem]:
    """Check a PodDisruptionBudget."""
    spec: Object = part(manifest, "spec")
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    if least is not None and most is not None:
        yield invalid("spec", "", "minAvailable and maxUnavailable cannot be both set", "keep one of them")
    if least is None and most is None:
        # Accepted; it then protects nothing.
        yield Problem(
            "NothingProtected", "spec: neither minAvailable nor maxUnavailable is set", "spec", "set one", warning=True
        )
    yield from _count_or_percent(least, "spec.minAvailable")
    yield from _count_or_percent(most, "spec.maxUnavailable")
    yield from check_expressions(part(spec, "selector"), "spec.selector")


def priority_class(manifest: Object) -> Iterator[Problem]:
    """Check a PriorityClass."""
    if name_of(manifest).startswith("system-"):
        yield forbidden("metadata.name", "priority class names with 'system-' prefix are reserved for system use only")
