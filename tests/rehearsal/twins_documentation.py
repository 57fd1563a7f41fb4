"""Writes the tables of `docs/twins.md` from the cases and the rows: `PYTHONPATH=tests/rehearsal python -m twins_documentation`."""

import re
from collections import Counter
from pathlib import Path

from aws_cases import all_cases
from azure_cases import all_cases as all_azure_cases
from kubernetes_cases import CASES as KUBERNETES_CASES

from apim_infra.rehearsal.twins.aws.rows import all_answers, all_rows
from apim_infra.rehearsal.twins.azure.parts import all_answers as all_azure_answers
from apim_infra.rehearsal.twins.azure.table import all_types

PAGE = Path(__file__).parents[2] / "docs/twins.md"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def aws_refusals() -> str:
    """Return what the AWS twin refuses, one line a kind of wrong request."""
    cases = sorted(all_cases(), key=lambda case: case.service.lower())
    rows = [(case.service, case.wrong, f"`{case.code}`", "yes" if case.moto else "") for case in cases]
    agree = sum(case.moto is not None for case in cases)
    count = f"{len(cases)} kinds of wrong request; for {agree} of them moto answers with the same code."
    return f"{count}\n\n{_table(('service', 'wrong request', 'code', 'moto agrees'), rows)}"


def kubernetes_refusals() -> str:
    """Return what the Kubernetes twin refuses."""
    rows = sorted({(case.of, case.what, f"`{case.code}`") for case in KUBERNETES_CASES})
    return f"{len(rows)} kinds of wrong request.\n\n{_table(('object', 'wrong request', 'code'), rows)}"


def aws_types() -> str:
    """Return the types of the AWS table, by service."""
    tokens = sorted(all_rows())
    services = Counter(token.split(":")[1].split("/", maxsplit=1)[0] for token in tokens)
    rows = [
        (service, ", ".join(f"`{token.rsplit(':', 1)[1]}`" for token in tokens if token.startswith(f"aws:{service}/")))
        for service in sorted(services)
    ]
    answers = ", ".join(f"`{token.rsplit(':', 1)[1]}`" for token in sorted(all_answers()))
    return f"{len(tokens)} types.\n\n{_table(('service', 'types'), rows)}\n\nData sources: {answers}."


def azure_refusals() -> str:
    """Return what the Azure twin refuses, one line a kind of wrong request."""
    cases = sorted(all_azure_cases(), key=lambda case: case.service.lower())
    rows = [(case.service, case.wrong, f"`{case.code}`", "warning" if case.warning else "") for case in cases]
    warnings = sum(case.warning for case in cases)
    count = f"{len(cases)} kinds of wrong request; for {warnings} of them the twin only warns, because the rule is known by heart alone."
    return f"{count}\n\n{_table(('service', 'wrong request', 'code', ''), rows)}"


def azure_types() -> str:
    """Return the types of the Azure table, by module of the SDK."""
    tokens = sorted(all_types())
    rows = [
        (module, ", ".join(f"`{token.rsplit(':', 1)[1]}`" for token in tokens if token.split(":")[1] == module))
        for module in sorted({token.split(":")[1] for token in tokens})
    ]
    answers = ", ".join(f"`{token.split(':', 1)[1]}`" for token in sorted(all_azure_answers()))
    return (
        f"{len(tokens)} types.\n\n{_table(('module', 'types'), rows)}\n\nFunctions: `getX` for every type, {answers}."
    )


PARTS = {
    "aws-refusals": aws_refusals,
    "azure-refusals": azure_refusals,
    "kubernetes-refusals": kubernetes_refusals,
    "aws-types": aws_types,
    "azure-types": azure_types,
}


def written(page: str) -> str:
    """Return the page with every generated part as the code has it now. Raises ValueError when a part has no place in it."""
    for name, make in PARTS.items():
        begin, end = f"<!-- {name}: made by tests/rehearsal/twins_documentation.py -->", f"<!-- end of {name} -->"
        if begin not in page or end not in page:
            message = f"the page has no place for {name}"
            raise ValueError(message)
        place = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        part = f"{begin}\n{make()}\n{end}"
        page = place.sub(lambda _, part=part: part, page)
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
