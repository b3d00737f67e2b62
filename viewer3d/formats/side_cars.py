"""Read what BIDS and FSL have beside a NIfTI file: a side car (``.json``), b-values and directions."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Affine
from viewer3d.core.notes.note import Note
from viewer3d.core.series_info import Which
from viewer3d.core.vectors import Vector, vector
from viewer3d.dicom.meaning.acquisition import ACQUISITION_WORDS
from viewer3d.formats.grid_header import short_word
from viewer3d.formats.stored_values import read_start

_SUFFIXES: Final = (".json", ".bval", ".bvec")

_MOST: Final = 1 << 20
"""Bytes of such a file: a side car of dcm2niix has 2 KB."""

_NO_DIRECTION: Final = 0.03
"""Length up to which a vector is none: those of FSL are of length 1, or 0 where there is no direction."""


@dataclass(frozen=True, eq=False)
class SideCars:
    """What the files beside a NIfTI file say.

    Attributes
    ----------
    which : tuple of dict
        Of each volume, with its ``b_value`` where that is known.
    gradients : tuple of (tuple of float or None)
        Of each volume the unit direction of its diffusion gradient in LPS; empty where no file says any.
    acquisition : tuple of dict
        Of each volume how it was acquired, in words of BIDS; empty where no side car says any.
    modality, unit : str
        Empty where they are not said.
    files : tuple of str
        Those that are there.
    notes : tuple of Note
        Which of them do not fit, and were not taken.
    """

    which: tuple[Which, ...]
    gradients: tuple[Vector | None, ...]
    acquisition: tuple[dict[str, Any], ...]
    modality: str
    unit: str
    files: tuple[str, ...]
    notes: tuple[Note, ...]


def read_side_cars(path: Path, which: tuple[Which, ...], affine: Affine) -> SideCars:
    """Read what lies beside a NIfTI file.

    Parameters
    ----------
    path : Path
        Of the NIfTI file.
    which : tuple of dict
        What tells its volumes apart without them.
    affine : ndarray of float64, shape (4, 4)
        Voxel index to LPS mm, as the file has it.

    Notes
    -----
    Directions in ``.bvec`` are along the axes of voxels, x reversed where the determinant of the affine is positive
    (fsl.fmrib.ox.ac.uk, "FDT, bvals and bvecs"); from LPS to RAS its sign is the same.
    """
    held = _of_json(path)
    modality, unit = _modality_and_unit(held)
    count, notes = len(which), []
    gradients: tuple[Vector | None, ...] = ()
    b_values = _numbers(_text(path, ".bval")) if count > 1 else None
    if b_values is not None:
        values = b_values.ravel()
        if values.size == count:
            which = tuple({**one, "b_value": float(value)} for one, value in zip(which, values, strict=True))
        elif values.size:
            sentence = f"The .bval beside the file has {values.size} numbers for {count} volumes: it was not taken."
            notes.append(Note(sentence, "file.gradients_left_out"))
    vectors = _numbers(_text(path, ".bvec")) if count > 1 else None
    if vectors is not None and vectors.size:
        columns = vectors if vectors.shape == (3, count) else vectors.T
        if columns.shape == (3, count):
            gradients = _in_lps(columns, affine)
        else:
            sentence = (
                f"The .bvec beside the file has {' x '.join(map(str, vectors.shape))} numbers for {count} volumes, and "
                "not 3 of each: it was not taken."
            )
            notes.append(Note(sentence, "file.gradients_left_out"))
    files = tuple(str(one) for suffix in _SUFFIXES if (one := _beside(path, suffix)).is_file())
    return SideCars(which, gradients, _acquisition(held, count), modality, unit, files, tuple(notes))


def _beside(path: Path, suffix: str) -> Path:
    """Return the path of a file that BIDS has beside an image, of the same name and another suffix."""
    name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    return path.with_name(name[:-4] + suffix)


def _text(path: Path, suffix: str) -> str:
    try:
        data = read_start(_beside(path, suffix), _MOST + 1)
    except OSError:  # there is none
        return ""
    return data.decode("utf-8", "replace") if len(data) <= _MOST else ""


def _numbers(text: str) -> NDArray[np.float64] | None:
    """Return the numbers of a text, a row a line; None where they are none."""
    rows = [line.replace(",", " ").split() for line in text.splitlines() if line.strip()]
    try:
        found = np.array([[float(word) for word in row] for row in rows] or np.empty((0, 0)), np.float64)
    except ValueError:  # words, or lines of different lengths
        return None
    return found if np.isfinite(found).all() else None


def _in_lps(columns: NDArray[np.float64], affine: Affine) -> tuple[Vector | None, ...]:
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    if not lengths.all() or not np.isfinite(affine).all():
        return ()
    axes = affine[:3, :3] / lengths
    x_sign = -1.0 if np.linalg.det(axes) > 0 else 1.0
    found: list[Vector | None] = []
    for column in columns.T:
        direction = axes @ (column * (x_sign, 1.0, 1.0))
        length = float(np.linalg.norm(direction))
        found.append(vector(direction / length) if np.linalg.norm(column) > _NO_DIRECTION and length else None)
    return tuple(found)


def _of_json(path: Path) -> dict[str, Any]:
    """Return the fields of a side car; none where there is none."""
    try:
        held: Any = json.loads(_text(path, ".json") or "{}")
    except (ValueError, RecursionError):  # names of labels, or what else is called so
        return {}
    return held if isinstance(held, dict) else {}


def _modality_and_unit(held: dict[str, Any]) -> tuple[str, str]:
    """Return Modality and, of a side car of this program, Units; empty where there are none."""
    word, unit = held.get("Modality"), held.get("Units")
    modality = word if isinstance(word, str) and re.fullmatch(r"[A-Z]{2,16}", word) else ""
    return modality, short_word(unit) if _is_own(held) and isinstance(unit, str) else ""


def _is_own(held: dict[str, Any]) -> bool:
    return held.get("ConversionSoftware") == "viewer3d"


def _acquisition(held: dict[str, Any], count: int) -> tuple[dict[str, Any], ...]:
    """Return of each volume the known words of a side car, those with a number a volume parted."""
    words = ACQUISITION_WORDS if _is_own(held) else ACQUISITION_WORDS - _OF_ROWS
    known = {word: value for word, value in held.items() if word in words and _is_plain(value)}
    if not known:
        return ()
    return tuple({word: _of_volume(word, value, n, count) for word, value in known.items()} for n in range(count))


_OF_ROWS: Final = {"SliceTiming", "InPlanePhaseEncodingDirectionDICOM"}
"""Words of the order of slices and rows, which other programs reverse."""

_MOST_VALUES: Final = 10_000
"""Of a list: slices of a volume, or volumes."""


def _is_plain(value: Any) -> bool:
    """Return whether a value is a number, a truth, a short text, or a list of those."""
    if isinstance(value, list):
        return 0 < len(value) <= _MOST_VALUES and all(not isinstance(one, list) and _is_plain(one) for one in value)
    if isinstance(value, float):
        return bool(np.isfinite(value))
    return isinstance(value, int) or (isinstance(value, str) and len(value) <= _LONGEST and value.isprintable())


_LONGEST: Final = 128


def _of_volume(word: str, value: Any, number: int, count: int) -> Any:
    by_volume = word in ("EchoTime", "FlipAngle", "InversionTime", "FrameDuration")
    return value[number] if by_volume and isinstance(value, list) and len(value) == count else value
