"""Supported versions."""

import pytest

from apim_infra.planning import versions
from apim_infra.planning.versions import Engine, is_supported, supported_versions
from apim_infra.settings.environment import Cloud


def test_kubernetes_versions_of_each_cloud() -> None:
    assert supported_versions(Cloud.AWS, "kubernetes") == ("1.33", "1.34", "1.35", "1.36")
    assert supported_versions(Cloud.AZURE, "kubernetes") == ("1.34", "1.35", "1.36")


@pytest.mark.parametrize(
    ("engine", "version", "supported"),
    [
        ("kubernetes", "1.35", True),
        ("kubernetes", "1.3", False),
        ("kubernetes", "1.32", False),
        ("kubernetes", "2.0", False),
        ("mariadb", "11.8", True),
        ("mariadb", "11.8.9", True),
        ("mariadb", "11.80", False),
        ("mariadb", "10.5", False),
        ("postgresql", "17", True),
        ("postgresql", "17.6", True),
        ("postgresql", "170", False),
        ("postgresql", "13", False),
        ("redis", "8.1", True),
        ("redis", "6.2", False),
    ],
)
def test_a_version_belongs_to_a_supported_series(engine: Engine, version: str, supported: bool) -> None:
    assert is_supported(Cloud.AWS, engine, version) is supported


def test_azure_has_mysql_in_the_place_of_mariadb() -> None:
    assert supported_versions(Cloud.AZURE, "mariadb") == ("8.0", "8.4")
    assert not is_supported(Cloud.AZURE, "mariadb", "11.8")


def test_what_the_data_does_not_know_is_left_to_the_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_ends", lambda *_: {})
    assert supported_versions(Cloud.AZURE, "mariadb") == ()
    assert is_supported(Cloud.AZURE, "mariadb", "8.4")
