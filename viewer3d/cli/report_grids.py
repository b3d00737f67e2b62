"""Files that are not DICOM and hold a grid of values, as text and as JSON."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from viewer3d.core.text import printable

if TYPE_CHECKING:
    from viewer3d.dicom.files.grid_file import GridFile
    from viewer3d.dicom.series.scan import Scan


def grid_row(found: Scan, one: GridFile) -> tuple[str, str, str, str, str, str]:
    """Return the row of a file in the table of series."""
    size, count = " x ".join(map(str, one.shape)), len(one.which)
    what = ", ".join([_place(found, one), *([f"{count} volumes"] if count > 1 else [])])
    return "-", "-", one.modality or one.kind, size, _spacing(one), what


def _place(found: Scan, one: GridFile) -> str:
    """Return the path of a file from the folder that was searched."""
    if not os.path.isdir(found.where):  # noqa: PTH112 (it may be the names of several)
        return one.path
    return os.path.relpath(one.path, found.where)


def _spacing(one: GridFile) -> str:
    return " x ".join(f"{round(mm, 9):.4g}" for mm in one.spacing)


def grid_text(one: GridFile) -> str:
    """Return what a file holds and where that lies, one line each."""
    from viewer3d.core.geometry import letters  # noqa: PLC0415 (the program's --help needs none of it)

    rows = [("file", path) for path in one.files]
    rows += [("size", one.size), ("spacing", f"{_spacing(one)} mm")]
    steps = one.affine[:3, :3].T
    if np.isfinite(one.affine).all() and steps.any(1).all():
        rows.append(("axes", f"lead to {', '.join(letters(step) for step in steps)}"))
        rows.append(("first voxel", f"{' '.join(f'{mm:.4g}' for mm in one.affine[:3, 3])} mm (LPS)"))
    names = list(one.which[0])
    if len(one.which) > 1:
        rows.append((names[0], ", ".join(f"{which[names[0]]:g}" for which in one.which)))
    rows.append(("unit", one.unit or "not said: unit (--unit) says it, as in --unit HU"))
    rows += [("note", note) for note in one.notes]
    rows.append(("read by", f"viewer3d.load({one.path!r})"))
    width = max(len(topic) for topic, _ in rows)
    return "\n".join([str(one), *(f"  {topic:{width}}  {printable(value)}" for topic, value in rows)])


def grids_json(grids: Sequence[GridFile]) -> dict[str, Any]:
    """Return the same as values for JSON, below ``"files"``; nothing where there are none."""
    return {"files": [_grid_json(one) for one in grids]} if grids else {}


def _grid_json(one: GridFile) -> dict[str, Any]:
    is_finite = bool(np.isfinite(one.affine).all())  # JSON has no NaN
    return {
        "file": one.path,
        "kind": one.kind,
        "modality": one.modality,
        "unit": one.unit,
        "shape": list(one.shape),
        "spacing": list(one.spacing) if is_finite else None,
        "affine": one.affine.tolist() if is_finite else None,
        "volumes": [dict(which) for which in one.which],
        "notes": list(one.notes),
        "notes_data": [note.as_dict() for note in one.notes],
    }
