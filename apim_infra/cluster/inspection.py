"""What is looked at once everything has come to rest: workloads, pods as a kubelet sees them, services, budgets, quotas, warnings."""

from collections import Counter
from collections.abc import Iterator

from apim_infra.cluster import kubelet
from apim_infra.cluster.apply import Applier, spoken
from apim_infra.cluster.events import judge
from apim_infra.cluster.maximum import PodAutoscalers
from apim_infra.cluster.mirror import Mirror, Object
from apim_infra.cluster.operators import is_known
from apim_infra.cluster.report import Origin
from apim_infra.cluster.settle import Settling
from apim_infra.findings import Severity
from apim_infra.rehearsal.twins.kubernetes.kinds import from_manifest
from apim_infra.rehearsal.twins.kubernetes.objects import part
from apim_infra.sizing.namespaces import CLUSTER_NAMESPACE

STAND_IN = "stand-in.invalid/"
"""What the images of stand-ins begin with."""
ENDPOINT_SECONDS = 5.0
"""How long the controller of endpoints may lag behind pods that run."""
_WAITING = "raise the pool or the quota that the reason names, or mend what the pods ask for"


def unready(applier: Applier, settling: Settling, moment: str) -> None:
    """Report what has not come to rest; what was told when something waited for it is not told again."""
    told = {finding.urn for finding in applier.report.findings if finding.rule == "cluster:not-ready"}
    for applied in applier.ledger.all():
        reasons = settling.unready(applied.manifest)
        if reasons and (applied.origin.urn not in told or not applied.origin.urn):
            message = f"{spoken(applied.manifest)} is not ready{moment}: {'; '.join(reasons)}"
            applier.report.find("not-ready", message, applied.origin, fix=_WAITING)


def pods(applier: Applier, mirror: Mirror) -> None:
    """Report what a kubelet would refuse of any pod that there was, once for equal pods."""
    owners = _owners(applier)
    for pod in mirror.pods_ever():
        name, origin = _owner(pod, mirror, owners)
        for rule, message, fix in kubelet.refusals(pod["spec"]):
            applier.report.find(f"kubelet-{rule}", f"{name}: {message}", origin, fix=fix)


def wiring(applier: Applier, mirror: Mirror) -> None:
    """Report services that reach no pod, and disruption budgets that let nothing go while all is well."""
    services = [each.manifest for each in applier.ledger.all() if each.manifest["kind"] == "Service"]
    mirror.wait(lambda: not any(_awaits_endpoints(mirror, each) for each in services), ENDPOINT_SECONDS)
    for applied in applier.ledger.all():
        manifest = applied.manifest
        namespace, name = manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]
        if manifest["kind"] == "Service":
            _service(applier, mirror, manifest, applied.origin)
        if manifest["kind"] == "PodDisruptionBudget":
            status = part(mirror.find("PodDisruptionBudget", namespace, name) or {}, "status")
            whole = status.get("expectedPods", 0) > 0 and status.get("currentHealthy") == status.get("expectedPods")
            if whole and not status.get("disruptionsAllowed"):
                message = (
                    f"{spoken(manifest)} lets none of its {status['expectedPods']} pods go: no node can be drained"
                )
                fix = "run one replica more, or allow one to be unavailable"
                applier.report.find("budget-blocks-drain", message, applied.origin, fix=fix)


def autoscalers(applier: Applier, scalers: PodAutoscalers) -> None:
    """Report autoscalers that scale nothing, and, at the maximum, workloads that did not get there."""
    owners = _owners(applier)
    for scaler in scalers.without_target():
        named = scaler["spec"]["scaleTargetRef"]
        message = f"{spoken(scaler)} scales {named['kind']} {named['name']}, which is not there"
        fix = "name a workload of its namespace in spec.scaleTargetRef, or drop the autoscaler"
        applier.report.find("autoscaler-without-target", message, _origin_in(scaler, owners), fix=fix)
    for scaler, target in scalers.below() if scalers.at_maximum else ():
        have, most = target["spec"].get("replicas", 1), scaler["spec"]["maxReplicas"]
        message = f"{spoken(scaler)}: {spoken(target)} has {have} replicas instead of the maximum of {most}"
        fix = "let one autoscaler alone scale the workload, and start it with one replica at least"
        applier.report.find("autoscaler-below-maximum", message, _origin_in(scaler, owners), fix=fix)


def operators_unknown(applier: Applier) -> None:
    """Note the kinds of custom resources of which it is not known what their operator makes."""
    unknown = Counter(
        f"{each['kind']}.{each['apiVersion']}"
        for each in applier.known
        if not from_manifest(each).built_in and not is_known(each)
    )
    for kind, number in sorted(unknown.items()):
        objects = "1 object" if number == 1 else f"{number} objects"
        message = f"{kind} ({objects}): its operator is not simulated: what it would make is not verified"
        applier.report.note(
            "operator-unknown", message, fix="say in operators.yaml what it makes, or that it is nothing"
        )


