"""What the header of a file with a grid says, and how volumes are made of its values."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.digest import digest_of_text
from viewer3d.core.geometry import SHEAR_TOLERANCE, Affine, Geometry
from viewer3d.core.grids.place_errors import PlaceErrors, with_steps
from viewer3d.core.notes.note import Note
from viewer3d.core.provenance import Provenance
from viewer3d.core.sampling import MOST_SHEARED, Measured, fill_value, resample_upright, upright_grid
from viewer3d.core.series_info import SeriesInfo, Which
from viewer3d.core.text import printable
from viewer3d.core.vectors import Vector
from viewer3d.core.volume import Volume
from viewer3d.core.voxels import rounding_notes
from viewer3d.dicom.files.grid_file import GridFile
from viewer3d.dicom.pixels.memory_demand import check_bytes
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.identity import NOBODY
from viewer3d.errors import BadFileError, GeometryError, StackError
from viewer3d.formats.stored_values import StoredValues

_WORKING: Final = 8
"""Bytes a voxel of one slice or piece while it is scaled; of a whole volume the result has 4 at most."""

_INT16: Final = np.iinfo(np.int16)


@dataclass(frozen=True, eq=False)
class GridHeader:
    """What the header of a file says of its grid.

    Attributes
    ----------
    path : Path
        Of the header, which is the file but where values lie in one of their own.
    kind : str
    values : StoredValues
    affine : ndarray of float64, shape (4, 4)
        Voxel index to LPS mm; it may be left-handed or sheared.
    lacks : str
        What the file does not say of its place, which is then assumed: ``"where it lies"``; empty where all is said.
    slope, intercept : float
        Values are stored values times slope plus intercept.
    which : tuple of dict
        Of each volume.
    unit, modality : str
    notes : tuple of Note
    beside : tuple of str
        Other files that were read: a side car, b-values.
    is_timed : bool
        Whether the times in `which` are seconds of the file, and not numbers of volumes.
    is_label_map : bool, optional
        What the header says of it; None where it says nothing.
    gradients : tuple of (tuple of float or None)
        Of each volume the unit direction of its diffusion gradient in LPS; empty where none is known.
    acquisition : tuple of dict
        Of each volume how it was acquired, see :class:`viewer3d.SeriesInfo`; empty where it is not known.
    fields : any
        The header as its format has it, for what only label maps have.
    """

    path: Path
    kind: str
    values: StoredValues
    affine: Affine
    lacks: str = ""
    slope: float = 1.0
    intercept: float = 0.0
    which: tuple[Which, ...] = ({},)
    unit: str = ""
    modality: str = ""
    notes: tuple[Note, ...] = ()
    beside: tuple[str, ...] = ()
    is_timed: bool = False
    is_label_map: bool | None = None
    gradients: tuple[Vector | None, ...] = ()
    acquisition: tuple[dict[str, Any], ...] = ()
    fields: Any = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Columns, rows and slices."""
        columns, rows, slices, _ = self.values.shape
        return columns, rows, slices

    @property
    def spacing_lacks(self) -> bool:
        """Whether two voxels lie nowhere apart, as the file has it."""
        return not np.linalg.norm(self.affine[:3, :3], axis=0).all()

    def grid_file(self) -> GridFile:
        """Return it as :func:`viewer3d.scan` shows it."""
        return GridFile(
            str(self.path),
            self.kind,
            self.shape,
            self.affine,
            self.which,
            self.unit,
            self.modality,
            self.notes,
            tuple(dict.fromkeys((str(self.path), self.values.path, *self.beside))),
            partial(_load_quietly, header := replace(self, fields=None)),  # it goes to other processes
            partial(_middle_slice, header),
            partial(header.values.bytes_for_slice, self.shape[2] // 2),
        )


def members_of(times: Sequence[float] | None, count: int) -> tuple[Which, ...]:
    """Return what tells volumes apart: their times in seconds, or from 0 where those are not known."""
    if count == 1:
        return ({},)
    return tuple({"time": float(n if times is None else round(times[n], 6))} for n in range(count))


def short_word(given: object) -> str:
    """Return the unit or modality that a file names; empty where it names none, or gives a whole text."""
    word = "" if given is None else printable(str(given)).strip().strip('"')
    return word if len(word) <= _LONGEST_WORD else ""


_LONGEST_WORD: Final = 16
"""Letters of a unit or a modality, as DICOM has them (PS3.5 6.2, CS and SH)."""


def check_shape(path: os.PathLike[str], sizes: Sequence[int]) -> tuple[int, int, int, int]:
    """Return the sizes of a grid as columns, rows, slices and volumes.

    Raises
    ------
    BadFileError
        When they are none of a volume or of several.
    """
    found = [int(n) for n in sizes]
    while len(found) > 3 and found[-1] == 1:
        found.pop()
    text = " x ".join(map(str, found[:8])) or "no"
    if any(n < 1 for n in found):
        raise BadFileError(f"{path}: its header says {text} values: each count is 1 at least; fetch it again")
    if len(found) not in (3, 4):
        raise BadFileError(f"{path}: has {text} values: a volume has three dimensions, and several on one grid four")
    columns, rows, slices, volumes = (*found, 1)[:4]
    return columns, rows, slices, volumes


def _load_quietly(
    header: GridHeader, numbers: Sequence[int], options: ReadOptions, spacing: tuple[float, float, float] | None = None
) -> list[Volume]:
    with np.errstate(all="ignore"):  # numbers of a damaged header are any
        return load_volumes(header, numbers, options, spacing)


def _middle_slice(header: GridHeader, number: int) -> NDArray[Any]:
    """Return the slice in the middle of a volume, shape (columns, rows), in its unit."""
    with np.errstate(all="ignore"):  # as above
        values = header.values.read_slice(header.shape[2] // 2, number)
        scaled, _ = scale_values(values[:, :, None], header.slope, header.intercept)
        return scaled[:, :, 0]


def load_volumes(
    header: GridHeader, numbers: Sequence[int], options: ReadOptions, spacing: tuple[float, float, float] | None = None
) -> list[Volume]:
    """Read volumes of a file.

    Parameters
    ----------
    header : GridHeader
    numbers : sequence of int
        Which of them, from 0.
    options : ReadOptions
    spacing : tuple of float, optional
        Between columns, rows and slices in mm, of a file that does not say where it lies.

    Raises
    ------
    BadFileError
        When the file is damaged, or has no grid.
    StackError
        When a spacing was given that the file says itself, or its axes are no right angles and that is to be an error.
    LimitError
        When it needs more memory than allowed.
    """
    affine = _spaced(header, spacing)
    name = str(header.path)
    voxels = int(np.prod(header.shape, dtype=object))
    whole = header.values.is_read_whole_for(len(numbers))
    stored = header.values.nbytes if whole else voxels * header.values.dtype.itemsize
    check_bytes(name, stored + len(numbers) * voxels * 4 + _WORKING * voxels // header.shape[2], options.max_memory)
    many = header.values.read() if whole else None
    made: list[Volume] = []
    for number in numbers:
        array = header.values.read(number)[..., 0] if many is None else many[..., number]
        values, rounded = scale_values(array, header.slope, header.intercept)
        volume = _volume(header, values, affine, options)
        which, first = header.which[number], header.which[0]
        seconds = round(float(which["time"]) - float(first["time"]), 6) if header.is_timed else None
        gradient = header.gradients[number] if header.gradients else None
        acquired = header.acquisition[number] if header.acquisition else {}
        info = replace(
            volume.info, notes=(*rounded, *volume.notes), which=which, seconds=seconds, gradient=gradient,
            acquisition=acquired,
        )  # fmt: skip
        volume = replace(volume, info=info, geometry=made[0].geometry if made else volume.geometry)
        made.append(_with_provenance(volume, options, spacing))
    return made


def _spaced(header: GridHeader, spacing: tuple[float, float, float] | None) -> Affine:
    if spacing is not None:
        if len(spacing) != 3 or not all(0 < mm < float("inf") for mm in spacing):
            raise StackError(f"spacing {spacing}: give three numbers above 0, between columns, rows and slices in mm")
        if not header.lacks:
            raise StackError(f"{header.path}: the file says where its voxels are; leave spacing out")
        affine = np.eye(4)
        affine[:3, :3] = np.diag(spacing)
        return affine
    if header.spacing_lacks:
        raise BadFileError(
            f"{header.path}: its header puts all voxels of an axis at one place (a spacing of 0): give spacing=(x, y, "
            "z) (--spacing) where nothing else is said, or write it again"
        )
    return header.affine


def scale_values(values: NDArray[Any], slope: float, intercept: float) -> tuple[NDArray[Any], tuple[Note, ...]]:
    """Return stored values in their unit, as int16 where that holds all, and notes on what was rounded.

    Parameters
    ----------
    values : ndarray, shape (columns, rows, slices)
    slope, intercept : float
    """
    if slope == 1 and intercept == 0:
        return values, ()
    ends = [float(one) * slope + intercept for one in ((values.min(), values.max()) if values.size else (0,))]
    whole = values.dtype.kind in "iub" and float(slope).is_integer() and float(intercept).is_integer()
    fits = whole and min(ends) >= _INT16.min and max(ends) <= _INT16.max
    out = np.empty(values.shape, np.int16 if fits else np.float32, order="F")
    for k in range(values.shape[2]):
        out[:, :, k] = values[:, :, k].astype(np.float64) * slope + intercept
    return out, rounding_notes(max(map(abs, ends))) if whole and not fits else ()


def _volume(header: GridHeader, values: NDArray[Any], affine: Affine, options: ReadOptions) -> Volume:
    """Return a volume of values, right-handed and with right angles."""
    matrix = affine.copy()
    if np.isfinite(matrix).all() and np.linalg.det(matrix[:3, :3]) < 0:
        matrix[:3, 3] += matrix[:3, 2] * (values.shape[2] - 1)
        matrix[:3, 2] *= -1
        values = values[:, :, ::-1]
    notes = list(header.notes)
    if options.unit is not None and header.unit and options.unit != header.unit:
        notes.append(
            Note(f"The file says that its values are in {header.unit}; that was overruled.", "file.unit_overruled")
        )
    if options.unit is None and not header.unit:
        notes += _like_hu(header, values)
    info = SeriesInfo(notes=tuple(notes), modality=header.modality)
    if options.identify:
        info = replace(info, notes=(*info.notes, NOBODY))
    unit = header.unit if options.unit is None else options.unit
    try:
        geometry = Geometry(matrix, header.shape)
    except GeometryError as error:
        raise BadFileError(f"{header.path}: has no grid: {error}") from None
    if geometry.shear <= SHEAR_TOLERANCE:
        return Volume(values, geometry, unit, info)
    values, upright, measured, note = _at_right_angles(header, values, geometry, options)
    if options.irregular == "keep":
        errors = PlaceErrors(float(np.linalg.norm(upright.corners - geometry.corners, axis=1).max()))
    else:
        errors = with_steps(PlaceErrors(), *geometry.affine[:3, :2].T)
    return Volume(values, upright, unit, replace(info, notes=(*info.notes, note), place_errors=errors), measured)


def _like_hu(header: GridHeader, values: NDArray[Any]) -> list[Note]:
    """Return a note where values without a unit may be HU: those of a CT begin with air."""
    if header.modality not in ("", "CT") or values.dtype.kind not in "if":
        return []
    least, most = float(values.min()), float(values.max())
    if not (least <= _AIR and most >= _BONE):  # also of NaN
        return []
    text = (
        f"The file names no unit, and its values go from {least:.0f} to {most:.0f}: if they are HU, say so by "
        'unit="HU" (--unit HU), and they are shown as such.'
    )
    return [Note(text, "file.maybe_hu")]


_AIR: Final = -900
_BONE: Final = 300
"""HU: a CT has values below the one (air is -1000) and above the other."""


def _at_right_angles(
    header: GridHeader, values: NDArray[Any], sheared: Geometry, options: ReadOptions
) -> tuple[NDArray[Any], Geometry, Measured | None, Note]:
    """Put voxels of a sheared grid on one of right angles: resampled, as they are, or refused."""
    what = f"its axes are not at right angles (cosine {sheared.shear:.4f} between two)"
    if options.irregular == "error":
        raise StackError(
            f'{header.path}: {what}; irregular="resample" puts its voxels on a grid that is, "keep" leaves them'
        )
    if options.irregular == "keep":
        U, _, V = np.linalg.svd(sheared.direction)
        affine = np.eye(4)
        affine[:3, :3] = (U @ V) * sheared.spacing
        affine[:3, 3] = np.asarray(sheared.center) - affine[:3, :3] @ ((np.array(sheared.shape) - 1) / 2)
        kept = Geometry(affine, sheared.shape)
        off = float(np.linalg.norm(kept.corners - sheared.corners, axis=1).max())
        text = f"The file says that {what}: voxels were kept, and lie up to {off:.2f} mm from where it says."
        note = Note(text, "file.shear_kept", moved_mm=off)
        return values, kept, None, note
    grid = upright_grid(sheared.affine, sheared.shape)
    # A shear beyond all numbers has no count of columns.
    if min(grid.shape) < 1 or np.prod(grid.shape, dtype=float) > MOST_SHEARED * np.prod(sheared.shape, dtype=float):
        raise StackError(f"{header.path}: {what}, by too much for a volume: resample it, and give the result")
    check_bytes(str(header.path), 2 * 4 * int(np.prod(grid.shape, dtype=object)), options.max_memory)
    plain = Volume(values, Geometry(np.eye(4), sheared.shape))  # of the two dtypes that are resampled
    filled, measured = resample_upright(plain.voxels, grid, fill_value(plain.voxels, None))
    text = f"The file says that {what}: it was resampled to right angles; what lies beside it was filled in."
    note = Note(text, "file.sheared")
    return filled, Geometry(grid.affine, grid.shape), measured, note


def _with_provenance(volume: Volume, options: ReadOptions, spacing: tuple[float, float, float] | None) -> Volume:
    """Return a volume that says what its file holds, hashed: voxels and affine."""
    text = " ".join(f"{number:.4f}" for number in volume.affine[:3].ravel())
    series = digest_of_text("grid", volume.digest, text.replace("-0.0000", "0.0000"))
    made = replace(volume, info=replace(volume.info, provenance=Provenance(series, options.irregular, spacing=spacing)))
    made._made.update(volume._made)  # the same voxels: they are hashed once
    return made
