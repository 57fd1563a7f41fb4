"""The table of products says of every combination what the settings say of it today."""

import pytest

from benchmarks.products import PAGE, Combination, combinations

ROWS = {
    tuple(cell.strip() for cell in line.strip("|").split("|"))[:2]: [
        cell.strip() for cell in line.strip("|").split("|")
    ][2:]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and line.count("|") == 7
}
"""Product and cloud to their cells, one a topology."""
TOPOLOGIES = ROWS["product", "cloud"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "combination", list(combinations()), ids=lambda one: f"{one.product}-{one.cloud}-{one.topology}"
)
def test_a_cell_says_what_is_so(combination: Combination) -> None:
    cell = ROWS[combination.product, combination.cloud][TOPOLOGIES.index(combination.topology)]
    kind, _, told = cell.partition(": ")
    refused = combination.refusal().replace("|", "/")
    if combination.untried:
        assert (kind, told) == ("untried", combination.untried)
    elif refused:
        assert (kind, told) == ("refused", refused)
    else:
        assert kind in {"rendered", "shapes", "schema"}
