"""The pull-through cache, and what charts, pods and custom resources are told of it."""

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.rehearsal.testing import Recording, record
from components.aws.image_cache import LONGEST_PREFIX, ImageCache, _shortened  # pyright: ignore[reportPrivateUsage] - a pure part of it
from components.kubernetes.data import load
from components.kubernetes.helm_release import ADDONS
from components.kubernetes.images import (
    IMAGES,
    UncachedImageError,
    cached,
    chart_values,
    from_caches,
    merged,
    upstreams,
    whole,
)
from components.kubernetes.job import HttpCall, http_job

REGISTRY = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/apim-dev"
CACHES = {registry: f"{REGISTRY}/{short}" for registry, short in upstreams().items()}


def logins(*registries: str) -> Any:
    return {
        registry: {"username": "apim", "access_token": pulumi.Output.secret("not-to-be-seen")}
        for registry in registries
    }


def place_of(reference: str) -> str:
    """Return where a cache has an image, as a program sees it."""
    return str(record(lambda: pulumi.export("place", cached(reference, CACHES))).exports["place"])


def cache(*registries: str, **options: Any) -> Recording:
    """Record a cache with logins for these registries; those that need one by default."""

    def program() -> None:
        role = aws.iam.Role(
            "nodes",
            assume_role_policy='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}',
        )
        args: Any = {
            "prefix": "apim-dev",
            "account_id": "111122223333",
            "region": "eu-west-1",
            "upstreams": upstreams(),
            "logins": logins(*(registries or ("docker.io", "ghcr.io"))),
            "node_role_name": role.name,
            "tags": {"apim:stack": "dev"},
            **options,
        }
        pulumi.export("registries", ImageCache("cache", args).registries)

    return record(program, config={"aws:region": "eu-west-1"})


def test_there_is_a_rule_for_each_registry_and_a_login_where_ecr_asks_for_one() -> None:
    recording = cache()
    assert recording.errors == []
    rules = {
        r.inputs["upstreamRegistryUrl"]: r
        for r in recording.of_type("aws:ecr/pullThroughCacheRule:PullThroughCacheRule")
    }
    assert set(rules) == {"registry-1.docker.io", "ghcr.io", "quay.io", "registry.k8s.io", "public.ecr.aws"}
    assert {url for url, rule in rules.items() if rule.inputs.get("credentialArn")} == {
        "registry-1.docker.io",
        "ghcr.io",
    }
    secrets = recording.of_type("aws:secretsmanager/secret:Secret")
    assert {secret.inputs["name"] for secret in secrets} == {
        "ecr-pullthroughcache/apim-dev/docker",
        "ecr-pullthroughcache/apim-dev/github",
    }
    # ECR reads them with AWS's own key alone.
    assert all("kmsKeyId" not in secret.inputs for secret in secrets)
    assert recording.exports["registries"]["quay.io"].endswith(".amazonaws.com/apim-dev/quay")


def test_its_repositories_are_made_from_a_template() -> None:
    recording = cache()
    (template,) = recording.of_type("aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate")
    assert template.inputs["prefix"] == "apim-dev"
    assert template.inputs["appliedFors"] == ["PULL_THROUGH_CACHE"]
    assert template.inputs["imageTagMutability"] == "IMMUTABLE"
    assert template.inputs["resourceTags"] == {"apim:stack": "dev"}
    assert template.inputs["customRoleArn"]


def test_nodes_may_have_images_of_this_cache_fetched_and_no_others() -> None:
    recording = cache()
    policy = recording.named("cache-rights").inputs["policy"]
    assert "ecr:BatchImportUpstreamImage" in policy
    assert "arn:aws:ecr:eu-west-1:111122223333:repository/apim-dev/*" in policy


def test_no_token_is_recorded() -> None:
    recording = cache()
    assert "not-to-be-seen" not in repr(recording.graph.to_json())
    versions = recording.of_type("aws:secretsmanager/secretVersion:SecretVersion")
    assert [version.inputs["secretString"] for version in versions] == [{"secret": True}] * 2


@pytest.mark.parametrize(
    ("registries", "change", "path", "words"),
    [
        (("ghcr.io",), {}, "logins.docker.io", "as a user alone"),
        (("docker.io", "ghcr.io", "quay.io"), {}, "logins.quay.io", "take a login"),
        ((), {"upstreams": {"docker.io": "hub", "ghcr.io": "hub"}}, "upstreams", "a short name of its own"),
    ],
)
def test_wrong_arguments_are_refused(
    registries: tuple[str, ...], change: dict[str, Any], path: str, words: str
) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=f"{path}: .*{words}"):
        cache(*registries, **change)


