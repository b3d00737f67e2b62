"""Two revisions side by side: which job got slower."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import click

from tests.benchmarks.guard_jobs import JOBS
from tests.benchmarks.runs import ENVIRONMENT, Figures, once
from viewer3d import phantom
from viewer3d.phantom import Faults

HERE: Final = Path(__file__).parents[2]

LIMIT: Final = 1.10
"""What a job may take of its time at the other revision, twice in a row."""

COLD: Final = "cold"
"""The job that is a whole process: from the shell to a PNG of three planes."""

ALL_JOBS: Final = (COLD, *JOBS)

SIZES: Final = {"small": (192, 96), "large": (512, 300)}
"""Rows and columns, and slices, of the CT that the jobs work on."""


@dataclass(frozen=True)
class Compared:
    """What one job took at both revisions: CPU seconds, run for run.

    Attributes
    ----------
    then, now : tuple of float
        Of the other revision, and of the files here.
    """

    then: tuple[float, ...]
    now: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        """Of each pair of runs, from the least to the highest."""
        return sorted(now / then for now, then in zip(self.now, self.then, strict=True))

    @property
    def ratio(self) -> float:
        """The median of the pairs, or the ratio of the least of each where that is lower: noise only adds."""
        return min(statistics.median(self.ratios), min(self.now) / min(self.then))

    def line(self, job: str) -> str:
        """Return a row of the table."""
        low, high = self.ratios[0], self.ratios[-1]
        return f"{job:14}{min(self.then):10.4f}{min(self.now):10.4f}{self.ratio:9.3f}   {low:.3f} to {high:.3f}"


HEAD: Final = f"{'':14}{'then s':>10}{'now s':>10}{'ratio':>9}   spread"


def newest_tag() -> str | None:
    """Return the newest tag that the files here come from; None without one."""
    words = ["git", "describe", "--tags", "--abbrev=0"]
    done = subprocess.run(words, cwd=HERE, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def unpack(revision: str, place: Path) -> None:
    """Write the package as it is at a revision into a folder, and compile it: both are imported alike."""
    words = ["git", "archive", "--format=tar", revision, "viewer3d"]
    done = subprocess.run(words, cwd=HERE, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{revision}: {done.stderr.decode().strip()}: give a commit, branch or tag of this repository")
    with tarfile.open(fileobj=BytesIO(done.stdout)) as packed:
        if hasattr(tarfile, "data_filter"):
            packed.extractall(place, filter="data")
        else:  # Python before 3.11.4
            packed.extractall(place)


def make_data(place: Path, size: str) -> None:
    """Write the series that the jobs work on."""
    side, slices = SIZES[size]
    phantom.write(place / "ct", shape=(side, side, slices))
    phantom.write(place / "compressed", shape=(side, side, slices // 4), faults=Faults(syntax="JPEGLSLossless"))
    phantom.write_pet(place / "pet")


def compare(job: str, then: Path, place: Path, runs: int) -> Compared:
    """Run a job at both revisions, in turn."""
    taken: dict[Path, list[float]] = {then: [], HERE: []}
    for number in range(runs):
        # The one that begins changes, for the second may find a warmer machine.
        for tree in (then, HERE) if number % 2 else (HERE, then):
            taken[tree].append(_run(job, tree, place).cpu)
    return Compared(tuple(taken[then]), tuple(taken[HERE]))


def _run(job: str, tree: Path, place: Path) -> Figures:
    if job == COLD:
        out = str(place / "cold.png")
        words = [sys.executable, "-m", "viewer3d", "shot", str(place / "ct"), "-o", out, "--view", "mpr"]
    else:
        words = [sys.executable, str(Path(__file__).with_name("guard_jobs.py")), job, str(place)]
    # Else the folder that this runs in comes before the revision's.
    return once(words, {**ENVIRONMENT, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"})


def slower(jobs: Sequence[str], then: Path, place: Path, runs: int) -> list[str]:
    """Print the table of jobs, and return those above the limit twice in a row."""
    click.echo(HEAD)
    late = []
    for job in jobs:
        found = compare(job, then, place, runs)
        click.echo(found.line(job))
        if found.ratio > LIMIT:
            again = compare(job, then, place, runs)
            click.echo(again.line(f"{job} again"))
            late += [job] * (again.ratio > LIMIT)
    return late
