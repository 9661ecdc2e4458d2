"""Renders user files to manifests."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import typer

from labbuilder.cli.actions.progress import Progress
from labbuilder.cli.actions.sinks import FolderSink, StreamSink, spool
from labbuilder.cli.streams import EXIT_ERROR, writing
from labbuilder.users.batches import Batch, map_batches, read_batches, total_bytes
from labbuilder.users.compile import UserOptions
from labbuilder.users.duplicates import KnownUsers
from labbuilder.users.render import Form, Rendered, Renderer

__all__ = ["render_labs"]

_MAX_NAMED = 20  # users in a summary


def render_labs(
    files: Sequence[str],
    users: UserOptions,
    form: Form,
    folder: Path | None,
    *,
    redacted: bool,
    keep_going: bool,
    jobs: int,
) -> None:
    """Render the labs of users, one after the other."""
    access = users.get("access")
    make = partial(Renderer, users, form, in_files=bool(folder), redacted=redacted)
    progress = Progress(total_bytes(files, access))
    named: list[str] = []  # the first that failed
    labs = failed = 0
    known = KnownUsers()
    with writing("the labs"), spool() as kept:
        sink = (
            FolderSink(folder, kept) if folder else StreamSink(form, None if keep_going else kept)
        )
        for lab in _rendered(make, read_batches(files, access), jobs, progress):
            labs += 1
            again = known.add(lab.users)
            progress.report([*lab.findings, *again])
            if lab.texts is None or again:
                failed += 1
                named += [lab.who] if failed <= _MAX_NAMED else []
            elif keep_going or not failed:
                sink.add(lab)
        if keep_going or not failed:
            sink.finish()
    progress.finish()
    if failed:
        if labs > 1:
            progress.write(_summary(named, failed, labs))
        raise typer.Exit(EXIT_ERROR)


def _rendered(
    make: partial[Renderer], batches: Iterable[Batch], jobs: int, progress: Progress
) -> Iterator[Rendered]:
    sizes: deque[int] = deque()

    def counted() -> Iterator[Batch]:
        for batch in batches:
            sizes.append(len(batch.text))
            yield batch

    for results in map_batches(make, counted(), jobs):
        yield from results
        progress.advance(sizes.popleft())


def _summary(named: Sequence[str], failed: int, labs: int) -> str:
    more = f" and {failed - len(named):,} more" if failed > len(named) else ""
    return f"{failed:,} of {labs:,} labs failed: {', '.join(named)}{more}"
