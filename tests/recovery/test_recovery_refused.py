"""A drill of a platform that is itself broken says so, instead of missing its exports."""

from types import SimpleNamespace
from typing import Any

import pytest
from conftest import ROOT

from apim_infra.environment import load_environment
from apim_infra.findings import Finding, Severity
from apim_infra.recovery import drill as module
from apim_infra.settings.violations import SettingsError


def test_a_platform_that_does_not_rehearse_clean_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Finding(Severity.ERROR, "aws:QuotaExceeded", "there is no room")

    def rehearse(*_: Any, **__: Any) -> Any:
        warned = Finding(Severity.WARNING, "support-ends", "soon")
        return SimpleNamespace(findings=[warned, broken], graph=SimpleNamespace(exports={}))

    monkeypatch.setattr(module, "rehearse", rehearse)
    with pytest.raises(SettingsError) as caught:
        module.drill(load_environment("prd", directory=ROOT), ROOT, "eu-west-1")
    (violation,) = caught.value.violations
    assert violation.path == "prd"
    assert "aws:QuotaExceeded: there is no room" in violation.rule
    assert "apim rehearse prd" in violation.fix
