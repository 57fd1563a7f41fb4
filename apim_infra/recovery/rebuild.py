"""The stack file of a platform that is rebuilt in another region.

A rebuilt platform is a new stack with the same settings, never a changed region on a live one. What differs: the region, what the stores are
restored from, and what is global and survives the region (the public zone).
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import yaml

from apim_infra.environment import LONGEST_STACK_NAME
from apim_infra.planning.regions import UnknownRegionError, region
from apim_infra.settings.environment import Cloud
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stack_file import PROJECT, own_key, structured
from apim_infra.settings.stores import StoreMode
from apim_infra.settings.violations import SettingsError, Violation

RESTORED_STORES = ("mariadb", "postgresql", "gateway_postgresql")
"""Stores whose automated backups are copied to the recovery region, of each deployment. The in-memory store holds tokens and sessions: it starts empty,
and users log in again."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the lost platform exported, as `pulumi stack output --json` prints it."""

    backups: Mapping[str, str]
    """Store to the replicated backups in the recovery region."""
    public_zone_id: str | None
    """Public zone of the company domain; zones outlive regions."""
    private_backups: Mapping[str, str] = field(default_factory=dict[str, str])
    """Store of the private deployment to its replicated backups."""
    image_copies: str | None = None
    """Registry and path of the copied images in the recovery region."""
    log_bucket_copy: str | None = None
    """Bucket with the copied logs in the recovery region."""
    vaults: Mapping[str, str] = field(default_factory=dict[str, str])
    """Region to the name of its backup vault."""

    @classmethod
    def from_json(cls, exports: Mapping[str, Any]) -> "Outputs":
        """Read the exports of a stack; what is missing is simply not there."""
        return cls(
            _texts(exports.get("backups")),
            _text(exports.get("public_zone_id")),
            _texts(_mapping(exports.get("private_deployment")).get("backups")),
            _text(exports.get("image_copies")),
            _text(exports.get("log_bucket_copy")),
            _texts(exports.get("backup_vaults")),
        )


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A rebuilt platform, ready to be written."""

    stack: str
    """Name of the new stack."""
    document: Mapping[str, Any]
    """Content of its stack file."""
    restored: tuple[str, ...]
    """Stores that are restored."""
    beside: tuple[str, ...] = ()
    """What else of the lost platform the region holds, and what to do with it, a sentence each."""

    @property
    def file_name(self) -> str:
        """Name of the stack file."""
        return f"Pulumi.{self.stack}.yaml"

    def text(self) -> str:
        """Return the stack file as YAML."""
        notes = [f"Rebuilt in another region; restores {', '.join(self.restored) or 'no store'}.", *self.beside]
        return "".join(f"# {note}\n" for note in notes) + yaml.safe_dump(
            dict(self.document), sort_keys=False, allow_unicode=True
        )


def rebuild(
    stack: str,
    document: Mapping[str, Any],
    settings: StackSettings,
    outputs: Outputs,
    region_name: str,
    *,
    at: datetime | None = None,
) -> Rebuild:
    """Return the stack file that rebuilds a platform in another region.

    Args:
        stack: Name of the stack that is lost.
        document: Its stack file as read from YAML.
        settings: Its resolved settings.
        outputs: Its exports.
        region_name: Region to rebuild it in; must be the one that receives its backups.
        at: Moment to which stores are restored that ask for one; now when None.

    Raises SettingsError with every reason why it cannot be rebuilt there.

    """
    refused = list(_violations(settings, outputs, region_name))
    if refused:
        raise SettingsError(refused)
    config = {key: deepcopy(value) for key, value in cast("Mapping[str, Any]", document["config"]).items()}
    _put(config, "region", region_name)
    names = [name for name in RESTORED_STORES if _is_backed_up(settings, name)]
    restored = {name: _source(settings, name, outputs.backups[name], at) for name in names}
    # Without a recovery region of its own there is nowhere to copy to.
    recovery = {key: value for key, value in _group(config, "recovery").items() if key not in ("region", "copies")}
    restore = {**restored, "images": outputs.image_copies} if outputs.image_copies else restored
    _put(config, "recovery", {**recovery, "restore": restore} if restore else recovery)
    if settings.private_deployment is not None and names:
        theirs = {name: _source(settings, name, outputs.private_backups[name], at) for name in names}
        _put(config, "private_deployment", {**_group(config, "private_deployment"), "restore": theirs})
        names += [f"private_deployment.{name}" for name in names]
    if outputs.public_zone_id is not None and settings.ingress.public.enabled:
        ingress = _group(config, "ingress")
        _put(
            config, "ingress", {**ingress, "dns": {**ingress.get("dns", {}), "public_zone_id": outputs.public_zone_id}}
        )
    _drop(config, "network", "existing")
    _fit_zones(config, settings, region_name)
    literals = list(_literals(config, settings.region, ""))
    if literals:
        raise SettingsError(literals)
    beside = tuple(_beside(settings, outputs, region_name))
    return Rebuild(rebuilt_name(stack, region_name), {**document, "config": config}, tuple(names), beside)


def rebuilt_name(stack: str, region_name: str) -> str:
    """Return the name of the new stack: that of the lost one, as far as it fits, and the region."""
    return f"{stack[: LONGEST_STACK_NAME - len(region_name) - 1].rstrip('-')}-{region_name}"


def _source(settings: StackSettings, name: str, backups: str, at: datetime | None) -> dict[str, str]:
    """Return what a store is restored from."""
    source = {"automated_backups": backups}
    if settings.cloud is Cloud.AZURE and name != "mariadb":
        moment = (at or datetime.now(UTC)).astimezone(UTC)
        source["time"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return source


def refused_region(settings: StackSettings, region_name: str) -> Violation | None:
    """Return why a platform cannot be rebuilt in a region; None when it can."""
    try:
        region(settings.cloud, region_name)
    except UnknownRegionError as error:
        near = f"; near it: {', '.join(error.nearest)}" if error.nearest else ""
        return Violation("--region", region_name, f"is no region of {settings.cloud}", f"name another region{near}")
    if region_name == settings.region:
        return Violation("--region", region_name, "is the region that the platform is in", "name another region")
    if settings.recovery.region != region_name:
        copies = settings.recovery.region or "nowhere"
        fix = f"set recovery.region to {region_name} before the loss, or rebuild where the copies are"
        return Violation("--region", region_name, f"holds no backups: they are copied to {copies}", fix)
    return None


def _violations(settings: StackSettings, outputs: Outputs, region_name: str) -> Iterator[Violation]:
    refused = refused_region(settings, region_name)
    if refused is not None:
        yield refused
        return
    exported = {"": outputs.backups}
    if settings.private_deployment is not None:
        exported["private_deployment."] = outputs.private_backups
    for place, backups in exported.items():
        for name in RESTORED_STORES:
            if _is_backed_up(settings, name) and name not in backups:
                yield Violation(
                    f"{place}backups.{name}",
                    None,
                    f"the stack's outputs name no backups of {name}",
                    "deploy the stack once with recovery.region set, or pass its outputs with --outputs",
                )


def _beside(settings: StackSettings, outputs: Outputs, region_name: str) -> Iterator[str]:
    """Say what else the region holds of the lost platform (docs/recovery.md)."""
    if settings.cloud is Cloud.AZURE:
        yield from _beside_on_azure(settings, outputs)
        return
    if outputs.image_copies:
        yield f"Images: the control plane's are pulled from their copies, {outputs.image_copies}, until recovery.restore.images is removed."
    if region_name in outputs.vaults:
        yield f"Volumes: their recovery points are in the backup vault {outputs.vaults[region_name]}; restore them by hand."
    if outputs.log_bucket_copy:
        yield f"Logs: the copied ones stay in the bucket {outputs.log_bucket_copy}."
    if settings.recovery.copies.secrets:
        yield f"Secrets: copies are in {region_name} under their old names; the rebuilt platform makes its own."


def _beside_on_azure(settings: StackSettings, outputs: Outputs) -> Iterator[str]:
    if any(_is_backed_up(settings, name) for name in RESTORED_STORES):
        yield (
            "Passwords: a restored server keeps that of its administrator; take it from the lost stack's state or vault, and set it before the first "
            "deployment: pulumi config set --path --secret apim:recovery.restore.<store>.password."
        )
    if "recovery" in outputs.vaults:
        yield (
            "Shared files and machines of Cassandra: their recovery points of this region are in the vault "
            f"{outputs.vaults['recovery']}; restore them by hand."
        )
    if settings.recovery.copies.logs:
        yield "Logs: the log storage keeps a copy of them here, which is readable once the account has failed over."


def _is_backed_up(settings: StackSettings, name: str) -> bool:
    store = getattr(settings.stores, name)
    return store.mode is StoreMode.MANAGED and store.backup_retention_days > 0


def _fit_zones(config: dict[str, Any], settings: StackSettings, region_name: str) -> None:
    """Use as many zones as the other region has, when it has fewer."""
    available = region(settings.cloud, region_name).cluster_zones
    if settings.network.zones > available:
        _put(config, "network", {**_group(config, "network"), "zones": available})


def _literals(value: Any, region_name: str, path: str) -> Iterator[Violation]:
    """Find what still names the lost region: a key, a role or a zone that is gone with it."""
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            yield from _literals(item, region_name, f"{path}.{key}" if path else str(own_key(str(key)) or key))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _literals(item, region_name, f"{path}[{index}]")
    elif isinstance(value, str) and region_name in value:
        yield Violation(
            path, value, f"names the lost region {region_name}", "write it without the region, or remove it"
        )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: Any) -> Mapping[str, str]:
    return {name: text for name, text in _mapping(value).items() if isinstance(text, str) and text}


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _key(config: Mapping[str, Any], name: str) -> str:
    """Return the key under which a setting stands in the file; `apim:<name>` when it does not stand there yet."""
    return next((key for key in config if own_key(key) == name), f"{PROJECT}:{name}")


def _group(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = structured(name, config.get(_key(config, name)))
    return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else {}


def _put(config: dict[str, Any], name: str, value: Any) -> None:
    config[_key(config, name)] = value


def _drop(config: dict[str, Any], name: str, part: str) -> None:
    group = _group(config, name)
    if part in group:
        _put(config, name, {key: value for key, value in group.items() if key != part})
