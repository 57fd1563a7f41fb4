"""`docs/configuration.md`, made from the models: every setting with its type, default, meaning, and what tier, size and topology set."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, cast

from apim_infra.settings.environment import Cloud, Product, Size, Tier, Topology
from apim_infra.settings.layers import (
    cloud_tree,
    default_tree,
    product_values,
    size_tree,
    tier_tree,
    topology_values,
)
from apim_infra.settings.path import Path
from apim_infra.settings.schema import Schema, models_schema
from apim_infra.settings.translate import value_at

_HEAD = """\
<!-- Made by `make generate` from the models in apim_infra/settings/. -->
# Configuration

A stack is described by `Pulumi.<stack>.yaml`. Its settings stand below `config:` with the project's namespace, so that
`pulumi config` works on them:

```yaml
# yaml-language-server: $schema=schemas/pulumi-stack.schema.json
config:
  apim:cloud: aws
  apim:region: eu-west-1
  apim:company_domain: dev.example.com
  apim:tier: dev
  apim:network:
    cidr: 10.16.0.0/16
```

```console
$ pulumi config set --path 'apim:network.zones' 3
$ pulumi config set --path --secret 'apim:observability.alerts.slack_webhook'
$ apim explain dev network
```

A setting that the file leaves out comes from a layer below it. Each layer wins over the one before: the library's default,
the tier, the cloud, the size, the topology, the product, what follows from the load of a gateway group, the stack file, `--set` on
the command line. Groups and maps are merged key by key; a list replaces the whole list below it. `apim explain STACK [PATH]` shows
every setting and the layer it comes from.

A secret is stored encrypted, in clear it is refused. A rehearsal never decrypts it. A checked setting, such as a range or a
name, must not be encrypted: the platform has to know it before anything is deployed.

The pools `user` and `monitoring` are tainted in every tier (`apim.io/pool=<pool>:NoSchedule`), the pool `management` in
production only: in smaller environments the cluster's own add-ons share it.

