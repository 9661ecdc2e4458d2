"""Renders user files to manifests."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import typer

from labbuilder.cli.actions.progress import Progress
from labbuilder.cli.actions.sinks import FolderSink, StreamSink, spool
from labbuilder.cli.streams import EXIT_ERROR, writing
from labbuilder.users.batches import Batch, map_batches, read_batches, total_bytes
from labbuilder.users.render import Form, Rendered, Renderer

__all__ = ["render_labs"]

_MAX_NAMED = 20  # users in a summary


def render_labs(
    files: Sequence[str],
    users: Mapping[str, str | None],
    form: Form,
    folder: Path | None,
    *,
    redacted: bool,
    keep_going: bool,
    jobs: int,
) -> None:
    """Render the labs of users, one after the other."""
    make = partial(Renderer, users, form, in_files=bool(folder), redacted=redacted)
    progress = Progress(total_bytes(files))
    failed: list[str] = []
    labs = 0
    with writing("the labs"), spool() as kept:
        sink = (
            FolderSink(folder, kept) if folder else StreamSink(form, None if keep_going else kept)
        )
        for lab in _rendered(make, files, jobs, progress):
            labs += 1
            progress.report(lab.findings)
            if lab.texts is None:
                failed.append(lab.who)
            elif (keep_going or not failed) and (refused := sink.add(lab)):
                progress.report(refused)
                failed.append(lab.who)
        if keep_going or not failed:
            sink.finish()
    if failed:
        if labs > 1:
            progress.write(_summary(failed, labs))
        raise typer.Exit(EXIT_ERROR)


def _rendered(
    make: partial[Renderer], files: Sequence[str], jobs: int, progress: Progress
) -> Iterator[Rendered]:
    sizes: deque[int] = deque()

    def counted() -> Iterator[Batch]:
        for batch in read_batches(files):
            sizes.append(len(batch.text))
            yield batch

    for results in map_batches(make, counted(), jobs):
        yield from results
        progress.advance(sizes.popleft())


def _summary(failed: Sequence[str], labs: int) -> str:
    more = f" and {len(failed) - _MAX_NAMED:,} more" if len(failed) > _MAX_NAMED else ""
    return f"{len(failed):,} of {labs:,} labs failed: {', '.join(failed[:_MAX_NAMED])}{more}"
