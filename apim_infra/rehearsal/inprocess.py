"""Runs a program in this process, with the monitor as an object: fast, for tests of components.

The SDK keeps its settings in context variables; a run gets a copy of the context, a loop of its own and a root of its own, so that runs do not see
each other (the SDK's automation server does the same). Modules stay imported between runs: a program that registers resources when a module is
imported needs `runner`.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi.runtime import Settings, configure, run_in_stack, set_all_config
from pulumi.runtime.settings import ROOT

from apim_infra.rehearsal import sdk_speed
from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.engine import Engine
from apim_infra.rehearsal.monitor import Monitor


@dataclass(slots=True)
class InProcess:
    """Runs a function as a Pulumi program."""

    program: Callable[[], Any]
    directory: Path
    config: dict[str, str]
    secret_keys: frozenset[str]
    parallel: int = 4
    """As the CLI's `--parallel`: four times as many requests are under way at most."""
    at_once: bool = False
    """Whether each request is answered where it is made, a fifth faster than on threads; not for a program with hooks or transforms, whose answers
    wait for the program."""

    def run(self, deployment: Deployment) -> BaseException | None:
        """Run the program once; return what it raised."""
        monitor = Monitor(
            deployment,
            self.directory,
            parallel=self.parallel,
            config=self.config,
            secret_keys=self.secret_keys,
        )
        raised: list[BaseException] = []
        contextvars.copy_context().run(self._run, monitor, raised)
        deployment.hooks.callbacks.close()
        return raised[0] if raised else None

    def _run(self, monitor: Monitor, raised: list[BaseException]) -> None:
        ROOT.set(None)
        sdk_speed.install()
        configure(
            Settings(
                project=monitor.deployment.project,
                stack=monitor.deployment.stack,
                monitor=monitor,
                engine=Engine(),
                parallel=self.parallel,
                dry_run=False,
                organization="organization",
                root_directory=str(self.directory),
            )
        )
        set_all_config(self.config, sorted(self.secret_keys))
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        workers = self.parallel * 4
        loop.set_default_executor(_AtOnce() if self.at_once else ThreadPoolExecutor(max_workers=workers))
        loop.set_exception_handler(_ignore)
        try:
            loop.run_until_complete(run_in_stack(self.program))
        except Exception as error:  # noqa: BLE001 - a program may raise anything; the caller reports it
            raised.append(error)
        finally:
            _end(loop)


class _AtOnce(ThreadPoolExecutor):
    """Does everything where it is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return what has ended already."""
        answer: Future[Any] = Future()
        try:
            answer.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - the program is told what a thread would have told it
            answer.set_exception(error)
        return answer


def _ignore(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say nothing of futures that nobody awaited: a program that fails leaves some."""


def _end(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_default_executor())
    asyncio.set_event_loop(None)
    loop.close()
