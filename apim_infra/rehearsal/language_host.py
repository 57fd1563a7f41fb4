"""Runs one Pulumi program, as `pulumi-language-python-exec` of pulumi/pulumi (August 2026) does: same arguments, settings, loop and `runpy` call.

Started by `runner` as a script of its own, so that the program's process holds nothing of this project: it imports the standard library and the
SDK alone. What goes wrong is written as one JSON object to the file descriptor `--report`.

With `--serve` it imports modules first and then forks a process for every run that is asked for (`warm_hosts`): programs that share their modules
import them once.
"""

import argparse
import asyncio
import contextlib
import gc
import importlib
import importlib.util
import json
import logging
import os
import runpy
import socket
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

SHOWN_EXIT_CODE = 32
"""The language host's own exit code for an error that was already shown to the user."""

FOREIGN_FOLDERS = frozenset({"site-packages", "dist-packages", ".venv", "venv"})
MOST_FRAMES = 6
MOST_BYTES = 65_536
"""Bytes of a request that are read at a time."""

COLLECTOR = (200_000, 20, 20)
"""Thresholds of the garbage collector: a program makes many objects and few of them are garbage; at the usual thresholds a third of the time goes
into looking (measured with 420 resources, for 4 MB less)."""


class _Engine:
    """The engine's service without debug messages: the SDK logs several for each resource, and nobody reads them."""

    def __init__(self, address: str) -> None:
        import grpc  # noqa: PLC0415 - after the arguments are read
        from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc  # noqa: PLC0415 - as above

        self._stub: Any = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
        self._debug = engine_pb2.DEBUG

    def Log(self, request: Any) -> Any:  # noqa: N802 - the service's own name
        return None if request.severity == self._debug else self._stub.Log(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stub, name)


