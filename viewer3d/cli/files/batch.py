"""The verb that makes pictures, tables and files of every volume of an archive."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from viewer3d.cli.files.batch_progress import RunMeter
from viewer3d.cli.reading_options import set_reading_options
from viewer3d.cli.terminal import print_aside, print_lines
from viewer3d.errors import ArchiveError, ViewError

if TYPE_CHECKING:
    from viewer3d.archive.driver import RunStatus

_RETRIED: Final = ("bad", "lost", "too-large")

NOT_ALL: Final = 1
"""The program's exit code where the run came to its end and some items are not done."""

INTERRUPTED: Final = 130
"""The one after Ctrl+C, as shells have it: 128 + SIGINT."""


@click.command("batch")
@click.argument("places", metavar="PLACE...", nargs=-1, type=click.Path())
@click.option(
    "-o", "--output", required=True, type=click.Path(), help="Folder of the run: a new one, or one to go on with."
)
@click.option(
    "--make", "jobs", metavar="JOB,...", default="thumbnail,info", show_default=True,
    help="What to make of each volume: thumbnail, mpr, quad, lightbox, mips, turntable (pictures), info (quality as "
    "columns), statistics, nifti; or your own: package.module:function.",
)  # fmt: skip
@click.option(
    "--overlay", type=click.Choice(["none", "auto"]), default="none", show_default=True,
    help="auto: with the segmentations, structure sets, PET and dose of a volume in the archive.",
)  # fmt: skip
@click.option("--hide-face", "face_hidden", is_flag=True, help="quad, mips, turntable without a face that is found.")
@click.option("--workers", type=int, metavar="N", help="Processes on this machine; default one a core; 0: in this one.")
@click.option(
    "--scheduler", metavar="ADDRESS", help="A scheduler of Dask that runs already: tcp://host:8786 or tls://..."
)
@click.option("--scheduler-file", type=click.Path(), help="Or the file that it wrote its address to.")
@click.option("--host", metavar="ADDRESS", help="With TLS: where the scheduler listens for workers of other machines.")
@click.option("--tls-ca-file", type=click.Path(), help="TLS, as `dask scheduler` takes it: whom to trust.")
@click.option("--tls-cert", type=click.Path(), help="Certificate of this program and its workers.")
@click.option("--tls-key", type=click.Path(), help="Its key, where that is in a file of its own.")
@click.option("--retry", metavar="STATUS,...", help=f"Try again what was {', '.join(_RETRIED)} in an earlier call.")
@click.option("--limit", type=int, metavar="N", help="Work on N volumes and no more; a later call goes on.")
@click.option("--dry-run", is_flag=True, help="Only say how many volumes would be worked on.")
@click.option(
    "--status", "is_status", is_flag=True, help="Only say how far the run in the folder is, also while it goes on."
)
@click.option("--json", "as_json", is_flag=True, help="With --status: say it as JSON.")
@set_reading_options
def batch_command(
    *,
    places: tuple[str, ...],
    output: str,
    jobs: str,
    retry: str | None,
    is_status: bool,
    as_json: bool,
    **choices: Any,
) -> None:
    """Make pictures, tables or files of every volume at PLACE, each kept in the folder of the run.

    PLACE is a folder (searched at any depth, zips in it too), a file, or @list.txt with a path a line. Each stack of
    each series is worked on by itself.

    Run it again with the same options and it goes on where it was: what is done is passed over, also after Ctrl+C, a
    crash or a power cut. In the folder are then index.html, a page to look through, and table.csv, a row a volume.

    \b
    viewer3d batch /data/archive -o overview
    viewer3d batch /data/archive -o overview --status
    viewer3d batch /data/archive -o overview --retry bad,lost
    viewer3d batch /data/a /data/b.zip -o report --make mpr,info,statistics --overlay auto

    The exit code is 0 when all is done, 1 when some are bad, lost or too large, 2 when the run could not go on and 130
    after Ctrl+C.
    """  # noqa: D301 (click wants the character, not a backslash)
    from viewer3d.archive.driver import status  # noqa: PLC0415 (each verb imports what it needs)

    if is_status:
        _print_status(status(output), as_json=as_json)
        return
    if as_json:
        raise ViewError("--json: is of --status: leave it out")
    if not places:
        raise ViewError("PLACE: give a folder, a file or @list.txt of what the run is over, or --status")
    context = click.get_current_context()
    asked = {"retry": _words(retry, "--retry", _RETRIED), **_cluster_arguments(choices)}
    if choices["dry_run"]:
        _dry_run(places, _words(jobs, "--make"), output, asked)
        return
    if not _work(places, _words(jobs, "--make"), output, asked):
        with suppress(ArchiveError):  # it was not yet begun
            print_lines(summary_text(status(output)))
        print_aside("viewer3d: stopped; nothing that is done is lost: the same call goes on")
        context.exit(INTERRUPTED)
    after = status(output)
    print_lines(summary_text(after))
    left = sum(count for one, count in after.counts.items() if one not in ("done", "pending"))
    context.exit(NOT_ALL if left else 0)


