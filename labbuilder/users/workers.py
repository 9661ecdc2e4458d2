"""Worker processes: a function applied to items in several processes, with results in order.

If a worker is killed, the parent process is told by the end of its pipe, even in the middle of a
result. If the parent process is, the workers are told by the end of another.
"""

from __future__ import annotations

import errno
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

__all__ = ["map_in_processes"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_processes(
    make: Callable[[], Callable[[Item], Result]], items: Iterable[Item], jobs: int
) -> Iterator[Result]:
    """Apply a function, which each process makes once, and yield the results in order.

    Only a few items are held at a time. It raises ChildProcessError if a process is killed, and
    what the function raises.
    """
    life, ours = Pipe(duplex=False)
    idle: SimpleQueue[Connection] = SimpleQueue()
    with _signals_held():
        processes = [_started(make, idle, life, ours) for _ in range(jobs)]
    waiting: deque[Future[Result]] = deque()
    try:
        with ThreadPoolExecutor(jobs) as threads:  # each waits for a process
            try:
                for item in items:
                    waiting.append(threads.submit(_ask, idle, item))
                    if len(waiting) > 2 * jobs:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for process in processes:
                    process.kill()  # whatever it is at, if this ends early
                for each in waiting:
                    each.cancel()
    finally:
        for process in processes:
            process.kill()
            process.join()
        life.close()
        ours.close()


_ENDING = {signal.SIGINT, signal.SIGTERM}


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let signals wait: Python ignores what a handler raises in the midst of a fork."""
    mask = getattr(signal, "pthread_sigmask", None)
    if mask is None:  # Windows, which doesn't fork
        yield
        return
    before = mask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        mask(signal.SIG_SETMASK, before)


def _started(
    make: Callable[[], Callable[[Item], Result]],
    idle: SimpleQueue[Connection],
    life: Connection,
    ours: Connection,
) -> Process:
    """Start a process; all are before the first thread, whose locks they would inherit."""
    here, there = Pipe()
    process = Process(target=_work, args=(make, there, life, ours), daemon=True)
    process.start()
    there.close()  # so that its end is the end of the pipe
    idle.put(here)
    return process


def _ask(idle: SimpleQueue[Connection], item: object) -> Any:
    connection = idle.get()
    try:
        connection.send(item)
        result = connection.recv()
    except (EOFError, OSError):
        raise ChildProcessError(errno.ECHILD, "a worker process was killed") from None
    finally:
        idle.put(connection)  # another thread may wait for it, whatever has happened
    if isinstance(result, Exception):
        raise result
    return result


def _work(
    make: Callable[[], Callable[[Item], Result]],
    connection: Connection,
    life: Connection,
    ours: Connection,
) -> None:
    """Work in a process until nobody holds the other end of `life` any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process ends its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    ours.close()
    Thread(target=_end_with, args=(life,), daemon=True).start()
    function = make()
    with suppress(EOFError, OSError):
        while True:
            connection.send(_result(function, connection.recv()))


def _result(function: Callable[[Any], object], item: object) -> object:
    try:
        return function(item)
    except Exception as error:  # noqa: BLE001 (it is raised in the parent process)
        return error


def _end_with(life: Connection) -> None:
    life.poll(None)  # nothing is ever sent
    os._exit(1)  # nobody is left to clean up for
