"""Where a case is made: its chance, its folder, and the undamaged series, each written once for all processes."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.campaign.outcomes import Outcome


@dataclass
class Room:
    """All that a case has.

    Attributes
    ----------
    chance : random.Random
        Seeded with seed, kind and number.
    number : int
    folder : Path
        Empty; what is damaged is put there.
    whole : Path
        Where undamaged series are kept.
    source, how : str
        What is damaged, and what is done to it: told by the case as soon as it knows.
    """

    chance: random.Random
    number: int
    folder: Path
    whole: Path
    source: str = ""
    how: list[str] = field(default_factory=list)

    def series(self, name: str, write: Callable[[Path], object]) -> Path:
        """Return the folder of an undamaged series; it is written when it is not there."""
        place = self.whole / name.replace("/", "-")
        if not place.exists():
            part = place.with_name(f"{place.name}.{os.getpid()}")
            part.mkdir(parents=True)
            write(part)
            try:
                part.rename(place)
            except OSError:  # another process was faster
                shutil.rmtree(part)
        return place


Case = Callable[[Room], tuple[Outcome, str]]
"""Does a case; returns what came of it and what is to be told of it."""


@contextmanager
def room_for(seed: int, kind: str, number: int, scratch: Path, keep: Path | None = None) -> Iterator[Room]:
    """Make the room of a case, and remove its files unless they are to be kept."""
    folder = keep / f"{kind}-{number}" if keep else scratch / f"case-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield Room(random.Random(f"{seed} {kind} {number}"), number, folder, scratch / "whole")
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def put_copies(source: Path, folder: Path) -> list[Path]:
    """Have the files of a folder in another without copying them; return them in order. Write none of them over."""
    placed = []
    for path in sorted(source.iterdir()):
        target = folder / path.name
        try:
            target.hardlink_to(path)
        except OSError:
            shutil.copyfile(path, target)
        placed.append(target)
    return placed


def replace_file(path: Path, data: bytes) -> None:
    """Put other bytes at a path; what was there may be a link to an undamaged file."""
    path.unlink()
    path.write_bytes(data)
