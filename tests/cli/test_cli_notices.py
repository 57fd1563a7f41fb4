"""A rehearsal warns of what will not stay right, and goes on."""

import json

import pytest

from apim_infra.cli import main
from apim_infra.planning.notices import SUPPORT_ENDS


@pytest.mark.slow
def test_a_version_whose_support_ends_is_a_warning_in_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["rehearse", "dev", "--set", "stores.mariadb.version=10.6", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (end.value.code, report["exit"]) == (0, 0)
    (finding,) = [finding for finding in report["findings"] if finding["rule"] == SUPPORT_ENDS]
    assert finding["severity"] == "warning"
    assert "stores.mariadb.version = 10.6" in finding["message"]
