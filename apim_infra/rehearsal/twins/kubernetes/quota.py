"""Quota admission by arithmetic: does what a namespace holds, and is to hold, fit into its ResourceQuotas."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.kubernetes.cluster import Cluster, Stored
from apim_infra.rehearsal.twins.kubernetes.demand import COMPUTE, limit_faults
from apim_infra.rehearsal.twins.kubernetes.objects import Object, has_pods, part
from apim_infra.rehearsal.twins.kubernetes.syntax import quantity
from apim_infra.rehearsal.twins.kubernetes.usage import Demand, Usage, add, scaled

_SOURCE = "resource quotas, Kubernetes documentation of 1.35"
_BINARY = (("Ti", Decimal(1024) ** 4), ("Gi", Decimal(1024) ** 3), ("Mi", Decimal(1024) ** 2), ("Ki", Decimal(1024)))


@dataclass(frozen=True, slots=True)
class Remaining:
    """One line of a quota: how much of it is used once everything runs."""

    namespace: str
    quota: str
    resource: str
    hard: str
    used: str
    remaining: str


def written(resource: str, amount: Decimal) -> str:
    """Return an amount as Kubernetes writes it: `250m`, `3`, `512Mi`; a negative one with its sign."""
    if amount < 0:
        return f"-{written(resource, -amount)}"
    if "memory" in resource or "storage" in resource:
        for suffix, unit in _BINARY:
            if amount >= unit and amount % unit == 0:
                return f"{int(amount // unit)}{suffix}"
        return f"{int(amount)}"
    if amount == amount.to_integral_value():
        return f"{int(amount)}"
    return f"{int(amount * 1000)}m"


def _hard(quota: Stored) -> Usage:
    hard: Object = part(quota.manifest, "spec", "hard")
    return {name: amount for name, text in hard.items() if (amount := quantity(text)) is not None}


def _quotas(cluster: Cluster, namespace: str) -> Iterator[Stored]:
    """Iterate over quotas of a namespace that count everything; those with scopes are not rehearsed."""
    for quota in cluster.of("/ResourceQuota", namespace):
        spec: Object = part(quota.manifest, "spec")
        if not spec.get("scopes") and not spec.get("scopeSelector"):
            yield quota


def used(cluster: Cluster, namespace: str, besides: Stored | None = None) -> Usage:
    """Return what a namespace uses, without one object."""
    return add(
        *(
            stored.demand.steady
            for stored in cluster.all()
            if stored.namespace == namespace
            and not (besides and (stored.kind.key, stored.name) == (besides.kind.key, besides.name))
        )
    )


def admit(cluster: Cluster, stored: Stored) -> Iterator[Problem]:
    """Find why quota and limit admission refuse an object, or the pods that it makes."""
    if not stored.namespace:
        return
    yield from limit_faults(stored, cluster.of("/LimitRange", stored.namespace))
    quotas = list(_quotas(cluster, stored.namespace))
    if not quotas:
        return
    wanted = stored.demand
    taken = used(cluster, stored.namespace, besides=stored)
    for quota in quotas:
        yield from _unspecified(stored, quota, wanted)
        yield from _exceeded(stored, quota, add(wanted.steady, wanted.passing), taken)


def settle(cluster: Cluster) -> Iterator[tuple[Stored, Problem]]:
    """Find rollouts, scheduled jobs and autoscalers that do not fit beside everything else in their namespace."""
    for namespace in sorted({quota.namespace for quota in cluster.of("/ResourceQuota")}):
        quotas = list(_quotas(cluster, namespace))
        taken = used(cluster, namespace)
        for stored in cluster.all():
            if stored.namespace != namespace:
                continue
            for quota in quotas:
                for problem in _exceeded(stored, quota, stored.demand.rollout, taken):
                    yield stored, _rolling(problem)
                if stored.kind.name == "CronJob":
                    for problem in _exceeded(stored, quota, stored.demand.passing, taken):
                        yield stored, problem
        yield from _growth(cluster, namespace, quotas, taken)


def report(cluster: Cluster) -> Iterator[Remaining]:
    """Iterate over every line of every quota, with what is left of it."""
    for quota in cluster.of("/ResourceQuota"):
        taken = used(cluster, quota.namespace)
        for name, hard in _hard(quota).items():
            amount = taken.get(name, Decimal(0))
            hard_text, used_text, left = (written(name, figure) for figure in (hard, amount, hard - amount))
            yield Remaining(quota.namespace, quota.name, name, hard_text, used_text, left)


def _subject(stored: Stored) -> str:
    if has_pods(stored.kind.key) and stored.kind.name != "Pod":
        return f'{stored.kind.name} {stored.name}: pods "{stored.name}-" is forbidden'
    return f'{stored.kind.resource} "{stored.name}" is forbidden'


def _unspecified(stored: Stored, quota: Stored, wanted: Demand) -> Iterator[Problem]:
    needed = [name if "." in name else f"requests.{name}" for name in _hard(quota) if name.split(".")[-1] in COMPUTE]
    lacking = [f"{name} for: {','.join(wanted.missing[name])}" for name in needed if name in wanted.missing]
    if lacking and wanted.replica:
        yield Problem(
            "Forbidden",
            f"{_subject(stored)}: failed quota: {quota.name}: must specify {'; '.join(lacking)}",
            "spec",
            "set requests and limits on every container, init containers too, or defaults in a LimitRange",
            _SOURCE,
        )


def _exceeded(stored: Stored, quota: Stored, wanted: Usage, taken: Usage) -> Iterator[Problem]:
    hard = _hard(quota)
    over = [
        name
        for name, limit in hard.items()
        if wanted.get(name, Decimal(0)) > 0 and taken.get(name, Decimal(0)) + wanted[name] > limit
    ]
    if over:
        yield Problem(
            "Forbidden",
            f"{_subject(stored)}: exceeded quota: {quota.name}, requested: {_listed(over, wanted)}, "
            f"used: {_listed(over, taken)}, limited: {_listed(over, hard)}",
            "spec",
            "raise the quota, or ask for less",
            _SOURCE,
        )


def _listed(names: Iterable[str], usage: Usage) -> str:
    return ",".join(f"{name}={written(name, usage.get(name, Decimal(0)))}" for name in sorted(names))


def _rolling(problem: Problem) -> Problem:
    message = f"a rolling update would never go forward (maxUnavailable is 0): {problem.message}"
    hint = "leave room for one more pod in the quota, or let maxUnavailable be 1"
    return Problem(problem.code, message, problem.path, hint, problem.source)


def _growth(cluster: Cluster, namespace: str, quotas: list[Stored], taken: Usage) -> Iterator[tuple[Stored, Problem]]:
    """Find autoscalers that the quota stops before their maximum: a warning, as the platform runs."""
    for scaler in list(cluster.of("autoscaling/HorizontalPodAutoscaler", namespace)):
        spec: Object = part(scaler.manifest, "spec")
        target = _target(cluster, namespace, part(spec, "scaleTargetRef"))
        if target is None:
            continue
        wanted = target.demand
        more = scaled(wanted.replica, max(0, int(spec.get("maxReplicas", 0)) - wanted.replicas))
        for quota in quotas:
            for problem in _exceeded(target, quota, more, taken):
                message = f"HorizontalPodAutoscaler {scaler.name} cannot reach maxReplicas: {problem.message}"
                yield scaler, Problem(problem.code, message, "spec.maxReplicas", problem.hint, _SOURCE, warning=True)


def _target(cluster: Cluster, namespace: str, reference: Object) -> Stored | None:
    group = str(reference.get("apiVersion", "")).rpartition("/")[0]
    return cluster.get(f"{group}/{reference.get('kind')}", namespace, str(reference.get("name")))
