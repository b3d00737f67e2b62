"""Rows of made-up runs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from PIL import Image

from viewer3d.archive.index.rows import ColumnUse, Row, ordered_columns
from viewer3d.archive.outcome import ItemStatus, MadeFile

STATUSES: tuple[ItemStatus, ...] = (
    "done",
    "done",
    "done",
    "done",
    "bad",
    "done",
    "lost",
    "done",
    "too large",
    "pending",
)
WHYS = {
    "bad": "IM{0}.dcm: the file ends within Pixel Data ({0} bytes are missing): copy it again",
    "lost": "its worker ended twice while it was worked on, and alone once more: killed by signal 11",
    "too large": "CT {0}: needs about {0} GB, more than the 4 GB that a worker may have",
}


def key_of(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def row(number: int, **changes: Any) -> Row:
    """The row of an item: every tenth of a run is lost, and so on."""
    key, status = key_of(number), STATUSES[number % len(STATUSES)]
    numbers: dict[str, Any] = {}
    files: tuple[MadeFile, ...] = ()
    if status == "done":
        notes = [f"{number} of 120 slices are missing at z = -{number}.5 mm."] if number % 3 == 0 else []
        numbers = {
            "info.columns": 512,
            "info.rows": 256,
            "info.slices": 10 + number,
            "info.unit": "HU",
            "info.residual_mm": number / 1000,
            "info.notes": " | ".join(notes),
            "statistics.mean": float(-number),
        }
        files = tuple(
            MadeFile(job, f"{key[:2]}/{key}-{job}{suffix}", key_of(-number - 1), 4321)
            for job, suffix in (("mpr", ".png"), ("thumbnail", ".png"), ("nifti", ".nii.gz"))
        )
    described = {
        "why": WHYS.get(status, "").format(number),
        "place": f"/archive/case {number // 4}",
        "series_uid": f"1.2.{number // 2}",
        "stack": number % 2 + 1,
        "modality": ("CT", "MR", "PT")[number % 3],
        "description": f"Series {number % 7}",
        "run": {
            "seconds": 0.25,
            "cpu_seconds": 0.2,
            "memory": 300_000_000,
            "deaths": 0,
            "worker": "a 1",
            "version": "1",
        },
        "files": files,
        "numbers": numbers,
    }
    return Row(key, status, **{**described, **changes})


def column_uses(rows: list[Row], first: tuple[str, ...] = ()) -> tuple[ColumnUse, ...]:
    """The columns of rows, as they are read from a manifest."""
    names = {name for one in rows for name in one.numbers}
    values = {name: [one.numbers[name] for one in rows if one.numbers.get(name) is not None] for name in names}
    uses = [ColumnUse(name, len(some), not any(isinstance(one, str) for one in some)) for name, some in values.items()]
    return ordered_columns(uses, first)


def with_pictures(out: Path, rows: list[Row]) -> list[Row]:
    """Write a small picture for each picture that rows name."""
    for one in rows:
        for made in one.files:
            path = out / made.path
            path.parent.mkdir(exist_ok=True)
            if path.suffix == ".png":
                Image.new("RGB", (48, 16), (40, 90, 160)).save(path)
    return rows
