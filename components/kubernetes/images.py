"""Images from a pull-through cache: what charts, pods and custom resources are told, so that nothing in the cluster names a public registry.

One transformation does it for everything below the components that carry it, so that no component can forget it. Charts themselves are no images:
whoever runs Pulumi fetches them, not the cluster.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pulumi

from components.kubernetes.data import load

IMAGES = "images.yaml"
RELEASE = "kubernetes:helm.sh/v3:Release"
DOCKER_HUB = "docker.io"

Caches = Mapping[str, pulumi.Input[str]]
"""Public registry (`docker.io`) to the address in the cloud's registry from which its images are pulled, without a slash at the end."""


_IMAGE_FIELD = re.compile(r"image|imageName|image_name|[a-z]+Image")
"""Fields of pods and custom resources that hold an image: `image`, `imageName` (CloudNativePG), `serverImage` (cass-operator)."""

_REFERENCE = re.compile(r"(?P<name>[^:@]+)(:(?P<tag>[\w.-]+))?(@(?P<digest>sha256:[0-9a-f]+))?")


class UncachedImageError(Exception):
    """An image that no cache has: its registry is no upstream of one, or its chart is not in `images.yaml`."""


def upstreams() -> Mapping[str, str]:
    """Return the registries that a cache can follow, with the short name of each."""
    return cast("Mapping[str, str]", load(IMAGES)["upstreams"])


def whole(reference: str) -> str:
    """Return an image reference with what Docker leaves out: `kong:3.9.2` is `docker.io/library/kong:3.9.2`."""
    first, slash, rest = reference.partition("/")
    if not slash:
        return f"{DOCKER_HUB}/library/{reference}"
    if not re.search(r"[.:]", first) and first != "localhost":
        return f"{DOCKER_HUB}/{reference}"
    return f"{first}/{rest}"


def cached(reference: str, caches: Caches) -> pulumi.Output[str]:
    """Return where a cache has an image; raises UncachedImageError for one of another registry.

    A digest beside a tag is left out: a cache does not find a new image by its digest, and its own tags cannot be moved.
    """
    found = _REFERENCE.fullmatch(whole(reference))
    name, tag, digest = found.group("name", "tag", "digest") if found else (reference, None, None)
    name = cast("Mapping[str, str]", load(IMAGES)["replacements"]).get(name, name)
    registry, _, repository = name.partition("/")
    if registry not in caches:
        raise UncachedImageError(f"{reference}: no cache follows {registry}; use an image of {', '.join(caches)}")
    version = f":{tag}" if tag else f"@{digest}" if digest else ""
    return pulumi.Output.concat(caches[registry], f"/{repository}{version}")


def chart_values(chart: str, caches: Caches) -> dict[str, Any]:
    """Return the values that make a chart take its images from the caches; `chart` is its name, address or path.

    Raises UncachedImageError for a chart that `images.yaml` does not list.
    """
    name = chart.rpartition("/")[2]
    rows = cast("Mapping[str, Sequence[Mapping[str, str]]]", load(IMAGES)["charts"]).get(name)
    if rows is None:
        raise UncachedImageError(f"chart {name}: its images are not listed in components/kubernetes/{IMAGES}; add them")
    values: dict[str, Any] = {}
    for row in rows:
        _put(values, row["key"], _value(row, {}, caches))
    return values


def from_caches(caches: Caches) -> pulumi.ResourceTransformation:
    """Return the transformation that makes everything below a component take its images from the caches."""

    def transform(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("kubernetes:"):
            return None
        props = dict(cast("Mapping[str, Any]", args.props))
        if args.type_ == RELEASE:
            if not _is_own(str(props["chart"])):
                props["values"] = merged(props.get("values") or {}, chart_values(str(props["chart"]), caches))
        elif props.get("spec") is not None:
            props["spec"] = _fields(str(props.get("kind")), _rewritten(props["spec"], caches), caches)
        else:
            return None
        return pulumi.ResourceTransformationResult(props, args.opts)

    return transform


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return values laid over values: mappings merge key by key, everything else replaces what is below."""
    result = dict(below)
    for key, value in above.items():
        present = result.get(key)
        both = isinstance(value, Mapping) and isinstance(present, Mapping)
        result[key] = merged(cast("Mapping[str, Any]", present), cast("Mapping[str, Any]", value)) if both else value
    return result


def _is_own(chart: str) -> bool:
    """Tell whether a chart lies in a folder of the project: its images are in the platform's own registry."""
    return chart.startswith((".", "/", "charts/"))


def _rewritten(value: Any, caches: Caches) -> Any:
    """Return a specification in which every image in clear comes from a cache."""
    if isinstance(value, Mapping):
        return {
            key: cached(item, caches)
            if _IMAGE_FIELD.fullmatch(key) and isinstance(item, str)
            else _rewritten(item, caches)
            for key, item in cast("Mapping[str, Any]", value).items()
        }
    if isinstance(value, (list, tuple)):
        return [_rewritten(item, caches) for item in cast("Sequence[Any]", value)]
    return value


def _fields(kind: str, spec: Any, caches: Caches) -> Any:
    rows = cast("Mapping[str, Sequence[Mapping[str, str]]]", load(IMAGES)["custom_resources"]).get(kind, ())
    added: dict[str, Any] = {}
    for row in rows:
        _put(added, row["key"], _value(row, spec, caches))
    return merged(spec, added) if added else spec


def _value(row: Mapping[str, str], spec: Mapping[str, Any], caches: Caches) -> pulumi.Input[str]:
    if "registry" in row:
        path = f"/{row['path']}" if "path" in row else ""
        return pulumi.Output.concat(caches[row["registry"]], path)
    if "image" in row:
        return cached(row["image"], caches)
    tag = f":{spec[row['version']]}" if "version" in row else ""
    return cached(f"{row['repository']}{tag}", caches)


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    *groups, last = key.split(".")
    for group in groups:
        values = values.setdefault(group, {})
    values[last] = value
