"""Archives of tiny series, and runs over them in this process."""

from __future__ import annotations

import io
import os
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import viewer3d
from tests.dicom.small import image
from viewer3d.archive import Outcome

MEAN = "tests.archive.own_jobs:mean"


def write_series(folder: Path, number: int, slices: int = 3, first: int = 1, **tags: Any) -> list[Path]:
    """Write a series of a few slices, told from others by its UID and number; `first` is the number of its first."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for turn, content in enumerate(_files(number, slices, first, tuple(sorted(tags.items())))):
        paths.append(folder / f"IM{turn:04}.dcm")
        paths[-1].write_bytes(content)
    return paths


@cache
def _files(number: int, slices: int, first: int, tags: tuple[tuple[str, Any], ...]) -> list[bytes]:
    made = []
    for turn in range(slices):
        said = {
            "SOPInstanceUID": f"1.2.3.{number}.{first + turn}",
            "SeriesInstanceUID": f"1.2.2.{number}",
            "SeriesNumber": number,
            **dict(tags),
        }
        file = io.BytesIO()
        image(10 * number + turn, (0, 0, 2.5 * turn), **said).save_as(file, enforce_file_format=True)
        made.append(file.getvalue())
    return made


def write_archive(root: Path, count: int) -> Path:
    """Write an archive of so many series, each in a folder of its own."""
    for number in range(1, count + 1):
        write_series(root / f"patient{number:03}" / "series", number)
    return root


def run(places: Any, out: Path, jobs: Any = MEAN, **how: Any) -> list[Outcome]:
    """Run jobs over an archive in this process."""
    return list(viewer3d.archive.run(places, jobs, out, workers=0, **how))


def rows(out: Path, sql: str = "SELECT key, status FROM items") -> list[Any]:
    """Return rows of the manifest of a run."""
    with closing(sqlite3.connect(out / "manifest.sqlite")) as connection:
        return connection.execute(sql).fetchall()


def digests(out: Path) -> dict[str, bytes]:
    """Return all files that jobs of a run have made, and what is in them: not what tells how long it took."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and len(path.parent.name) == 2
    }


def leftovers(out: Path) -> list[str]:
    """Return the names of files that are half written."""
    return [name for _, _, names in os.walk(out) for name in names if name.endswith(".part")]
