"""Releases, secrets and Jobs of a product, from its plan."""

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random

from apim_infra.planning.placement import node_selector, tolerations
from apim_infra.platform.cloud import CloudPlatform
from apim_infra.platform.naming import Naming
from apim_infra.platform.places import placement
from apim_infra.products.plans import (
    Access,
    Generated,
    JobPlan,
    PoolPlacement,
    ProductPlan,
    ReleasePlan,
    SecretPlan,
    StoreAccess,
)
from apim_infra.settings.pools import POOLS
from apim_infra.settings.stack import StackSettings
from components.kubernetes.helm_release import HelmChart
from components.kubernetes.product_release import ProductRelease, ProductReleaseArgs
from components.kubernetes.script_job import ScriptJob
from components.outputs import Endpoint


def access(settings: StackSettings, cloud: CloudPlatform) -> Access:
    """Return what the product's plan is made from."""
    return Access(
        stores={name: _store(endpoint) for name, endpoint in cloud.stores.items()},
        placements={
            pool: PoolPlacement(node_selector(pool), [each.to_json() for each in tolerations(settings, pool)])
            for pool in POOLS
        },
        image_registry=cloud.image_registry,
    )


def build_product(
    settings: StackSettings, naming: Naming, plan: ProductPlan, options: pulumi.ResourceOptions
) -> list[str]:
    """Build everything in the plan, each after what it needs; return the names of the releases. Raises ValueError for a plan that is wrong in itself."""
    if problems := plan.problems():
        raise ValueError("; ".join(problems))
    passwords: dict[int, pulumi.Output[str]] = {}
    secrets = {secret.name: _secret(settings, naming, secret, passwords, options) for secret in plan.secrets}
    built: dict[str, pulumi.Resource] = {}
    for step in plan.steps:
        needed = [*secrets.values(), *(built[name] for name in step.needs if name in built)]
        ready = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=needed))
        build = _release if isinstance(step, ReleasePlan) else _job
        built[step.name] = build(settings, naming, step, ready)  # pyright: ignore[reportArgumentType] - chosen by its type
    return [step.name for step in plan.steps if isinstance(step, ReleasePlan)]


def _store(endpoint: Endpoint) -> StoreAccess:
    return StoreAccess(
        host=endpoint["host"],
        port=endpoint["port"],
        database=endpoint["database"],
        username=endpoint["username"],
        password=endpoint["password"],
    )


def _secret(
    settings: StackSettings,
    naming: Naming,
    secret: SecretPlan,
    passwords: dict[int, pulumi.Output[str]],
    options: pulumi.ResourceOptions,
) -> k8s.core.v1.Secret:
    values: dict[str, pulumi.Input[str]] = {}
    for key, value in secret.values.items():
        if isinstance(value, Generated):
            if id(value) not in passwords:
                made = random.RandomPassword(
                    naming.name(f"{secret.name}-{key.lower().replace('_', '-').replace('.', '-')}"),
                    length=value.length,
                    special=False,
                    opts=pulumi.ResourceOptions(parent=options.parent),
                )
                passwords[id(value)] = made.result
            values[key] = passwords[id(value)]
        else:
            values[key] = pulumi.Output.secret(value)
    return k8s.core.v1.Secret(
        naming.name(secret.name),
        metadata=k8s.meta.v1.ObjectMetaArgs(name=secret.name, namespace=settings.gateway.namespace),
        type=secret.type,
        string_data=values,
        opts=options,
    )


def _release(
    settings: StackSettings, naming: Naming, plan: ReleasePlan, options: pulumi.ResourceOptions
) -> pulumi.Resource:
    chart: HelmChart = {"chart": plan.chart.name, "version": plan.chart.version}
    if plan.chart.repository:
        chart["repository"] = plan.chart.repository
    args: ProductReleaseArgs = {
        "release": plan.name,
        "namespace": settings.gateway.namespace,
        "chart": chart,
        "values": dict(plan.values),
    }
    if plan.timeout_seconds is not None:
        args["timeout_seconds"] = plan.timeout_seconds
    return ProductRelease(naming.name(plan.name), args, options)


def _job(settings: StackSettings, naming: Naming, plan: JobPlan, options: pulumi.ResourceOptions) -> pulumi.Resource:
    environment: Mapping[str, pulumi.Input[str]] = plan.environment
    return ScriptJob(
        naming.name(plan.name),
        {
            "job": plan.name,
            "namespace": settings.gateway.namespace,
            "image": plan.image,
            "script": plan.script,
            "placement": placement(settings, plan.pool),
            "environment": environment,
            "secret_environment": {
                name: {"secret": secret, "key": key} for name, (secret, key) in plan.secret_environment.items()
            },
            "labels": plan.labels,
            "user": plan.user,
        },
        options,
    )
