"""Releases, secrets and Jobs of a product, from its plan."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random

from apim_infra.planning.placement import node_selector, tolerations
from apim_infra.platform.cloud import CloudPlatform
from apim_infra.platform.naming import Naming
from apim_infra.platform.places import placement
from apim_infra.products.plans import (
    Access,
    BudgetPlan,
    CertificatePlan,
    Composed,
    DashboardPlan,
    Generated,
    JobPlan,
    KeystorePlan,
    PoolPlacement,
    PortPlan,
    ProductPlan,
    ReleasePlan,
    SecretPlan,
    ServicePlan,
    StatefulPlan,
    StoreAccess,
)
from apim_infra.settings.pools import POOLS
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.namespaces import MONITORING_NAMESPACE, PLATFORM_NAMESPACE
from components.kubernetes.certificates import HostCertificate
from components.kubernetes.gateway_port import GatewayPort, GatewayPortArgs
from components.kubernetes.grafana_source import GrafanaSource
from components.kubernetes.helm_release import HelmChart
from components.kubernetes.keystore_secrets import KeystoreSecrets
from components.kubernetes.private_certificates import PrivateCertificates
from components.kubernetes.product_release import ProductRelease, ProductReleaseArgs
from components.kubernetes.script_job import ScriptJob, ScriptJobArgs
from components.kubernetes.stateful_program import StatefulProgram
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
    settings: StackSettings,
    naming: Naming,
    plan: ProductPlan,
    options: pulumi.ResourceOptions,
    cloud: CloudPlatform,
) -> list[str]:
    """Build everything in the plan, each after what it needs; return the names of the releases. Raises ValueError for a plan that is wrong in itself."""
    if problems := plan.problems():
        raise ValueError("; ".join(problems))
    passwords: dict[int, pulumi.Output[str]] = {}
    secrets = {secret.name: _secret(settings, naming, secret, passwords, options) for secret in plan.secrets}
    first: list[pulumi.Resource] = [*secrets.values()]
    if plan.certificates:
        with_secrets = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=first))
        first.append(_certificates(settings, naming, plan.certificates, with_secrets))
    for budget in plan.budgets:
        _budget(settings, naming, budget, options)
    for service in plan.services:
        _service(settings, naming, service, options)
    first += [_keystore(settings, naming, keystore, options) for keystore in plan.keystores]
    if settings.observability.metrics.enabled:
        for dashboards in plan.dashboards:
            _dashboards(naming, dashboards, options)
    built: dict[str, pulumi.Resource] = {}
    for step in plan.steps:
        needed = [*first, *(built[name] for name in step.needs if name in built)]
        ready = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=needed))
        built[step.name] = _step(settings, naming, step, ready)
    for port in plan.ports:
        after = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[*built.values()]))
        GatewayPort(naming.name(f"port-{port.name}"), _port(settings, port, cloud), after)
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
                resource = naming.name(f"{secret.name}-{key.lower().replace('_', '-').replace('.', '-')}")
                passwords[id(value)] = _generated(resource, value, pulumi.ResourceOptions(parent=options.parent))
            values[key] = passwords[id(value)]
        else:
            values[key] = pulumi.Output.secret(_resolved(value, passwords))
    return k8s.core.v1.Secret(
        naming.name(secret.name),
        metadata=k8s.meta.v1.ObjectMetaArgs(name=secret.name, namespace=settings.gateway.namespace),
        type=secret.type,
        string_data=values or None,
        data={key: pulumi.Output.secret(value) for key, value in secret.binary.items()} or None,
        opts=options,
    )


def _resolved(value: Any, passwords: Mapping[int, pulumi.Output[str]]) -> Any:
    """Return a value of a plan with every composed text in it put together. Raises KeyError for a password that no secret before it holds."""
    if isinstance(value, Composed):
        parts = {
            name: passwords[id(part)] if isinstance(part, Generated) else part for name, part in value.parts.items()
        }
        return pulumi.Output.all(**parts).apply(
            lambda known: value.template.format(**{name: _plain(part) for name, part in known.items()})
        )
    if isinstance(value, Mapping):
        return {key: _resolved(item, passwords) for key, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_resolved(item, passwords) for item in cast("Sequence[Any]", value)]
    return value


def _plain(part: Any) -> Any:
    """Return a number without the fraction that it comes back from the engine with."""
    return int(part) if isinstance(part, float) and part.is_integer() else part


def _generated(resource: str, value: Generated, options: pulumi.ResourceOptions) -> pulumi.Output[str]:
    if value.hexadecimal:
        return random.RandomBytes(resource, length=value.length, opts=options).hex
    return random.RandomPassword(resource, length=value.length, special=False, opts=options).result


def _certificates(
    settings: StackSettings, naming: Naming, plans: Sequence[CertificatePlan], options: pulumi.ResourceOptions
) -> PrivateCertificates:
    """Make the certificates of the product's own programs, by an authority of their own."""
    certificates: list[HostCertificate] = []
    for plan in plans:
        certificate: HostCertificate = {
            "namespace": settings.gateway.namespace,
            "secret": plan.secret,
            "hosts": list(plan.hosts),
            "rsa": plan.rsa,
            "lasting": plan.lasting,
        }
        if plan.keystore_password:
            secret, key = plan.keystore_password
            certificate["keystores"] = {"secret": secret, "key": key}
        certificates.append(certificate)
    return PrivateCertificates(
        naming.name("backend-certificates"),
        {"authority": f"{naming.prefix}-backend", "namespace": PLATFORM_NAMESPACE, "certificates": certificates},
        options,
    )