Required: {required}. In the tables, *default* is the library's; *layers* is what wins over it (tier, cloud, size, topology, product), where something does.
"""


class Row(NamedTuple):
    """One setting in the reference."""

    path: str
    kind: str
    default: str
    layers: str
    meaning: str


def configuration_reference() -> str:
    """Return the text of `docs/configuration.md`."""
    models = models_schema()
    required = ", ".join(f"`{name}`" for name in models["required"])
    parts = [_HEAD.replace("{required}", required)]
    single: list[Row] = []
    for name, schema in cast("dict[str, Schema]", models["properties"]).items():
        rows = list(_rows(models, schema, (name,), name))
        if len(rows) == 1:
            single += rows
        else:
            meaning = _resolved(models, schema)["description"]
            parts.append(f"\n## {name}\n\n{meaning}\n\n{_table(rows)}")
    parts.insert(1, f"\n## The environment as a whole\n\n{_table(single)}")
    return "".join(parts)


def _table(rows: Iterable[Row]) -> str:
    lines = ["| setting | type | default | layers | meaning |", "|---|---|---|---|---|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _rows(models: Schema, schema: Schema, path: Path, shown: str) -> Iterator[Row]:
    """Yield the settings at and below a schema; `shown` is the path with `[]` for items of lists."""
    optional = {"type": "null"} in schema.get("anyOf", ())
    schema = _resolved(models, schema)
    meaning = str(schema.get("description", "")).replace("\n", " ")
    items = _resolved(models, schema["items"]) if "items" in schema else {}
    if "properties" in schema:
        if optional:
            yield Row(f"`{shown}`", "group", "", "", meaning)
        for name, inner in cast("dict[str, Schema]", schema["properties"]).items():
            for row in _rows(models, inner, (*path, name), f"{shown}.{name}"):
                needed = name in schema.get("required", ()) and not row.default
                yield row._replace(default="required") if needed else row
    elif "properties" in items:
        yield Row(f"`{shown}`", "list of groups", *_values(path), meaning)
        for name, inner in cast("dict[str, Schema]", items["properties"]).items():
            needed = "required" if name in items.get("required", ()) else ""  # without either, made from its neighbours
            default = _code(inner["default"]) if "default" in inner else needed
            for row in _rows(models, inner, (*path, "[]", name), f"{shown}[].{name}"):
                yield row._replace(default=default if row.path == f"`{shown}[].{name}`" else row.default)
    else:
        yield Row(f"`{shown}`", _kind(models, schema), *_values(path, schema), meaning)


def _resolved(models: Schema, schema: Schema) -> Schema:
    """Return a schema with its reference followed and without the alternative null; siblings of a reference win."""
    for inner in cast("list[Schema]", schema.get("anyOf", [])):
        if inner.get("type") != "null":
            schema = {**inner, **{key: value for key, value in schema.items() if key != "anyOf"}}
    reference = schema.get("$ref")
    if reference is None:
        return schema
    target = cast("Schema", models["$defs"][str(reference).rsplit("/", 1)[-1]])
    return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}


def _kind(models: Schema, schema: Schema) -> str:
    if schema.get("type") == "array":
        return f"list of {_kind(models, _resolved(models, schema['items']))}"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties") or next(iter(schema["patternProperties"].values()))
        return f"map to {_kind(models, _resolved(models, values))}"
    return "secret" if schema.get("secret") else _scalar_kind(schema)


def _scalar_kind(schema: Schema) -> str:
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    if schema["type"] == "integer":
        return f"number, {schema['minimum']} to {schema['maximum']}"
    if schema["type"] == "boolean":
        return "`true`, `false`"
    examples = schema.get("examples")
    return f"text, such as `{examples[0]}`" if examples else "text"


def _values(path: Path, schema: Schema | None = None) -> tuple[str, str]:
    """Return the default of a setting, and what tiers, sizes and topologies set."""
    layers = [_listed((tier, value_at(tier_tree(tier), path)) for tier in Tier)]
    layers += [_of_cloud(cloud, path) for cloud in Cloud]
    by_cloud = {cloud: _listed((size, value_at(size_tree(size, cloud), path)) for size in Size) for cloud in Cloud}
    if len(set(by_cloud.values())) == 1:
        layers.append(by_cloud[Cloud.AWS])
    else:
        layers += [f"{cloud}: {sizes}" for cloud, sizes in by_cloud.items()]
    layers.append(_listed((topology, _at(topology_values(topology, Cloud.AWS), path)) for topology in Topology))
    layers.append(_of_products(path))
    return _default(path, schema), "<br>".join(layer for layer in layers if layer)


def _of_cloud(cloud: Cloud, path: Path) -> str:
    """Return what a cloud sets over the tiers, once where it is the same for each of them."""
    by_tier = {tier: value_at(cloud_tree(cloud, tier), path) for tier in Tier}
    if len({json.dumps(value) for value in by_tier.values()}) == 1:
        return _listed([(cloud, by_tier[Tier.DEV])])
    return f"{cloud}: {_listed(by_tier.items())}"


def _of_products(path: Path) -> str:
    """Return what products set, in every cloud or in one."""
    own: dict[str, Any] = {}
    for product in Product:
        values = {cloud: _at(product_values(product, cloud), path) for cloud in Cloud}
        same = len({json.dumps(value) for value in values.values()}) == 1
        own.update(
            {product: values[Cloud.AWS]} if same else {f"{product} on {cloud}": values[cloud] for cloud in Cloud}
        )
    return _listed(own.items())


def _at(values: Mapping[Path, Any], path: Path) -> Any:
    """Return what a layer of paths sets at a path of the reference, in which items of lists are `[]`."""
    for place, value in values.items():
        if tuple("[]" if isinstance(segment, int) else segment for segment in place) == path:
            return value
    return None


def _listed(values: Iterable[tuple[str, Any]]) -> str:
    return ", ".join(f"{name} {_code(value)}" for name, value in values if value is not None)


def _default(path: Path, schema: Schema | None) -> str:
    if len(path) == 1 and path[0] not in default_tree():
        return "required"
    value = value_at(default_tree(), path)
    if value is None and schema is not None and "default" in schema:
        value = schema["default"]
    return "" if value is None else _code(value)


def _code(value: Any) -> str:
    return f"`{value if isinstance(value, str) and value else json.dumps(value)}`"
