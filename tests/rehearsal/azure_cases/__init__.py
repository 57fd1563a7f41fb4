"""Wrong requests that Azure refuses, one tuple a service: the twin must answer each with Azure's own code."""

from importlib import import_module
from pkgutil import iter_modules

from azure_cases.case import Case


def all_cases() -> list[Case]:
    """Return the cases of every service module of this package, in the modules' alphabetical order."""
    cases: list[Case] = []
    for module in sorted(found.name for found in iter_modules(__path__)):
        cases += getattr(import_module(f"azure_cases.{module}"), "CASES", ())
    return cases
