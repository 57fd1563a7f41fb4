"""The chart of the control plane: its values schema, and with helm on the path what it renders."""

import json
import shutil
import subprocess
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from components_kubernetes_samples import APIM_RELEASE, component, values
from jsonschema import Draft7Validator

from apim_infra.sizing.table import sizing_table
from components.kubernetes.apim_release import CHART, ApimRelease

KUBERNETES = "1.36.0"
EXAMPLE = yaml.safe_load((CHART / "ci" / "example-values.yaml").read_text("utf-8"))
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
HELM = shutil.which("helm")
needs_helm = pytest.mark.skipif(HELM is None, reason="helm is not on the path: what the chart renders is not verified")


def merged(base: Any, over: Any) -> Any:
    """Values over values, as Helm merges them."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return deepcopy(over)
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}


def violations(change: Any) -> list[str]:
    return [error.message for error in Draft7Validator(SCHEMA).iter_errors(merged(merged(DEFAULTS, EXAMPLE), change))]


def test_the_schema_is_one_and_closed_at_every_depth():
    Draft7Validator.check_schema(SCHEMA)

    def closed(schema: Any) -> None:
        if isinstance(schema, dict):
            if "properties" in schema and schema.get("type") == "object":
                assert schema.get("additionalProperties") is False, schema
            for item in schema.values():
                closed(item)
        elif isinstance(schema, list):
            for item in schema:
                closed(item)

    closed(SCHEMA)


def test_the_example_is_clean_and_the_defaults_alone_are_not():
    assert violations({}) == []
    missing = [error.message for error in Draft7Validator(SCHEMA).iter_errors(DEFAULTS)]
    assert missing == ["'registry' is a required property", "'tag' is a required property"]


@pytest.mark.parametrize(
    "change",
    [
        {"unknown": 1},
        {"image": {"tag": "latest"}},
        {"image": {"tag": ""}},
        {"image": {"tag": "1.0 beta"}},
        {"image": {"registry": ""}},
        {"image": {"registry": "Registry/UPPER"}},
        {"image": {"pullPolicy": "Sometimes"}},
        {"namePrefix": "Upper-"},
        {"runAsUser": 0},
        {"environment": {"DB_PASSWORD": "x"}},
        {"environment": {"lower": "x"}},
        {"environment": {"COUNT": 1}},
        {"tolerations": [{"key": "a", "operator": "Equals"}]},
        {"workloads": {"Upper": {"replicas": 1, "resources": {"cpu": "1", "memory": "1Gi"}}}},
        {"workloads": {"bff": {"replicas": 0}}},
        {"workloads": {"bff": {"unknown": True}}},
        {"workloads": {"bff": {"resources": {"cpu": "0"}}}},
        {"workloads": {"bff": {"resources": {"memory": "512"}}}},
        {"workloads": {"bff": {"resources": {"requests": {"cpu": "1"}}}}},
        {"workloads": {"bff": {"image": {"tag": "latest"}}}},
        {"workloads": {"bff": {"image": {"digest": "sha256:short"}}}},
        {"workloads": {"bff": {"port": 80}}},
        {"workloads": {"bff": {"probes": {"livenessPath": "health"}}}},
        {"workloads": {"bff": {"writablePaths": ["tmp"]}}},
        {"workloads": {"bff": {"storage": {"sizeGi": -1}}}},
        {"workloads": {"bff": {"storage": {"sizeGi": 1, "accessMode": "ReadOnlyMany"}}}},
        {"workloads": {"bff": {"storage": {"mountPath": "/data"}}}},
        {"workloads": {"bff": {"autoscaling": {"enabled": True}}}},
        {"workloads": {"bff": {"autoscaling": {"enabled": True, "maxReplicas": 4, "cpuPercent": 100}}}},
        {"workloads": {"bff": {"secretRefs": ["Upper"]}}},
        {"workloads": {"new": {"replicas": 1}}},
    ],
    ids=json.dumps,
)
def test_the_schema_refuses(change: Any):
    assert violations(change)


@pytest.mark.parametrize(
    "change",
    [
        {"namePrefix": "public-"},
        {"environment": {"LOG_LEVEL": "debug"}},
        {"workloads": {"bff": {"enabled": False}}},
        {"workloads": {"bff": {"resources": {"cpu": "2", "memory": "1Gi"}}}},
        {"workloads": {"bff": {"autoscaling": {"enabled": False}}}},
        {"workloads": {"own-service": {"replicas": 1, "resources": {"cpu": "1", "memory": "1Gi"}}}},
    ],
    ids=json.dumps,
)
def test_the_schema_takes(change: Any):
    assert violations(change) == []


def test_the_defaults_are_the_sizing_table():
    table = {
        row.name: (f"{row.cpu_millicores}m", f"{row.memory_mib}Mi", row.storage_gb)
        for row in sizing_table().workloads
        if row.kind == "Deployment"
    }
    rows = {
        name: (row["resources"]["cpu"], row["resources"]["memory"], row.get("storage", {}).get("sizeGi", 0))
        for name, row in DEFAULTS["workloads"].items()
    }
    assert rows == table


def rendered(change: Any, folder: Path) -> list[dict[str, Any]]:
    """The objects that helm renders from the example with changes."""
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(merged(EXAMPLE, change)), "utf-8")
    command = [
        str(HELM),
        "template",
        "apim",
        str(CHART),
        "--namespace",
        "apim",
        "--kube-version",
        KUBERNETES,
        "--values",
        str(file),
    ]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [document for document in yaml.safe_load_all(output) if document]


def by_kind(objects: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return {each["metadata"]["name"]: each for each in objects if each["kind"] == kind}


CHANGES: dict[str, Any] = {
    "example": {},
    "prefix": {"namePrefix": "public-"},
    "shared volume": {
        "workloads": {
            "developer-portal-backend": {
                "replicas": 2,
                "storage": {"sizeGi": 20, "accessMode": "ReadWriteMany", "storageClass": "efs"},
            }
        }
    },
    "all options": {
        "storageClass": "gp3",
        "priorityClassName": "platform",
        "workloads": {
            "bff": {
                "replicas": 3,
                "port": 9000,
                "podAnnotations": {"a": "b"},
                "storage": {"sizeGi": 5, "mountPath": "/cache"},
                "autoscaling": {"enabled": True, "maxReplicas": 6, "cpuPercent": 60},
                "writablePaths": ["/var/run"],
            }
        },
    },
}


@needs_helm
@pytest.mark.parametrize("name", CHANGES)
def test_what_is_rendered_is_valid_kubernetes(name: str, tmp_path: Path):
    import kubernetes_validate

    objects = rendered(CHANGES[name], tmp_path)
    assert objects
    for each in objects:
        kubernetes_validate.validate(each, KUBERNETES, strict=True)
    broken = deepcopy(by_kind(objects, "Deployment").popitem()[1])
    broken["spec"]["template"]["spec"]["containers"][0]["misspelt"] = 1
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, KUBERNETES, strict=True)


@needs_helm
@pytest.mark.parametrize("name", CHANGES)
def test_every_pod_is_restricted_sized_probed_and_placed(name: str, tmp_path: Path):
    for deployment in by_kind(rendered(CHANGES[name], tmp_path), "Deployment").values():
        pod = deployment["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["requests"] == container["resources"]["limits"]
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()
        assert {mount["mountPath"] for mount in container["volumeMounts"]} >= {"/tmp"}  # noqa: S108 - a mount, no file of ours
        assert pod["nodeSelector"] == {"apim.io/pool": "management"}
        # Pods that share a volume stay on its node, which need not have room for one more.
        together = "podAffinity" in pod.get("affinity", {})
        rolls = {"maxSurge": 0, "maxUnavailable": 1} if together else {"maxSurge": 1, "maxUnavailable": 0}
        assert deployment["spec"]["strategy"]["rollingUpdate"] == rolls
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()


@needs_helm
def test_each_workload_has_its_objects_and_references_meet(tmp_path: Path):
    objects = rendered({}, tmp_path)
    names = DEFAULTS["workloads"].keys()
    for kind in ("Deployment", "Service", "ServiceAccount", "ConfigMap"):
        assert by_kind(objects, kind).keys() == names
    for name, deployment in by_kind(objects, "Deployment").items():
        pod = deployment["spec"]["template"]["spec"]
        service = by_kind(objects, "Service")[name]["spec"]
        assert service["type"] == "ClusterIP"
        assert service["selector"] == deployment["spec"]["selector"]["matchLabels"]
        assert service["ports"][0]["targetPort"] in [port["name"] for port in pod["containers"][0]["ports"]]
        assert pod["serviceAccountName"] == name
    assert not {"Secret", "Ingress", "Role", "ClusterRole"} & {each["kind"] for each in objects}
    assert {each["metadata"]["namespace"] for each in objects} == {"apim"}


@needs_helm
def test_replicas_decide_on_budgets_and_autoscalers(tmp_path: Path):
    objects = rendered({}, tmp_path)
    assert by_kind(objects, "PodDisruptionBudget").keys() == {"gateway-manager"}
    # A budget would keep the last pod of a shared volume on a node that is drained, and the others could not start elsewhere.
    portal = {"workloads": {"developer-portal-backend": {"replicas": 2}}}
    assert by_kind(rendered(portal, tmp_path), "PodDisruptionBudget").keys() == {"gateway-manager"}
    shared = by_kind(rendered(CHANGES["shared volume"], tmp_path), "PodDisruptionBudget")
    assert shared.keys() == {"gateway-manager", "developer-portal-backend"}
    scaler = by_kind(objects, "HorizontalPodAutoscaler")["gateway-manager"]["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 4)
    deployments = by_kind(objects, "Deployment")
    assert "replicas" not in deployments["gateway-manager"]["spec"]
    assert deployments["bff"]["spec"]["replicas"] == 1
    without = rendered({"workloads": {"bff": {"enabled": False}}}, tmp_path)
    assert "bff" not in {each["metadata"]["name"] for each in without}


@needs_helm
def test_a_volume_of_one_node_keeps_its_pods_there_and_a_shared_one_does_not(tmp_path: Path):
    name = "developer-portal-backend"
    pod = by_kind(rendered({}, tmp_path), "Deployment")[name]["spec"]["template"]["spec"]
    (term,) = pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    assert "topologySpreadConstraints" not in pod
    objects = rendered(CHANGES["shared volume"], tmp_path)
    pod = by_kind(objects, "Deployment")[name]["spec"]["template"]["spec"]
    assert "affinity" not in pod
    assert len(pod["topologySpreadConstraints"]) == 2
    claim = by_kind(objects, "PersistentVolumeClaim")[name]["spec"]
    assert (claim["accessModes"], claim["storageClassName"]) == (["ReadWriteMany"], "efs")


@needs_helm
def test_environment_is_common_and_own_and_rolls_the_pods(tmp_path: Path):
    def checksum(change: Any) -> tuple[dict[str, Any], str]:
        objects = rendered(change, tmp_path)
        annotations = by_kind(objects, "Deployment")["gateway-manager"]["spec"]["template"]["metadata"]["annotations"]
        return by_kind(objects, "ConfigMap")["gateway-manager"]["data"], annotations["checksum/environment"]

    data, before = checksum({})
    assert data == {"COMPANY_DOMAIN": "example.com", "LOG_LEVEL": "info"}
    own, after = checksum({"workloads": {"gateway-manager": {"environment": {"COMPANY_DOMAIN": "own.example.com"}}}})
    assert own["COMPANY_DOMAIN"] == "own.example.com"
    assert before != after


@needs_helm
def test_images_are_by_tag_or_digest(tmp_path: Path):
    images = {
        name: deployment["spec"]["template"]["spec"]["containers"][0]["image"]
        for name, deployment in by_kind(rendered({}, tmp_path), "Deployment").items()
    }
    assert images["gateway-manager"] == "registry.example.com/apim/gateway-manager:1.4.2"
    assert images["bff"] == f"registry.example.com/apim/bff@sha256:{'0' * 64}"


@needs_helm
def test_an_upper_bound_below_the_lower_is_refused(tmp_path: Path):
    with pytest.raises(subprocess.CalledProcessError) as error:
        rendered({"workloads": {"gateway-manager": {"autoscaling": {"enabled": True, "maxReplicas": 1}}}}, tmp_path)
    assert "below replicas (2)" in error.value.stderr


@needs_helm
def test_values_of_the_component_render(tmp_path: Path):
    made = values(component(ApimRelease, APIM_RELEASE), "sample-release")
    objects = rendered(made, tmp_path)
    assert Counter(each["kind"] for each in objects)["Deployment"] == len(DEFAULTS["workloads"])


@needs_helm
def test_the_chart_passes_lint():
    command = [str(HELM), "lint", "--strict", str(CHART), "--values", str(CHART / "ci" / "example-values.yaml")]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
