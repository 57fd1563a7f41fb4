"""A rehearsal on Azure loads nothing of AWS, and none of the SDK's modules in the process of the twins."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from apim_infra.rehearsal import lifecycle, schedule
from azure_cases.case import Scene
from azure_cases.given import CLUSTER, NETWORK, POOL, STORAGE, SUBNET, VAULT
scene = Scene()
for step in (NETWORK, SUBNET, CLUSTER, POOL, STORAGE, VAULT):
    scene.create(step)
print(*sorted(name for name in sys.modules if name.startswith(("apim_infra.rehearsal.twins.aws", "pulumi_aws", "pulumi_azure_native", "pulumi."))))
"""


def test_nothing_of_aws_and_none_of_the_sdk_is_loaded() -> None:
    here = Path(__file__).parent
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=here.parents[1],
        env={"PYTHONPATH": f"{here}:{here.parents[1]}", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    loaded = ended.stdout.split()
    assert [name for name in loaded if "aws" in name] == []
    assert [name for name in loaded if name.startswith("pulumi_azure_native.")] == []
