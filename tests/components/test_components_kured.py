"""Kured: reboots of nodes that have patched themselves, by a signal and not by privilege."""

from typing import Any

import pulumi
import pytest
from components_kubernetes_samples import component, values

from apim_infra.platform.node_reboots import reboots
from components.kubernetes.kured import Kured


def made(**args: Any) -> Any:
    return values(component(Kured, args), "sample-release")


def test_it_signals_the_nodes_init_process_and_is_not_privileged() -> None:
    context = made()["containerSecurityContext"]
    assert made()["configuration"]["rebootMethod"] == "signal"
    assert context["privileged"] is False
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"add": ["CAP_KILL"], "drop": ["ALL"]}


def test_it_runs_on_every_node_and_reboots_one_at_a_time() -> None:
    assert made()["tolerations"] == [{"operator": "Exists"}]
    assert made()["configuration"]["concurrency"] == 1
    assert made()["resources"]["requests"] == made()["resources"]["limits"]


def test_reboots_are_at_any_time_unless_told_otherwise() -> None:
    usual = made()["configuration"]
    assert (len(usual["rebootDays"]), usual["startTime"], usual["endTime"]) == (7, "00:00", "23:59")
    asked = made(days=["sa", "su"], start="02:00", end="06:00", drain_timeout_minutes=60)["configuration"]
    assert (asked["rebootDays"], asked["startTime"], asked["endTime"]) == (["sa", "su"], "02:00", "06:00")
    assert asked["drainTimeout"] == "60m"


@pytest.mark.parametrize(
    ("args", "path"),
    [({"days": ["sat"]}, "days"), ({"start": "22:00", "end": "02:00"}, "end"), ({"start": "23:59"}, "end")],
)
def test_wrong_times_are_named(args: dict[str, Any], path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError) as caught:
        made(**args)
    assert f"{path}: " in str(caught.value)


@pytest.mark.parametrize(
    ("window", "days", "start", "end"),
    [
        ("sat:02:00-sat:06:00", ["sa"], "02:00", "06:00"),
        ("mon:22:00-tue:04:00", ["mo"], "22:00", "23:59"),
        ("sun:03:00-sun:02:00", ["su"], "03:00", "23:59"),
    ],
)
def test_a_window_past_midnight_is_used_until_then(window: str, days: list[str], start: str, end: str) -> None:
    assert reboots(window) == {"days": days, "start": start, "end": end}
