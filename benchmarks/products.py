"""The table of `docs/products.md`: what is known of each product on each cloud in each topology, and how.

`python -m benchmarks.products [--charts DIR]` rehearses every combination that is not refused on the control plane, and writes the page. It takes up to
a minute a combination; `--help` tells how to divide it.
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
        """Name of the stack that it is made from."""
        data, name = _data(), f"{self.product}-{self.cloud}-{self.topology}"
        return str(data["others"].get(name) or data["examples"][self.product.value][self.cloud.value])

    @property
    def untried(self) -> str:
        """Why it is not tried; empty when it is."""
        return str(_data()["untried"].get(f"{self.product}-{self.cloud}-{self.topology}", ""))

    @property
    def overrides(self) -> list[str]:
        """What is laid over the stack; nothing where it has this topology already."""
        found = load_environment(self.stack, directory=ROOT).settings
        if found.topology is self.topology:
            groups = _data()["topologies"][self.topology.value][-1:]
            return [] if found.product is self.product else [f"product={self.product}", *groups]
        return [f"topology={self.topology}", *_data()["topologies"][self.topology.value]]

    def refusal(self) -> str:
        """Return why it is refused; empty when it is not."""
        try:
            load_environment(self.stack, directory=ROOT, overrides=self.overrides)
        except SettingsError as error:
            found = [
                each for each in error.violations if each.path in ("topology", "product", "cloud")
            ] or error.violations
            return "; ".join(dict.fromkeys(f"`{each.path}` {each.rule}" for each in found))
        return ""


@cache
def _data() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")))


def combinations() -> Iterator[Combination]:
    """Yield every combination."""
    for product in Product:
        for cloud in Cloud:
            for topology in Topology:
                yield Combination(product, cloud, topology)


@dataclass(frozen=True, slots=True)
class Proofs:
    """How combinations are rehearsed."""

    charts: Path | None
    """Folder of charts."""
    reports: Path | None
    """Folder that keeps the report of each combination: one that is there is not made again."""
    control_plane: frozenset[Topology]
    """Topologies that are rehearsed on the control plane; the others against the twins alone."""

    def of(self, combination: Combination) -> tuple[str, str]:
        """Return what is known of a combination that is not refused, and the number of its pods or its findings in words."""
        report = self._report(combination)
        if report["exit"]:
            rules = sorted({finding["rule"] for finding in report["findings"] if finding["severity"] == "error"})
            return "found", ", ".join(rules)
        plane = report.get("cluster")
        if plane is None:
            return "schema", f"{report['resources']} resources"
        pods = f"{plane['pods_at_maximum'].get('Running', 0)} pods"
        return ("shapes" if plane["not_rendered"] else "rendered"), pods

    def _report(self, combination: Combination) -> dict[str, Any]:
        kept = (
            self.reports / f"{combination.product}-{combination.cloud}-{combination.topology}.json"
            if self.reports
            else None
        )
        if kept is None or not kept.is_file():
            text = self._rehearsed(combination)
            if kept is None:
                return json.loads(text)
            kept.write_text(text, encoding="utf-8")
        return json.loads(kept.read_text(encoding="utf-8"))

    def _rehearsed(self, combination: Combination) -> str:
        command = [sys.executable, "-m", "apim_infra", "rehearse", combination.stack, "--json"]
        for override in combination.overrides:
            command += ["--set", override]
        if combination.topology in self.control_plane:
            command += ["--cluster", *(["--charts", str(self.charts)] if self.charts else [])]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - the project's own command
        if done.returncode == 2:
            raise SystemExit(done.stderr.strip())
        return done.stdout


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
    parser.add_argument(
        "--reports", type=Path, help="folder that keeps the report of each combination, to go on where a run broke off"
    )
    parser.add_argument(
        "--control-plane",
        type=Topology,
        nargs="+",
        default=list(Topology),
        metavar="TOPOLOGY",
        help="topologies to rehearse on the control plane, all by default; the others are rehearsed against the twins alone",
    )
    given = parser.parse_args()
    proofs = Proofs(given.charts, given.reports, frozenset(given.control_plane))
    rows: list[tuple[Combination, str, str]] = []
    for combination in combinations():
        refused, untried = combination.refusal(), combination.untried
        if untried:
            kind, told = "untried", untried
        else:
            kind, told = ("refused", refused) if refused else proofs.of(combination)
        line(f"{combination.product} on {combination.cloud}, {combination.topology}: {kind}, {told}")
        rows.append((combination, kind, told))
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), table(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
