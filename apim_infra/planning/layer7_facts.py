"""Words about Layer7 by which rows of the matrix of flows are chosen, and the ports of its settings that rows name."""

from collections.abc import Mapping

from apim_infra.settings.environment import Product
from apim_infra.settings.gateway import Exposure
from apim_infra.settings.layer7 import DataGrid, ServiceMetrics
from apim_infra.settings.stack import StackSettings


def layer7_facts(settings: StackSettings) -> Mapping[str, bool]:
    """Return each word and whether it holds: `layer7-...` for what its settings ask for; none holds for another product."""
    layer7, own = settings.layer7, settings.product is Product.LAYER7
    return {
        "layer7-external-database": own and layer7.external_database is not None,
        "layer7-embedded-grid": own and layer7.data_grid is DataGrid.EMBEDDED,
        "layer7-grid": own and layer7.data_grid is DataGrid.IN_CLUSTER,
        "layer7-external-grid": own and layer7.data_grid is DataGrid.EXTERNAL,
        "layer7-influxdb": own and layer7.metrics is ServiceMetrics.INFLUXDB,
        "layer7-token-service": own and layer7.token_service,
        "layer7-public-ports": own and any(port.exposure is Exposure.PUBLIC for port in layer7.ports),
        "layer7-private-ports": own and any(port.exposure is Exposure.PRIVATE for port in layer7.ports),
    }


def layer7_ports(settings: StackSettings, name: str) -> tuple[tuple[int, int], ...]:
    """Return the first and last port of everything that a name of the matrix stands for.

    Names are `database`, `grid`, `public` and `private`; raises KeyError for another one.
    """
    layer7 = settings.layer7
    database, grid = layer7.external_database, layer7.external_data_grid
    known: dict[str, tuple[int, ...]] = {
        "database": (database.port,) if database else (),
        "grid": (grid.port,) if grid else (),
        **{
            str(exposure): tuple(port.port for port in layer7.ports if port.exposure is exposure)
            for exposure in Exposure
        },
    }
    return tuple((port, port) for port in known[name])
