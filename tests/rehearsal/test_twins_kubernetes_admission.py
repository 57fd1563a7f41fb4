"""Quota, limits and pod security: what a namespace refuses."""

import pytest
from kubernetes_cases import OBJECTS
from kubernetes_support import (
    DEPLOYMENT,
    RESTRICTED,
    SERVICE,
    changed,
    platform,
)

CLAIM = OBJECTS["PersistentVolumeClaim"]
LIMITS = OBJECTS["LimitRange"]
QUOTA = OBJECTS["ResourceQuota"]
SCALER = OBJECTS["HorizontalPodAutoscaler"]
STATEFUL = OBJECTS["StatefulSet"]

C = "spec/template/spec/containers/0"
P = "spec/template/spec"


def codes(world):
    return sorted(problem.code for problem in world.settled())


# -- quota ----------------------------------------------------------------------------------------------------------------------------

SMALL = changed(DEPLOYMENT, ("metadata/name", "small"), ("spec/replicas", 1))


def test_a_quota_counts_pods_and_says_what_is_left():
    world = platform().populate(QUOTA, DEPLOYMENT)
    lines = {line.resource: (line.hard, line.used, line.remaining) for line in world.twin.quotas()}
    assert lines["requests.cpu"] == ("1", "500m", "500m")
    assert lines["requests.memory"] == ("2Gi", "512Mi", "1536Mi")
    assert lines["pods"] == ("10", "2", "8")


def test_a_quota_refuses_what_does_not_fit():
    world = platform().populate(QUOTA, DEPLOYMENT)
    (problem,) = world.refusal(changed(DEPLOYMENT, ("metadata/name", "second"), ("spec/replicas", 3)))
    assert problem.code == "Forbidden"
    assert (
        "exceeded quota: compute, requested: limits.cpu=3,requests.cpu=750m, used: limits.cpu=2,requests.cpu=500m"
        in problem.message
    )
    assert world.refusal(SMALL) == ()


def test_a_rolling_update_needs_room_for_one_pod_more():
    world = platform().populate(QUOTA, DEPLOYMENT, changed(DEPLOYMENT, ("metadata/name", "second")))
    problems = world.settled()
    assert {problem.code for problem in problems} == {"Forbidden"}
    assert all("rolling update would never go forward" in problem.message for problem in problems)
    relaxed = platform().populate(QUOTA)
    for name in ("control", "second"):
        relaxed.create(
            changed(
                DEPLOYMENT,
                ("metadata/name", name),
                ("spec/strategy/rollingUpdate", {"maxSurge": 0, "maxUnavailable": 1}),
            )
        )
    assert relaxed.settled() == []


def test_a_pod_without_requests_is_refused_unless_a_limit_range_gives_them():
    bare = changed(DEPLOYMENT, (f"{C}/resources", None))
    (problem,) = platform().populate(QUOTA).refusal(bare)
    assert "failed quota: compute: must specify" in problem.message
    assert "requests.cpu for: control" in problem.message
    world = platform().populate(QUOTA, LIMITS, bare)
    assert next(line.used for line in world.twin.quotas() if line.resource == "limits.cpu") == "400m"


def test_a_limit_range_refuses_what_is_over_its_maximum():
    (problem,) = platform().populate(LIMITS).refusal(changed(DEPLOYMENT, (f"{C}/resources/limits/cpu", "3")))
    assert problem.code == "Forbidden"
    assert "maximum cpu usage per Container is 2, but limit is 3" in problem.message


def test_quotas_of_storage_and_counts():
    quota = changed(
        QUOTA, ("spec/hard", {"requests.storage": "25Gi", "services.loadbalancers": "0", "count/deployments.apps": "1"})
    )
    world = platform().populate(quota, CLAIM, DEPLOYMENT)
    assert "requested: requests.storage=30Gi, used: requests.storage=10Gi" in world.refusal(STATEFUL)[0].message
    assert world.refusal(changed(SERVICE, ("spec/type", "LoadBalancer")))[0].code == "Forbidden"
    assert "count/deployments.apps" in world.refusal(SMALL)[0].message


def test_an_autoscaler_that_the_quota_stops_is_a_warning():
    world = platform().populate(QUOTA, DEPLOYMENT, SCALER)
    (problem,) = [problem for problem in world.settled() if problem.path == "spec.maxReplicas"]
    assert problem.warning
    assert "cannot reach maxReplicas" in problem.message


# -- pod security ---------------------------------------------------------------------------------------------------------------------

UNSAFE = [
    (f"{C}/securityContext/allowPrivilegeEscalation", None, "allowPrivilegeEscalation != false"),
    (f"{C}/securityContext/capabilities", None, "unrestricted capabilities"),
    (f"{C}/securityContext/capabilities/add", ["SYS_ADMIN"], "non-default capabilities"),
    (f"{P}/securityContext/runAsNonRoot", None, "runAsNonRoot != true"),
    (f"{P}/securityContext/seccompProfile", None, "seccompProfile"),
    (f"{P}/hostNetwork", True, "host namespaces"),
    (f"{P}/volumes/0", {"name": "work", "hostPath": {"path": "/"}}, "hostPath volumes"),
    (f"{P}/volumes/0", {"name": "work", "nfs": {"server": "s", "path": "/"}}, "restricted volume types"),
    (f"{C}/ports/0/hostPort", 8080, "hostPort"),
    (f"{C}/securityContext/seLinuxOptions", {"type": "spc_t"}, "seLinuxOptions"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "words"), UNSAFE)
def test_a_restricted_namespace_refuses_unsafe_pods(path, value, words):
    unsafe = changed(DEPLOYMENT, (path, value))
    assert platform().refusal(unsafe) == ()
    (problem,) = platform(RESTRICTED).refusal(unsafe)
    assert problem.code == "Forbidden"
    assert 'violates PodSecurity "restricted:latest"' in problem.message
    assert words in problem.message


def test_a_restricted_namespace_accepts_safe_pods():
    assert platform(RESTRICTED).refusal(DEPLOYMENT) == ()
