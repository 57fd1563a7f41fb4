"""What each product brings, by its name: the shapes of its pods, and the plan of its releases where charts make them."""

from collections.abc import Callable, Mapping

from apim_infra.products import (
    axway_shapes,
    kong_shapes,
    layer7_plan,
    layer7_shapes,
    tyk,
    tyk_plan,
    tyk_shapes,
    wso2,
    wso2_shapes,
)
from apim_infra.products.plans import Access, ProductPlan
from apim_infra.products.profile import Program, profile
from apim_infra.products.shapes import WorkloadShape
from apim_infra.settings.environment import Product
from apim_infra.settings.stack import StackSettings

PodLabel = tuple[str, tuple[str, ...]]
"""A label, and the values that it may have."""

_SHAPES: Mapping[Product, Callable[[StackSettings], tuple[WorkloadShape, ...]]] = {
    Product.KONG: kong_shapes.shapes,
    Product.AXWAY: axway_shapes.shapes,
    Product.LAYER7: layer7_shapes.shapes,
    Product.WSO2: wso2_shapes.shapes,
    Product.TYK: tyk_shapes.shapes,
}

_PLANS: Mapping[Product, Callable[[StackSettings, Access], ProductPlan]] = {
    Product.LAYER7: layer7_plan.plan,
    Product.WSO2: wso2.plan,
    Product.TYK: tyk_plan.plan,
}

_PROGRAMS: Mapping[Product, Callable[[StackSettings], tuple[Program, ...]]] = {
    Product.LAYER7: layer7_plan.programs,
    Product.WSO2: wso2.programs,
    Product.TYK: tyk.programs,
}
"""Programs of a product whose number or hosts the settings decide; those of its profile where a product is not named."""

_POD_LABELS: Mapping[Product, Callable[[StackSettings], Mapping[str, PodLabel]]] = {
    Product.WSO2: wso2.pod_labels,
}
"""By role, the label that a chart gives to the pods, with the values that it may have; the platform's own where a product is not named."""


_EXPORTS: Mapping[Product, Callable[[StackSettings], Mapping[str, object]]] = {
    Product.TYK: tyk.exports,
}
"""What a stack tells of its product beside the platform's own outputs; nothing where a product is not named."""


def shapes(settings: StackSettings) -> tuple[WorkloadShape, ...]:
    """Return the shape of every workload that the product of one deployment brings, its stores left out.

    Raises `ProductUnavailableError` when the product is not built yet.
    """
    profile(settings.product)
    return _SHAPES[settings.product](settings)


def programs(settings: StackSettings) -> tuple[Program, ...]:
    """Return the product's own programs that one deployment runs. Raises `ProductUnavailableError` when the product is not built yet."""
    if settings.product in _PROGRAMS:
        return _PROGRAMS[settings.product](settings)
    return profile(settings.product).programs


def pod_labels(settings: StackSettings) -> Mapping[str, PodLabel]:
    """Return, by role, the label by which pods of one deployment are found where a chart does not let the platform label them."""
    found = _POD_LABELS.get(settings.product)
    return found(settings) if found else {}


def product_plan(settings: StackSettings, access: Access) -> ProductPlan | None:
    """Return the releases, secrets and Jobs of one deployment; None for a product whose gateways are built another way."""
    plan = _PLANS.get(settings.product)
    return plan(settings, access) if plan else None


def exports(settings: StackSettings) -> Mapping[str, object]:
    """Return what a stack tells of its product beside the platform's own outputs, none of it secret."""
    found = _EXPORTS.get(settings.product)
    return found(settings) if found else {}
