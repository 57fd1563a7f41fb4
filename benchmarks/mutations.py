"""How many wrong requests the twins catch: every reference, CIDR, enum, name, required and nested property of recorded graphs, changed in turn."""

import time
from collections import Counter
from itertools import islice

from apim_infra.findings import Finding, Severity
from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.replay import Replayer
from benchmarks.mutants import Mutant, mutants
from benchmarks.out import floor, heading, line
from benchmarks.stacks import AZURE, rehearsed

LEAST_CAUGHT = 95.0
STACKS = ("prd", AZURE)


def report() -> bool:
    """Print the figure for each stack and kind of mutant, and the survivors."""
    held = [_of_stack(stack) for stack in STACKS]
    return all(held)


def _of_stack(stack: str) -> bool:
    heading(f"Mutations of the graph of {stack}")
    began = time.perf_counter()
    tried, survivors = survey(stack)
    missed = Counter(mutant.kind for mutant in survivors)
    for kind, count in sorted(tried.items()):
        line(f"{kind}: {count - missed[kind]} of {count} caught")
    for mutant in survivors:
        line(
            f"  survivor: {mutant.kind} {mutant.resource.type} {mutant.resource.name} {mutant.path()}: {mutant.what[:160]}"
        )
    total = sum(tried.values())
    line(f"{total} mutants replayed in {time.perf_counter() - began:.0f} s")
    return floor("caught", 100 * (total - len(survivors)) / total, LEAST_CAUGHT, " %")


def survey(stack: str) -> tuple[Counter[str], list[Mutant]]:
    """Replay every mutant of a stack's graph; return how many of each kind there are, and those that no twin refused."""
    return survey_of(rehearsed(stack).graph)


def survey_of(graph: Graph, every: int = 1) -> tuple[Counter[str], list[Mutant]]:
    """Replay every mutant of a graph, or every so-many-th of them."""
    replayer = Replayer(graph)
    known = {_key(finding) for finding in replayer.findings}
    tried: Counter[str] = Counter()
    survivors: list[Mutant] = []
    for mutant in islice(mutants(graph), 0, None, every):
        tried[mutant.kind] += 1
        findings = replayer.replay(mutant.applied_to(graph), stop=True)
        if not any(_refused(finding) and _key(finding) not in known for finding in findings):
            survivors.append(mutant)
    return tried, survivors


def _refused(finding: Finding) -> bool:
    """Tell whether a finding is a refusal; a twin that breaks down has refused nothing."""
    return finding.severity is Severity.ERROR and finding.rule != "twin-defect"


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.urn, finding.message
