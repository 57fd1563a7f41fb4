"""Working through items side by side, each after what it needs, or in reverse, each before."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from apim_infra.cluster.items import Item

WORKERS = 16
"""Threads; most of them wait for something to get ready."""


def work_through(items: Sequence[Item], work: Callable[[Item], None], *, reverse: bool = False) -> None:
    """Call `work` for every item, side by side, in an order that their needs allow; the first exception ends it and is raised.

    Raises ValueError for items that need one another.
    """
    known = {item.urn for item in items}
    after: dict[str, set[str]] = {item.urn: set(item.needs & known) for item in items}
    if reverse:
        needed: dict[str, set[str]] = {urn: set() for urn in after}
        for urn, needs in after.items():
            for need in needs:
                needed[need].add(urn)
        after = needed
    pending = {item.urn: item for item in (reversed(items) if reverse else items)}
    done: set[str] = set()
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="apply") as pool:
        while pending or running:
            for urn, item in list(pending.items()):
                if after[urn] <= done:
                    del pending[urn]
                    running[pool.submit(work, item)] = urn
            if not running:
                raise ValueError(f"these need one another: {', '.join(pending)}")
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                done.add(running.pop(future))
                future.result()
