"""Every type of resource of production fails in turn, and a deployment is interrupted.

The program's own requests are recorded once and played again for every fault: what a fault does lies in the engine's part, and in the twins.
"""

import pickle
import signal
import subprocess
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from conftest import APIM, ROOT, Apim, process_environment
from program_support import record_stack

from apim_infra.findings import has_errors
from apim_infra.rehearsal import testing
from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.deployment import Deployment, Fault
from apim_infra.rehearsal.destroy import destroy
from apim_infra.rehearsal.ending import finish
from apim_infra.rehearsal.packages import Packages, packages
from apim_infra.rehearsal.registration import Registration
from apim_infra.rehearsal.state import Operation, ResourceState, StackState
from apim_infra.rehearsal.steps import ResourceStep

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Requests:
    """What a program asks for, in its order; `fresh` makes copies, since a deployment writes into what it is given."""

    pickled: bytes

    def fresh(self) -> list[Registration]:
        return pickle.loads(self.pickled)  # noqa: S301 - pickled by this test


@pytest.fixture(scope="module")
def requests() -> Requests:
    """Return what the program of prd asks for; the engine makes default providers itself."""
    asked: list[Registration] = []

    class Recorder(Deployment):
        def register(self, registration: Registration, step: type[ResourceStep] = ResourceStep) -> ResourceState:
            if not (urns.is_provider(registration.type) and registration.name.startswith("default_")):
                asked.append(deepcopy(registration))
            return super().register(registration, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(testing, "Deployment", Recorder)
        assert record_stack("prd").errors == []
    return Requests(pickle.dumps(asked))


def deploy(
    requests: Requests, twins: Packages, before: StackState | None = None, fault: Fault | None = None
) -> Deployment:
    deployment = Deployment("prd", "apim", twins, before=before, fault=fault)
    for request in requests.fresh():
        deployment.register(request)
    finish(deployment)
    return deployment


def by_operation(deployment: Deployment) -> dict[Operation, set[str]]:
    found: dict[Operation, set[str]] = {}
    for step in deployment.steps:
        found.setdefault(step.operation, set()).add(step.urn)
    return found


def dependants(deployment: Deployment, failed: set[str]) -> set[str]:
    """Return what needs a failed resource, directly or not. A component is no request to a cloud: it neither fails nor is skipped."""
    gone = set(failed)
    for resource in deployment.recorded.values():  # in the order of their registration: needs come first
        if resource.custom and resource.needs() & gone:
            gone.add(resource.urn)
    return gone - failed


def types_of(requests: Requests) -> list[str]:
    return sorted(
        {request.type for request in requests.fresh() if request.custom and not urns.is_provider(request.type)}
    )


def test_played_requests_come_to_what_the_program_came_to(requests: Requests) -> None:
    twins = packages()
    first = deploy(requests, twins)
    assert not has_errors(first.findings)
    assert set(by_operation(first)) == {Operation.CREATE}
    assert set(by_operation(deploy(requests, twins, first.after))) == {Operation.SAME}
    assert len(types_of(requests)) >= 60


def test_every_type_can_fail_and_a_second_run_finishes(requests: Requests) -> None:
    for type_ in types_of(requests):
        twins = packages()
        fault = Fault(type_)
        first = deploy(requests, twins, fault=fault)
        _holds_the_failure(first, fault, type_)
        second = deploy(requests, twins, first.after)
        assert not has_errors(second.findings), type_
        ended = by_operation(second)
        assert set(ended) <= {Operation.SAME, Operation.CREATE, Operation.UPDATE}, type_
        missing = {urn for urn, resource in first.recorded.items() if not resource.exists}
        assert ended[Operation.CREATE] == missing, type_
        _destroyed_without_trace(twins, second.after, type_)


def test_what_is_left_of_a_failed_deployment_can_be_destroyed(requests: Requests) -> None:
    for type_ in types_of(requests):
        twins = packages()
        first = deploy(requests, twins, fault=Fault(type_))
        _destroyed_without_trace(twins, first.after, type_)


def _holds_the_failure(deployment: Deployment, fault: Fault, type_: str) -> None:
    failed = set(fault.hit)
    assert failed, type_
    assert {urns.type_of(urn) for urn in failed} == {type_}
    errors = [finding for finding in deployment.findings if finding.severity == "error"]
    assert {finding.urn for finding in errors} == failed, type_
    for finding in errors:
        assert finding.rule.startswith(f"{urns.package_of(type_)}:"), type_
        assert finding.source, type_
    ended = by_operation(deployment)
    assert ended[Operation.FAIL] == failed, type_
    skipped = ended.get(Operation.SKIP, set())
    # What needs one of several resources of a type that failed is skipped before it could fail itself.
    assert skipped == dependants(deployment, failed), type_
    assert ended[Operation.CREATE] == set(deployment.recorded) - failed - skipped, type_


def _destroyed_without_trace(twins: Packages, before: StackState, type_: str) -> None:
    deployment = Deployment("prd", "apim", twins, before=before)
    remover = destroy(deployment)
    assert not has_errors(deployment.findings), (type_, deployment.findings[:3])
    with_cluster = {*remover.deleted_with, *remover.retained}
    left = [left for twin in twins.used().values() for left in twin.leftovers() if left.urn not in with_cluster]
    assert left == [], type_


# -- by the command ------------------------------------------------------------------------------------------------------------------------


def test_the_command_names_what_failed_and_skips_what_needs_it(apim: Apim) -> None:
    ran = apim("rehearse", "dev", "--fail", "aws:rds/subnetGroup:SubnetGroup", "--json")
    assert ran.code == 1
    report = ran.json
    assert len(report["failed"]) == 3
    skipped = {urns.name_of(urn) for urn in report["skipped"]}
    assert {"apim-dev-mariadb-instance", "apim-dev-postgresql-instance", "apim-dev-apim-release"} <= skipped
    assert "apim-dev-redis-group" not in skipped
    assert {finding["urn"] for finding in report["findings"] if finding["severity"] == "error"} == set(report["failed"])
    assert report["steps"]["repeat"]["create"] == len(report["failed"]) + len(report["skipped"])
    assert "delete" in report["steps"]["destroy"]


@pytest.mark.parametrize(
    ("command", "number"),
    [
        (["rehearse", "dev", "--graph", "graph.json"], signal.SIGINT),
        (["rehearse", "dev", "--graph", "graph.json"], signal.SIGTERM),
        (["policy", "check", "dev"], signal.SIGTERM),
        (["recovery", "rebuild", "prd", "--region", "eu-west-1", "--emit", "."], signal.SIGTERM),
    ],
    ids=["rehearse-int", "rehearse-term", "policy-term", "recovery-term"],
)
def test_an_interrupted_rehearsal_ends_with_its_programs_and_writes_nothing(
    tmp_path: Path, command: list[str], number: signal.Signals
) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prd.yaml", "__main__.py"):
        (tmp_path / name).symlink_to(ROOT / name)
    before = written(tmp_path)
    process = subprocess.Popen(
        [APIM, *command],
        cwd=tmp_path,
        env=process_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        programs = list(_programs_at_work(process))
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in out + err
    assert written(tmp_path) == before
    assert [program for program in programs if program.is_running() and program.status() != psutil.STATUS_ZOMBIE] == []


def written(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)


def _programs_at_work(process: subprocess.Popen[str]) -> Iterator[psutil.Process]:
    """Wait until the command's programs run and have had some seconds of a processor: the deployment is under way."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        children = psutil.Process(process.pid).children(recursive=True)
        if children and sum(child.cpu_times().user for child in children) > 3:
            yield from children
            return
        time.sleep(0.1)
    pytest.fail("the program did not start")
