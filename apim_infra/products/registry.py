"""What each product brings, by its name: the shapes of its pods, and the plan of its releases where charts make them."""

from collections.abc import Callable, Mapping

from apim_infra.products import axway_shapes, kong_shapes
from apim_infra.products.plans import Access, ProductPlan
from apim_infra.products.profile import profile
from apim_infra.products.shapes import WorkloadShape
from apim_infra.settings.environment import Product
from apim_infra.settings.stack import StackSettings

_SHAPES: Mapping[Product, Callable[[StackSettings], tuple[WorkloadShape, ...]]] = {
    Product.KONG: kong_shapes.shapes,
    Product.AXWAY: axway_shapes.shapes,
}

_PLANS: Mapping[Product, Callable[[StackSettings, Access], ProductPlan]] = {}


def shapes(settings: StackSettings) -> tuple[WorkloadShape, ...]:
    """Return the shape of every workload that the product of one deployment brings, its stores left out.

    Raises `ProductUnavailableError` when the product is not built yet.
    """
    profile(settings.product)
    return _SHAPES[settings.product](settings)


def product_plan(settings: StackSettings, access: Access) -> ProductPlan | None:
    """Return the releases, secrets and Jobs of one deployment; None for a product whose gateways are built another way."""
    plan = _PLANS.get(settings.product)
    return plan(settings, access) if plan else None
