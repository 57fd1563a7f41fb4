"""Who a new thing is: id, ARN and the other outputs."""

from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.templates import FIELD, GENERATED, fill
from apim_infra.rehearsal.twins.cloud.schema import shape_of
from apim_infra.rehearsal.twins.cloud.world import Thing


def identify(context: Context, seed: str, old: Thing | None = None) -> None:
    """Fill in id, ARN and outputs of a context: what the inputs say, the identifier's template, then the row's own outputs.

    `old` is the thing that an update replaces: it keeps its id and ARN. `seed` makes the generated parts.
    """
    row = context.row
    outputs = context.outputs = _given(context, old)

    def value(key: str) -> Any:
        match key:
            case "name":
                return context.name or outputs.get("name")
            case "account":
                return context.account
            case "region":
                return context.region
            case _:
                found = outputs.get(key)
                return "unknown" if found == UNKNOWN else found

    if old is not None:
        context.id = outputs["id"] = old.id
        if row.outputs:
            outputs.update(row.outputs(context))
        return
    # A template that takes an output of the row's function waits for it; the function otherwise sees the id.
    by_arn = row.identifier == "{arn}"
    late = row.outputs is not None and any(
        not GENERATED.fullmatch(field)
        and (field not in ("id", "arn") or (by_arn and not row.arn))
        and value(field) is None
        for field in FIELD.findall(row.identifier + row.arn)
    )
    if late and row.outputs:
        outputs.update(row.outputs(context))
    if by_arn and row.arn:
        context.id = outputs["arn"] = fill(row.arn, value, seed)
    else:
        context.id = fill(row.identifier, value, seed)
    outputs["id"] = context.id
    if row.arn:
        outputs.setdefault("arn", fill(row.arn, value, seed))
    if row.outputs and not late:
        outputs.update(row.outputs(context))


def _given(context: Context, old: Thing | None) -> dict[str, Any]:
    """Return the outputs that repeat inputs, on top of what an update keeps from before."""
    row = context.row
    kept = {key: value for key, value in old.outputs.items() if key not in old.inputs} if old else {}
    outputs: dict[str, Any] = {**kept, **context.inputs}
    if row.name:
        outputs[row.name.property] = context.name
    if row.regional:
        outputs["region"] = context.region
    if "tags" in shape_of(row.token).properties().shapes:
        outputs["tagsAll"] = context.inputs.get("tags", {})
    return outputs
