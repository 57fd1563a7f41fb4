"""What an interrupt does to a command that rehearses."""

import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import typer

INTERRUPTED = 130
"""Exit code after an interrupt, as shells have it."""


REHEARSAL = "The rehearsal was interrupted; its program has been ended and nothing was written."


@contextmanager
def interruptible(message: str = REHEARSAL) -> Generator[None]:
    """Leave with exit code 130 and a message when the block is interrupted; the signal that ends a process counts too, so that programs are ended with it."""

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a handler
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{message}\n")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)