def _work(places: Sequence[str], jobs: Sequence[str], output: str, asked: Mapping[str, Any]) -> bool:
    """Run the jobs and show how far they are; return False when a person stopped it."""
    from viewer3d.archive.driver import run  # noqa: PLC0415 (each verb imports what it needs)

    with RunMeter() as meter:
        try:
            for outcome in run(places, jobs, output, progress=meter, watch=meter.watch, **asked):
                meter.add(outcome)
        except KeyboardInterrupt:
            return False
    return True


def _dry_run(places: Sequence[str], jobs: Sequence[str], output: str, asked: Mapping[str, Any]) -> None:
    from viewer3d.archive.driver import run  # noqa: PLC0415 (as above)

    with RunMeter() as meter:
        count = sum(1 for _ in run(places, jobs, output, progress=meter, **asked))
        passed = meter.ended - count
    print_lines(f"{_count(count, 'volume')} to work on, {passed:,} done or not to be tried again; nothing was written")


def _cluster_arguments(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of :func:`viewer3d.archive.run`, with the files of TLS as one value."""
    names = ("tls_ca_file", "tls_cert", "tls_key")
    arguments = {name: value for name, value in choices.items() if name not in (*names, "host")}
    if choices["host"] is not None:
        arguments["host"] = choices["host"]
    given = {name: Path(choices[name]) for name in names if choices[name] is not None}
    if given:
        if missing := [f"--{name.replace('_', '-')}" for name in names[:2] if name not in given]:
            raise ViewError(f"TLS needs {' and '.join(missing)} too: the files that scheduler and workers were given")
        from viewer3d.archive.cluster.options import TLSFiles  # noqa: PLC0415 (as above)

        arguments["tls"] = TLSFiles(given["tls_ca_file"], given["tls_cert"], given.get("tls_key"))
    return arguments


def _words(text: str | None, flag: str, known: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the words of an option that has several, with commas between."""
    words = tuple(filter(None, (word.strip() for word in (text or "").split(","))))
    if text is not None and not words:
        raise ViewError(f"{flag} {text!r}: give one or several, with commas between")
    if unknown := [word for word in words if known and word not in known]:
        raise ViewError(f"{flag} {unknown[0]}: give some of {', '.join(known)}")
    return tuple(word.replace("too-large", "too large") for word in words)


def summary_text(found: RunStatus) -> str:
    """Return how far a run is, and where its page and table are, as lines."""
    from viewer3d.archive.index.rows import STATUSES  # noqa: PLC0415 (each verb imports what it needs)

    counts = [f"{found.counts[one]:,} {one}" for one in STATUSES if found.counts.get(one)]
    lines = [f"{_count(found.items, 'volume')}: {', '.join(counts) or 'none was found'}"]
    if found.left_out:
        lines.append(f"{_count(sum(found.left_out.values()), 'file')} of no volume, see the page or --status")
    if found.gone:
        lines.append(f"{_count(found.gone, 'volume')} of an earlier call no longer there; what was made of it was kept")
    return "\n".join(lines)


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _print_status(found: RunStatus, *, as_json: bool) -> None:
    if as_json:
        values = {
            "folder": str(found.out),
            "version": found.version,
            "plan": found.plan,
            "items": found.items,
            "counts": found.counts,
            "gone": found.gone,
            "left_out": found.left_out,
        }
        print_lines(json.dumps(values, indent=2))
        return
    lines = [summary_text(found), f"made: {', '.join(found.plan['jobs'])}; viewer3d {found.version}"]
    lines += [f"left out: {count:,} {reason}" for reason, count in found.left_out.items()]
    print_lines("\n".join(lines))
