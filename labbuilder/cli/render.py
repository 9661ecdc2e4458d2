"""The command ``render``: user files to manifests."""

from __future__ import annotations

from collections import deque
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labbuilder.cli.options import Config, Jobs, KubernetesVersion, Stream, Templates, UserFiles
from labbuilder.cli.progress import Teller
from labbuilder.cli.streams import TROUBLE, writing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labbuilder.users.batches import Batch
    from labbuilder.users.render import Rendered, Renderer

__all__ = ["render"]

_NAMED = 20  # users in a summary


def render(
    *,
    files: UserFiles,
    config: Config = None,
    templates: Templates = None,
    kubernetes_version: KubernetesVersion = None,
    output: Annotated[
        Stream,
        typer.Option("-o", "--output", help="The form; ndjson is a List, on a line, for a lab."),
    ] = Stream.YAML,
    output_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write one file an object there, and print nothing."),
    ] = None,
    redact_secrets: Annotated[
        bool, typer.Option("--redact-secrets", help="Write ********** for secrets' values.")
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Write the labs that nothing is wrong with.")
    ] = False,
    jobs: Jobs = 1,
) -> None:
    """Render the labs of users, one after the other.

    For example: labbuilder render user.yaml > lab.yaml

    Folders, globs and newline-delimited JSON, a user a line, will do as well:
    labbuilder render users/ -o ndjson --jobs 4 --keep-going > labs.ndjson

    Exits with 0 if all is well and with 2 if any input is wrong; then nothing is written but
    with --keep-going.
    """
    # Late, so that --help and completion don't wait for it.
    from labbuilder.cli.sinks import FolderSink, StreamSink, spool  # noqa: PLC0415
    from labbuilder.users.batches import size  # noqa: PLC0415
    from labbuilder.users.render import Renderer  # noqa: PLC0415

    users = {"config": config, "templates": templates, "kubernetes_version": kubernetes_version}
    make = partial(
        Renderer, users, output.value, in_files=bool(output_dir), redacted=redact_secrets
    )
    teller = Teller(size(files))
    failed: list[str] = []
    labs = 0
    with writing("the labs"), spool() as kept:
        sink = (
            FolderSink(output_dir, kept)
            if output_dir
            else StreamSink(output.value, None if keep_going else kept)
        )
        for lab in _rendered(make, files, jobs, teller):
            labs += 1
            teller.say(lab.findings)
            if lab.texts is None:
                failed.append(lab.who)
            elif (keep_going or not failed) and (refused := sink.add(lab.texts)):
                teller.say(refused)
                failed.append(lab.who)
        if keep_going or not failed:
            sink.finish()
    if failed:
        if labs > 1:
            teller.tell(_summary(failed, labs))
        raise typer.Exit(TROUBLE)


def _rendered(
    make: partial[Renderer], files: list[str], jobs: int, teller: Teller
) -> Iterator[Rendered]:
    from labbuilder.users.batches import batches, spread  # noqa: PLC0415 (see render)

    sizes: deque[int] = deque()

    def counted() -> Iterator[Batch]:
        for batch in batches(files):
            sizes.append(len(batch.text))
            yield batch

    for results in spread(make, counted(), jobs):
        yield from results
        teller.advance(sizes.popleft())


def _summary(failed: list[str], labs: int) -> str:
    more = f" and {len(failed) - _NAMED:,} more" if len(failed) > _NAMED else ""
    return f"{len(failed):,} of {labs:,} labs failed: {', '.join(failed[:_NAMED])}{more}"