def _service(
    settings: StackSettings, naming: Naming, plan: ServicePlan, options: pulumi.ResourceOptions
) -> k8s.core.v1.Service:
    port = k8s.core.v1.ServicePortArgs(name="http", port=plan.port, target_port=plan.port, protocol="TCP")
    # Its pods are their teams': nobody waits for them here.
    unwaited = {"pulumi.com/skipAwait": "true"}
    return k8s.core.v1.Service(
        naming.name(f"{plan.name}-service"),
        metadata=k8s.meta.v1.ObjectMetaArgs(
            name=plan.name, namespace=settings.gateway.microservices_namespace, annotations=unwaited
        ),
        spec=k8s.core.v1.ServiceSpecArgs(type="ClusterIP", selector=plan.selector, ports=[port]),
        opts=options,
    )


def _budget(
    settings: StackSettings, naming: Naming, plan: BudgetPlan, options: pulumi.ResourceOptions
) -> k8s.policy.v1.PodDisruptionBudget:
    return k8s.policy.v1.PodDisruptionBudget(
        naming.name(f"{plan.name}-budget"),
        metadata=k8s.meta.v1.ObjectMetaArgs(name=plan.name, namespace=settings.gateway.namespace),
        spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=plan.max_unavailable,
            selector=k8s.meta.v1.LabelSelectorArgs(match_labels=plan.selector),
        ),
        opts=options,
    )


def _keystore(
    settings: StackSettings, naming: Naming, plan: KeystorePlan, options: pulumi.ResourceOptions
) -> pulumi.Resource:
    return KeystoreSecrets(
        naming.name(plan.keystore_secret),
        {
            "namespace": settings.gateway.namespace,
            "secret": plan.secret,
            "hosts": list(plan.hosts),
            "keystore_secret": plan.keystore_secret,
            "keystore_key": plan.keystore_key,
            "password_key": plan.password_key,
        },
        options,
    )


def _port(settings: StackSettings, plan: PortPlan, cloud: CloudPlatform) -> GatewayPortArgs:
    args: GatewayPortArgs = {
        "port_name": plan.name,
        "namespace": settings.gateway.namespace,
        "port": plan.port,
        "service": plan.service,
        "selector": plan.selector,
    }
    if plan.name in cloud.port_targets:
        return {**args, "target_group_arn": cloud.port_targets[plan.name]}
    return {**args, "load_balancer": cloud.load_balancers[plan.load_balancer]}


def _dashboards(naming: Naming, plan: DashboardPlan, options: pulumi.ResourceOptions) -> None:
    GrafanaSource(
        naming.name(plan.name),
        {
            "source": plan.name,
            "namespace": MONITORING_NAMESPACE,
            "provisioning": plan.source,
            "dashboards": plan.dashboards,
        },
        options,
    )


def _step(
    settings: StackSettings,
    naming: Naming,
    step: ReleasePlan | JobPlan | StatefulPlan,
    options: pulumi.ResourceOptions,
) -> pulumi.Resource:
    match step:
        case ReleasePlan():
            return _release(settings, naming, step, options)
        case JobPlan():
            return _job(settings, naming, step, options)
        case StatefulPlan():
            return _stateful(settings, naming, step, options)


def _stateful(
    settings: StackSettings, naming: Naming, plan: StatefulPlan, options: pulumi.ResourceOptions
) -> pulumi.Resource:
    return StatefulProgram(
        naming.name(plan.name),
        {
            "program": plan.name,
            "namespace": settings.gateway.namespace,
            "image": plan.image,
            "placement": placement(settings, plan.pool),
            "size": {"cpu_millicores": plan.cpu_millicores, "memory_mib": plan.memory_mib},
            "ports": plan.ports,
            "replicas": plan.replicas,
            "labels": plan.labels,
            "storage_gib": plan.storage_gib,
            "folder": plan.folder,
            "scratch": plan.scratch,
            "environment": _resolved(plan.environment, {}),
            "secret_environment": {
                name: {"secret": secret, "key": key} for name, (secret, key) in plan.secret_environment.items()
            },
            "files": plan.files,
            "arguments": plan.arguments,
            "ready_path": plan.ready_path,
            "user": plan.user,
        },
        options,
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
        "values": _resolved(plan.values, {}),
    }
    if plan.timeout_seconds is not None:
        args["timeout_seconds"] = plan.timeout_seconds
    return ProductRelease(naming.name(plan.name), args, options)


def _job(settings: StackSettings, naming: Naming, plan: JobPlan, options: pulumi.ResourceOptions) -> pulumi.Resource:
    environment: Mapping[str, pulumi.Input[str]] = _resolved(plan.environment, {})
    args: ScriptJobArgs = {
        "job": plan.name,
        "namespace": settings.gateway.namespace,
        "image": _resolved(plan.image, {}),
        "script": plan.script,
        "placement": placement(settings, plan.pool),
        "environment": environment,
        "secret_environment": {
            name: {"secret": secret, "key": key} for name, (secret, key) in plan.secret_environment.items()
        },
        "labels": plan.labels,
        "user": plan.user,
    }
    if plan.files is not None:
        image, folder = plan.files
        args["files"] = {"image": _resolved(image, {}), "folder": folder}
    return ScriptJob(naming.name(plan.name), args, options)
