"""The table of `docs/products.md`: what is known of each product on each cloud in each topology, and how.

`python -m benchmarks.products [--charts DIR]` rehearses every combination that is not refused on the control plane, and writes the page. It takes some
twenty seconds a combination.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

from apim_infra.environment import load_environment
from apim_infra.settings.environment import Cloud, Product, Topology
from apim_infra.settings.violations import SettingsError
from benchmarks.out import line
from benchmarks.stacks import ROOT

PAGE = ROOT / "docs/products.md"
BEGIN, END = "<!-- table: made by `make products` -->", "<!-- end of the table -->"


@dataclass(frozen=True, slots=True)
class Combination:
    """A product on a cloud in a topology."""

    product: Product
    cloud: Cloud
    topology: Topology

    @property
    def stack(self) -> str:
        """Name of the example that it is made from."""
        return str(_data()["examples"][self.product.value][self.cloud.value])

    @property
    def overrides(self) -> list[str]:
        """What is laid over the example; nothing where the example has this topology already."""
        if self._base().topology is self.topology:
            return []
        laid = [f"topology={self.topology}", *_data()["topologies"][self.topology.value]]
        if self.topology.value in _data()["private"]:
            laid += [f"gateway_groups[{at}].exposure=private" for at, _ in enumerate(self._base().gateway_groups)]
        return laid

    def refusal(self) -> str:
        """Return why it is refused; empty when it is not."""
        try:
            load_environment(self.stack, directory=ROOT, overrides=self.overrides)
        except SettingsError as error:
            return "; ".join(dict.fromkeys(f"`{each.path}` {each.rule}" for each in error.violations))
        return ""

    def _base(self) -> Any:
        return load_environment(self.stack, directory=ROOT).settings


@cache
def _data() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")))


def combinations() -> Iterator[Combination]:
    """Yield every combination."""
    for product in Product:
        for cloud in Cloud:
            for topology in Topology:
                yield Combination(product, cloud, topology)


def proof(combination: Combination, charts: Path | None) -> tuple[str, str]:
    """Return what is known of a combination that is not refused, and the number of its pods or findings in words."""
    command = [sys.executable, "-m", "apim_infra", "rehearse", combination.stack, "--json", "--cluster"]
    for override in combination.overrides:
        command += ["--set", override]
    command += ["--charts", str(charts)] if charts else []
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - the project's own command
    if done.returncode == 2:
        raise SystemExit(done.stderr.strip())
    report = json.loads(done.stdout)
    if report["exit"]:
        rules = sorted({finding["rule"] for finding in report["findings"] if finding["severity"] == "error"})
        return "found", ", ".join(rules)
    plane = report["control_plane"]
    pods = f"{plane['pods_at_maximum'].get('Running', 0)} pods"
    return ("shapes" if plane["not_rendered"] else "rendered"), pods


def table(rows: list[tuple[Combination, str, str]]) -> str:
    """Return the table: a row a product and cloud, a column a topology."""
    head = ("product", "cloud", *(topology.value for topology in Topology))
    cells = {(row.product, row.cloud, row.topology): f"{kind}: {told}" for row, kind, told in rows}
    lines = [head, tuple("---" for _ in head)]
    for product in Product:
        for cloud in Cloud:
            told = (cells.get((product, cloud, topology), "") for topology in Topology)
            lines.append((product.value, cloud.value, *told))
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def written(page: str, text: str) -> str:
    """Return the page with another table."""
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: f"{BEGIN}\n{text}\n{END}", page, flags=re.DOTALL)


def main() -> None:
    """Rehearse every combination and write the page."""
    parser = argparse.ArgumentParser(description="Write the table of docs/products.md.")
    parser.add_argument("--charts", type=Path, help="folder of charts that `helm pull` has left")
    charts: Path | None = parser.parse_args().charts
    rows: list[tuple[Combination, str, str]] = []
    for combination in combinations():
        refused = combination.refusal()
        kind, told = ("refused", refused) if refused else proof(combination, charts)
        line(f"{combination.product} on {combination.cloud}, {combination.topology}: {kind}, {told}")
        rows.append((combination, kind, told))
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), table(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