def warnings(applier: Applier, mirror: Mirror) -> None:
    """Report every event of type Warning that nothing explains, count the others, and report what the API server warned of when it took an object."""
    owners = _owners(applier)
    for judged in judge(mirror):
        if judged.because:
            applier.report.count(applier.report.explained, f"{judged.event['reason']}: {judged.because}")
            continue
        origin = _origin_of(judged.event["involvedObject"], mirror, owners)
        if not _told(applier, origin):
            applier.report.find(
                "warning-event", judged.words, origin, fix="mend what the event names, or explain it in events.yaml"
            )
    for warned in applier.api.warnings:
        origin = owners.get((warned.kind, warned.namespace, warned.name), Origin())
        message = f"{warned.kind} {warned.namespace}/{warned.name}: {warned.text}"
        applier.report.find("server-warning", message, origin, fix="change what the API server warns of", warning=True)


def _told(applier: Applier, origin: Origin) -> bool:
    """Tell whether it is said already that something of the same origin does not run: its events only say why."""
    return any(
        finding.urn == origin.urn and finding.severity is Severity.ERROR and finding.rule == "cluster:not-ready"
        for finding in applier.report.findings
        if origin.urn
    )


def _service(applier: Applier, mirror: Mirror, manifest: Object, origin: Origin) -> None:
    namespace = manifest["metadata"].get("namespace", "")
    selector = manifest.get("spec", {}).get("selector")
    if not selector:
        return
    slices = _slices(mirror, manifest)
    if any(each.get("endpoints") for each in slices):
        named = {port.get("name") or "" for each in slices for port in each.get("ports") or ()}
        lost = sorted({str(port.get("name") or "") for port in manifest["spec"].get("ports") or ()} - named)
        if lost and not _stood_in(mirror, namespace, selector):
            message = f"{spoken(manifest)}: no container declares the target of port {', '.join(lost) or '(unnamed)'}"
            applier.report.find(
                "service-port-unknown", message, origin, fix="name a port that the pods' containers declare"
            )
        return
    message = (
        f"{spoken(manifest)} selects no pod: {', '.join(f'{key}={value}' for key, value in sorted(selector.items()))}"
    )
    if namespace == CLUSTER_NAMESPACE:
        # AKS runs its own Deployments on a system pool, which is not played.
        because = "what the cloud itself runs there is not all played, so that is not verified"
        fix = "in the cluster, see that the Service has endpoints"
        applier.report.note("service-of-the-cloud", f"{message}; {because}", fix=fix)
        return
    applier.report.find("service-without-pods", message, origin, fix="select labels that the pods have", warning=True)


def _slices(mirror: Mirror, service: Object) -> list[Object]:
    namespace, name = service["metadata"].get("namespace", ""), service["metadata"]["name"]
    return [
        each
        for each in mirror.all("EndpointSlice", namespace)
        if part(each, "metadata", "labels").get("kubernetes.io/service-name") == name
    ]


def _awaits_endpoints(mirror: Mirror, service: Object) -> bool:
    """Tell whether a service has pods that run, and its controller has not listed them yet."""
    selector = part(service, "spec", "selector")
    running = any(
        pod.get("status", {}).get("phase") == "Running" and selector.items() <= part(pod, "metadata", "labels").items()
        for pod in (mirror.all("Pod", service["metadata"].get("namespace", "")) if selector else ())
    )
    return running and not any(each.get("endpoints") for each in _slices(mirror, service))


def _stood_in(mirror: Mirror, namespace: str, selector: Object) -> bool:
    """Tell whether stand-ins are among the pods of a service: the names of their ports are not known."""
    return any(
        container["image"].startswith(STAND_IN)
        for pod in mirror.all("Pod", namespace)
        if selector.items() <= (pod["metadata"].get("labels") or {}).items()
        for container in pod["spec"]["containers"]
    )


def _origin_in(item: Object, owners: dict[tuple[str, str, str], Origin]) -> Origin:
    return owners.get((item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]), Origin())


def _owners(applier: Applier) -> dict[tuple[str, str, str], Origin]:
    found: dict[tuple[str, str, str], Origin] = {}
    for applied in applier.ledger.all():
        metadata = applied.manifest["metadata"]
        found[(applied.manifest["kind"], metadata.get("namespace", ""), metadata["name"])] = applied.origin
    return found


def _owner(pod: Object, mirror: Mirror, owners: dict[tuple[str, str, str], Origin]) -> tuple[str, Origin]:
    """Return the workload of a pod in words, and where it comes from."""
    namespace = pod["metadata"]["namespace"]
    last = ("Pod", pod["metadata"]["name"])
    for kind, name in _chain(pod, mirror):
        last = (kind, name)
        if (kind, namespace, name) in owners:
            return f"{kind} {namespace}/{name}", owners[(kind, namespace, name)]
    return f"{last[0]} {namespace}/{last[1]}", Origin()


def _chain(item: Object, mirror: Mirror) -> Iterator[tuple[str, str]]:
    """Iterate over an object's owners, the nearest first."""
    namespace = item["metadata"].get("namespace", "")
    owner = next(iter(item["metadata"].get("ownerReferences") or ()), None)
    while owner is not None:
        yield owner["kind"], owner["name"]
        found = mirror.find(owner["kind"], namespace, owner["name"])
        owner = next(iter(found["metadata"].get("ownerReferences") or ()), None) if found else None


def _origin_of(about: Object, mirror: Mirror, owners: dict[tuple[str, str, str], Origin]) -> Origin:
    key = (about.get("kind", ""), about.get("namespace", ""), about.get("name", ""))
    if key in owners:
        return owners[key]
    item = mirror.find(*key)
    for kind, name in _chain(item, mirror) if item else ():
        if (kind, key[1], name) in owners:
            return owners[(kind, key[1], name)]
    return Origin()