@given(st.from_regex(r"apim-[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}", fullmatch=True), st.integers(2, 10))
def test_every_prefix_of_a_stack_fits(prefix: str, room: int) -> None:
    short = _shortened(prefix, room)
    assert len(f"{short}/{'x' * room}") <= LONGEST_PREFIX
    assert not short.endswith("-")
    assert short == prefix or len(prefix) + room + 1 > LONGEST_PREFIX


def test_prefixes_that_begin_alike_stay_apart() -> None:
    one, other = (_shortened(f"apim-a-very-long-name-{end}", 10) for end in ("a", "b"))
    assert one != other


# -- images ---------------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "full"),
    [
        ("kong:3.9.2", "docker.io/library/kong:3.9.2"),
        ("grafana/grafana:13", "docker.io/grafana/grafana:13"),
        ("quay.io/jetstack/cert-manager-controller", "quay.io/jetstack/cert-manager-controller"),
        ("localhost/own:1", "localhost/own:1"),
        ("registry:5000/own:1", "registry:5000/own:1"),
    ],
)
def test_a_reference_is_completed_as_docker_does(reference: str, full: str) -> None:
    assert whole(reference) == full


DIGEST = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("kong:3.9.2", "docker/library/kong:3.9.2"),
        ("docker.io/curlimages/curl:8.15.0", "docker/curlimages/curl:8.15.0"),
        ("registry.k8s.io/autoscaling/cluster-autoscaler", "kubernetes/autoscaling/cluster-autoscaler"),
        (f"ghcr.io/cloudnative-pg/postgresql:17@{DIGEST}", "github/cloudnative-pg/postgresql:17"),
        (f"quay.io/own@{DIGEST}", f"quay/own@{DIGEST}"),
        ("docker.elastic.co/elasticsearch/elasticsearch:9.5.1", "docker/elastic/elasticsearch:9.5.1"),
        ("cr.fluentbit.io/fluent/fluent-bit", "docker/fluent/fluent-bit"),
    ],
)
def test_an_image_is_found_in_its_cache(reference: str, place: str) -> None:
    assert place_of(reference) == f"{REGISTRY}/{place}"


def test_an_image_of_no_known_registry_is_refused() -> None:
    with pytest.raises(UncachedImageError, match=r"registry\.example\.com"):
        cached("registry.example.com/own:1", CACHES)


def test_a_chart_whose_images_are_not_listed_is_refused() -> None:
    with pytest.raises(UncachedImageError, match=r"redis: its images are not listed"):
        chart_values("oci://docker.io/bitnamicharts/redis", CACHES)


def test_every_chart_of_the_add_ons_is_listed() -> None:
    charts = {row["chart"].rpartition("/")[2] for row in load(ADDONS)["addons"].values()}
    assert charts - set(load(IMAGES)["charts"]) == set()


def test_every_listed_image_is_of_a_registry_that_can_be_cached() -> None:
    data = load(IMAGES)
    rows: list[dict[str, str]] = [
        row for chart in (*data["charts"].values(), *data["custom_resources"].values()) for row in chart
    ]
    assert len(rows) > 25
    for row in rows:
        registry = (row.get("registry") or row.get("repository") or row["image"]).partition("/")[0]
        assert registry in data["upstreams"], row
    assert all(image.partition("/")[0] in data["upstreams"] for image in data["replacements"].values())


def test_values_of_a_chart_are_merged_key_by_key() -> None:
    below = {"image": {"repository": "kong", "tag": "3.9.2"}, "replicas": 2}
    above = {"image": {"repository": "cache/kong"}}
    assert merged(below, above) == {"image": {"repository": "cache/kong", "tag": "3.9.2"}, "replicas": 2}
    assert below == {"image": {"repository": "kong", "tag": "3.9.2"}, "replicas": 2}


def test_a_job_below_takes_its_image_from_the_cache() -> None:
    call = HttpCall("PUT", "http://log-store:9200/policy", {})

    def program() -> None:
        parent = pulumi.ComponentResource(
            "apim:test:Parent", "parent", {}, pulumi.ResourceOptions(transformations=[from_caches(CACHES)])
        )
        place: Any = {"pool": "management", "taints": []}
        http_job("job", "job", "default", [call], place, opts=pulumi.ResourceOptions(parent=parent))

    (job,) = record(program).of_type("kubernetes:batch/v1:Job")
    (container,) = job.inputs["spec"]["template"]["spec"]["containers"]
    assert container["image"].startswith(f"{REGISTRY}/docker/curlimages/curl:")