def serve(control: int, modules: Sequence[str], run: Callable[[Sequence[str]], int]) -> None:
    """Import modules, then fork a process that calls `run` for each request on a socket, until its other end goes away.

    A request is a line of JSON (`arguments`, `environment`) with the descriptors of its output, of where the process that waits for the run
    writes its id and, at its end, its exit code, and of its report where there is one.
    """
    for name in modules:
        importlib.import_module(name)
    gc.freeze()
    with socket.socket(fileno=control) as requests:
        while True:
            text, descriptors, _, _ = socket.recv_fds(requests, MOST_BYTES, 3)
            if not text:
                return
            while not text.endswith(b"\n"):
                text += requests.recv(MOST_BYTES)
            if os.fork() == 0:
                requests.close()
                _wait_for_run(json.loads(text), descriptors, run)
            for descriptor in descriptors:
                os.close(descriptor)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _wait_for_run(
    request: Mapping[str, Any], descriptors: Sequence[int], run: Callable[[Sequence[str]], int]
) -> NoReturn:
    """Fork the run, and tell its id and its exit code."""
    output, ending, *report = descriptors
    child = os.fork()
    if child == 0:
        os.close(ending)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.environ.clear()
        os.environ.update(request["environment"])
        code = 1
        try:
            code = run([*(word for number in report for word in ("--report", str(number))), *request["arguments"]])
        except BaseException:  # noqa: BLE001 - what is told here is the run's, whatever it is; it must not go on as its parent
            traceback.print_exc()
        finally:
            _leave(code)
    for descriptor in (output, *report):
        os.close(descriptor)
    os.write(ending, f"{child}\n".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.write(ending, f"{code}\n".encode())
    os._exit(0)


def _leave(code: int) -> NoReturn:
    """End a forked run at once: what the process that it was forked from would do at its own end is not the run's business."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main(given: Sequence[str]) -> int:
    """Run the program that the arguments name and return the exit code."""
    arguments = _arguments(given)
    gc.set_threshold(*COLLECTOR)
    import pulumi  # noqa: PLC0415 - read after the arguments, so that a wrong call fails fast
    from pulumi import runtime  # noqa: PLC0415 - as above

    _speed().install()
    runtime.set_all_config(runtime.get_config_env(), list(runtime.get_config_secret_keys_env()))
    settings = runtime.Settings(
        monitor=arguments.monitor,
        engine=_Engine(arguments.engine),
        project=arguments.project,
        stack=arguments.stack,
        parallel=arguments.parallel,
        dry_run=arguments.dry_run == "true",
        organization=arguments.organization,
        root_directory=arguments.root_directory,
    )
    runtime.configure(settings)
    os.chdir(arguments.pwd)
    sys.argv = [arguments.program]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max_workers=max(arguments.parallel, 1) * 4)
    loop.set_default_executor(executor)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a failing program leaves futures that nobody awaits
    root = Path(arguments.root_directory).resolve()
    try:
        loop.run_until_complete(runtime.run_in_stack(lambda: _run(arguments.program)))
    except pulumi.RunError as error:
        kind = "configuration" if type(error).__name__.startswith("Config") else "run-error"
        _report(arguments.report, kind, str(error), frames_of(error, root))
        return 1
    except SystemExit as error:
        if error.code in (None, 0):
            return 0
        _report(arguments.report, "exit", f"the program left with exit code {error.code}", frames_of(error, root))
        return 1
    except Exception as error:  # noqa: BLE001 - a program may raise anything
        _report(arguments.report, "exception", _text(error), frames_of(error, root))
        return SHOWN_EXIT_CODE
    finally:
        executor.shutdown(wait=True)
        loop.close()
    return 0


def _speed() -> Any:
    """Return the module of faster loops, which lies beside this script: its package is not to be found from the program's process."""
    spec = importlib.util.spec_from_file_location("apim_sdk_speed", Path(__file__).with_name("sdk_speed.py"))
    if spec is None or spec.loader is None:
        raise ImportError("sdk_speed.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run a Pulumi Python program for a rehearsal")
    for name in ("monitor", "engine", "project", "stack", "organization", "root_directory", "pwd"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--parallel", type=int, required=True)
    parser.add_argument("--dry_run", choices=("true", "false"), default="false")
    parser.add_argument("--report", type=int, required=True)
    parser.add_argument("program")
    return parser.parse_args(given)


def _run(program: str) -> None:
    runpy.run_path(program, run_name="__main__")


def _text(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    return "".join(traceback.format_exception_only(error)).strip()


def frames_of(error: BaseException, root: Path) -> list[dict[str, Any]]:
    """Return the calls in the user's own code, innermost first, of the first exception in the chain that has any."""
    link: BaseException | None = error
    seen: set[int] = set()
    while (
        link is not None and id(link) not in seen
    ):  # an exception that many futures raise again can be its own context
        seen.add(id(link))
        found = [
            {"source": f"{file.relative_to(root).as_posix()}:{frame.lineno}", "function": frame.name}
            for frame in reversed(traceback.extract_tb(link.__traceback__))
            if not frame.filename.startswith("<")  # frozen modules have no file
            and (file := Path(frame.filename).resolve()).is_relative_to(root)
            and FOREIGN_FOLDERS.isdisjoint(file.relative_to(root).parts)
            and file != Path(__file__).resolve()
        ]
        if isinstance(link, SyntaxError) and link.filename and Path(link.filename).resolve().is_relative_to(root):
            where = Path(link.filename).resolve().relative_to(root).as_posix()
            found.insert(0, {"source": f"{where}:{link.lineno}", "function": ""})
        if found:
            return found[:MOST_FRAMES]
        link = link.__cause__ or link.__context__
    return []


def _report(descriptor: int, kind: str, message: str, frames: list[dict[str, Any]]) -> None:
    with os.fdopen(descriptor, "w", encoding="utf-8") as pipe:
        json.dump({"kind": kind, "message": message, "frames": frames}, pipe)


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(int(sys.argv[2]), sys.argv[3:], main)
        sys.exit(0)
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)
