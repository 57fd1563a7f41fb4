"""How figures are printed."""

import sys


def heading(text: str) -> None:
    """Print the name of a group."""
    sys.stdout.write(f"\n{text}\n{'-' * len(text)}\n")
    sys.stdout.flush()


def line(text: str) -> None:
    """Print one figure."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def bound(name: str, value: float, most: float, unit: str = "") -> bool:
    """Print a figure beside its bound; tell whether it is held."""
    held = value <= most
    line(f"{name}: {value:.2f}{unit} (at most {most:g}{unit}){'' if held else '  OUT OF BOUND'}")
    return held


def floor(name: str, value: float, least: float, unit: str = "") -> bool:
    """Print a figure beside its lower bound; tell whether it is held."""
    held = value >= least
    line(f"{name}: {value:.2f}{unit} (at least {least:g}{unit}){'' if held else '  OUT OF BOUND'}")
    return held
