"""The command that runs the campaign, or one case of it again."""

from __future__ import annotations

import json
import tempfile
import time
from itertools import islice
from pathlib import Path

import click

from tests.campaign.kinds import KINDS, SHARES
from tests.campaign.outcomes import BAD, Result, table
from tests.campaign.runner import SECONDS, Slot, in_turn, run
from viewer3d.dicom.pixels.workers import cores


@click.command()
@click.option("--cases", default=1000, show_default=True, help="Cases in all, dealt out to the kinds.")
@click.option("--minutes", default=60.0, show_default=True, help="No case begins later.")
@click.option("--seed", default=20, show_default=True)
@click.option("--only", default=",".join(SHARES), help=f"Kinds, by commas: {', '.join(SHARES)}.  [default: all]")
@click.option("--workers", default=cores(), help="Processes side by side.  [default: one a core]")
@click.option("--first", default=0, help="Number of the first case of each kind.")
@click.option("--seconds", default=SECONDS, show_default=True, help="That a case may take.")
@click.option("--log", type=click.Path(path_type=Path), help="Add each result as a line of JSON; those in it are done.")
@click.option("--replay", metavar="KIND:NUMBER", help="Do this case alone, and tell all of it.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for the files of a case that is replayed.")
def main(
    cases: int,
    minutes: float,
    seed: int,
    only: str,
    workers: int,
    first: int,
    seconds: float,
    log: Path | None,
    replay: str | None,
    keep: Path | None,
) -> None:
    """Damage what viewer3d reads, interrupt what it writes, and print what came of it.

    Exits with 1 when a case ended in a crash, a hang, a foreign exception or a broken promise.
    """
    with tempfile.TemporaryDirectory(prefix="campaign-", ignore_cleanup_errors=True) as scratch:
        if replay is not None:
            kind, _, number = replay.partition(":")
            result = Slot(seed, Path(scratch), seconds).alone(_known(kind), int(number), keep)
            click.echo("\n".join(f"{name}: {value}" for name, value in result.to_plain().items()))
            raise SystemExit(result.outcome in BAD)
        wanted = list(islice(in_turn([_known(kind) for kind in only.split(",")], first), cases))
        results = campaign(wanted, seed, Path(scratch), workers=workers, minutes=minutes, seconds=seconds, log=log)
    tell(results, seed)
    raise SystemExit(any(one.outcome in BAD for one in results))


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise click.BadParameter(f"no kind is called {kind!r}: give {', '.join(SHARES)}")
    return kind


def campaign(
    wanted: list[tuple[str, int]],
    seed: int,
    scratch: Path,
    *,
    workers: int,
    minutes: float,
    seconds: float = SECONDS,
    log: Path | None = None,
) -> list[Result]:
    """Do cases that are not in the log yet; return the results of all that are wanted and done."""
    before = [json.loads(line) for line in log.read_text().splitlines()] if log is not None and log.exists() else []
    asked = set(wanted)
    results = [Result.from_plain(one["result"]) for one in before if one["seed"] == seed]
    results = [one for one in results if (one.kind, one.number) in asked]
    done = {(one.kind, one.number) for one in results}
    last = time.monotonic()

    def told(result: Result) -> None:
        nonlocal last
        results.append(result)
        if log is not None:
            with log.open("a") as file:
                file.write(json.dumps({"seed": seed, "result": result.to_plain()}) + "\n")
        if result.outcome in BAD:
            click.echo(f"{result.name}: {result.outcome}", err=True)
        if time.monotonic() - last > 60:
            last = time.monotonic()
            click.echo(f"{len(results):,} of {len(wanted):,}", err=True)

    left = (one for one in wanted if one not in done)
    run(left, seed, scratch, workers=workers, minutes=minutes, seconds=seconds, told=told)
    return results


def tell(results: list[Result], seed: int) -> None:
    """Print the table, and each bad case with what does it again."""
    click.echo(table(results, by_source=["codestreams"]))
    for one in sorted((one for one in results if one.outcome in BAD), key=lambda one: (one.kind, one.number)):
        click.echo(f"\n{one.outcome}: --seed {seed} --replay {one.name}  ({one.source}; {one.how})\n{one.text}")


if __name__ == "__main__":
    main()
