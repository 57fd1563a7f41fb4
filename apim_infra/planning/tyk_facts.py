"""Words about Tyk by which rows of the matrix of flows are chosen, and the ports that its settings name."""

from collections.abc import Mapping

from apim_infra.products.tyk import has_dashboard, has_endpoint, has_pump, has_remote
from apim_infra.products.tyk_pumps import sink_ports
from apim_infra.settings.environment import Product
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.tyk import TykPattern


def tyk_facts(settings: StackSettings) -> Mapping[str, bool]:
    """Return each word and whether it holds; none holds of another product.

    `tyk-dashboard`, `tyk-mdcb` and `tyk-portals` for what this platform runs, `tyk-remote-inside` or `tyk-remote-outside` for gateways that are managed
    from elsewhere, `tyk-cloud` for those that the vendor runs, `tyk-pump` and `tyk-metrics` for analytics and their endpoint.
    """
    tyk = settings.tyk
    inside = has_remote(settings) and tyk.remote is not None and tyk.remote.inside
    facts = {
        "tyk-dashboard": has_dashboard(settings),
        "tyk-mdcb": tyk.pattern is TykPattern.CONTROL_PLANE,
        "tyk-portals": has_dashboard(settings) and any(each.portal_host for each in tyk.organisations),
        "tyk-remote-inside": inside,
        "tyk-remote-outside": has_remote(settings) and not inside,
        "tyk-cloud": tyk.pattern is TykPattern.CLOUD,
        "tyk-pump": has_pump(settings),
        "tyk-metrics": has_endpoint(settings),
    }
    return {name: holds and settings.product is Product.TYK for name, holds in facts.items()}


def tyk_ports(settings: StackSettings, name: str) -> tuple[tuple[int, int], ...]:
    """Return the ports, as first and last, that a name stands for: `remote`, `upstreams`, and `sinks-outside`, `sinks-inside` with `-udp` for datagrams.

    Raises KeyError for another name.
    """
    tyk = settings.tyk
    ports = {
        "remote": ((tyk.remote.port, tyk.remote.port),) if tyk.remote else (),
        "upstreams": tuple(
            (port, port) for port in sorted({each.port for each in tyk.cloud.upstreams} if tyk.cloud else ())
        ),
        "sinks-outside": sink_ports(settings, inside=False, protocol="tcp"),
        "sinks-outside-udp": sink_ports(settings, inside=False, protocol="udp"),
        "sinks-inside": sink_ports(settings, inside=True, protocol="tcp"),
        "sinks-inside-udp": sink_ports(settings, inside=True, protocol="udp"),
    }
    return ports[name]
