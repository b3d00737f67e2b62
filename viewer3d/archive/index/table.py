"""The table of a run: a row an item with all numbers, as CSV.

Its columns, which are the same whatever became of the items:

=====================  =============================================================================================
``key``                of the item, which the names of its files begin with
``status``, ``why``    ``done``, ``bad``, ``lost``, ``too large`` or ``pending``, and why it is not done
``modality``,          of the series
``description``
``place``              the folder, file or archive that it came from, as it can be read
``place_uri``          the same, exactly: a ``file:`` URI (RFC 8089) whatever bytes are in the names
``series_uid``         Series Instance UID (0020,000E); empty of files that are not DICOM
``stack``              which volume of the series or file, from 1
``info.*``             what is known of the volume, where the job ``info`` was asked for
other ``job.name``     all other numbers of jobs, by name
``job`` with           path of a file that a job made, relative to the table; several are separated by ``;``
``_files``
``seconds``, ...       what it took: ``cpu_seconds``, ``memory`` (bytes), ``deaths``, ``worker``, ``version``
=====================  =============================================================================================

Numbers are in full and come back the same to the bit. Text that a spreadsheet would take for a formula has an
apostrophe before it; control characters and marks of direction are spelled.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from viewer3d.archive.index.rows import ColumnUse, Row
from viewer3d.core.files import write_whole
from viewer3d.measurements.table import csv_cell

TABLE_FILE: Final = "table.csv"

_FIRST: Final = (*("key", "status", "why", "modality", "description", "place", "place_uri", "series_uid", "stack"),)

RUN_COLUMNS: Final = ("seconds", "cpu_seconds", "memory", "deaths", "worker", "version")
"""What an item took; they come last, for they alone differ between two runs."""


def write_table(rows: Iterable[Row], columns: Sequence[ColumnUse], jobs: Sequence[str], out: Path) -> Path:
    """Write the table of a run, completely or not at all.

    Parameters
    ----------
    rows : iterable of Row
    columns : sequence of ColumnUse
        Of these rows.
    jobs : sequence of str
        Of the run: each has a column of its files.
    out : Path
        The folder of the run.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When it cannot be written.
    """

    def write(file: BinaryIO) -> None:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text)
        heads = [*_FIRST, *(one.name for one in columns), *(f"{job}_files" for job in jobs), *RUN_COLUMNS]
        writer.writerow([csv_cell(head) for head in heads])
        for row in rows:
            writer.writerow([csv_cell(value) for value in _cells(row, columns, jobs)])
        text.detach()

    return write_whole(out / TABLE_FILE, write)


def _cells(row: Row, columns: Sequence[ColumnUse], jobs: Sequence[str]) -> list[Any]:
    made: dict[str, list[str]] = {}
    for one in row.files:
        made.setdefault(one.job, []).append(one.path)
    return [
        *(row.key, row.status, row.why, row.modality, row.description, row.place, _uri(row.place)),
        *(row.series_uid, row.stack),
        *(row.numbers.get(one.name) for one in columns),
        *(";".join(made.get(job, ())) for job in jobs),
        *(row.run.get(name) for name in RUN_COLUMNS),
    ]


def _uri(place: str) -> str:
    return Path(place).absolute().as_uri() if place else ""
