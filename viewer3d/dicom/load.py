"""Files to Volume: the whole story."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.dicom.choose import choose, every_volume
from viewer3d.dicom.explain import notes_of
from viewer3d.dicom.frame import Frame
from viewer3d.dicom.pixels import read_voxels
from viewer3d.dicom.resample import plan_grid, resample
from viewer3d.dicom.scan import Scan, Series, scan
from viewer3d.dicom.stack import Stack
from viewer3d.dicom.units import unit_of
from viewer3d.errors import StackError
from viewer3d.geometry import Geometry
from viewer3d.volume import Volume

if TYPE_CHECKING:
    from pydicom import Dataset

Progress = Callable[[str, int, int], None]
"""Called with the stage ("headers" or "slices"), how many are done and how many there are."""


def load(
    where: str | os.PathLike[str] | Sequence[Dataset] | Scan,
    series: int | str | Series | None = None,
    *,
    stack: int | None = None,
    progress: Progress | None = None,
) -> Volume:
    """Load one volume.

    Slices are ordered by Image Position (Patient) along the normal and by nothing else, the spacing comes from those
    positions, and each slice is rescaled by its own slope and intercept. Slices that no affine can hold (a tilted
    gantry, uneven steps) are resampled onto an upright, even grid, and ``notes`` says so.

    Parameters
    ----------
    where : path, sequence of pydicom.Dataset, or Scan
        A folder (searched at any depth), one file, a DICOMDIR, a zip, datasets, or what :func:`viewer3d.scan` found.
    series : int, str or Series, optional
        Series Number or Series Instance UID; needed when there are several.
    stack : int, optional
        Which of the series' volumes, from 1 as ``viewer3d list`` numbers them; needed when there are several.
    progress : callable, optional
        Called with ("headers" or "slices", how many are done, how many there are).

    Returns
    -------
    Volume
        ``voxels[i, j, k]`` are int16 where all values are whole and fit, else float32.

    Raises
    ------
    NotFoundError, NoVolumeError
        When there is no path, no DICOM or no volume there.
    ChoiceError
        When several volumes could be meant; lists each with the call and the flag to choose it.
    BadFileError
        When a file is truncated or cannot be decoded.
    StackError
        When the chosen slices make no volume.

    Examples
    --------
    >>> volume = load("folder", series=3)      # doctest: +SKIP
    >>> volume.spacing                         # doctest: +SKIP
    (0.7, 0.7, 1.25)
    """
    found = where if isinstance(where, Scan) else scan(where, progress=_stage(progress, "headers"))
    chosen, slices = choose(found, series, stack)
    return read_stack(chosen, slices, progress=progress)


def load_all(
    where: str | os.PathLike[str] | Sequence[Dataset] | Scan, *, progress: Progress | None = None
) -> list[Volume]:
    """Load every volume there is; single images are none.

    Parameters
    ----------
    where : path, sequence of pydicom.Dataset, or Scan
        As for :func:`load`.
    progress : callable, optional
        As for :func:`load`.

    Returns
    -------
    list of Volume
        In the order of :func:`viewer3d.scan`.

    Raises
    ------
    NotFoundError, NoVolumeError, BadFileError, StackError
        As for :func:`load`.
    """
    found = where if isinstance(where, Scan) else scan(where, progress=_stage(progress, "headers"))
    return [read_stack(series, stack, progress=progress) for series, stack in every_volume(found)]


def read_stack(series: Series, stack: Stack, *, progress: Progress | None = None) -> Volume:
    """Read the pixels of one stack of a scanned series, and lay them on a grid.

    Raises
    ------
    BadFileError, StackError, LimitError
        As for :func:`load`.
    """
    if stack.layout is None:
        raise StackError(f"{series}: {stack.problem}; no volume can be made of it")
    _check_doubles(series, stack)
    layout, (columns, rows, _) = stack.layout, stack.shape
    voxels = read_voxels(stack.frames, progress=_stage(progress, "slices"))
    affine = layout.affine
    if not (layout.even and layout.upright):
        grid = plan_grid(layout, columns, rows)
        voxels, affine = resample(voxels, grid), grid.affine
    first: Frame = stack.frames[0]
    return Volume(
        voxels,
        Geometry(affine, (voxels.shape[0], voxels.shape[1], voxels.shape[2])),
        unit=unit_of(stack.frames)[0],
        window=first.window,
        notes=notes_of(series, stack),
        modality=series.modality,
        description=series.description,
        inverted=first.stored.photometric == "MONOCHROME1",
    )


def _check_doubles(series: Series, stack: Stack) -> None:
    """Two images at one position are one only when they are the same picture."""
    for kept, other in stack.doubles:
        a, b = (_picture(frame) for frame in (kept, other))
        if not np.array_equal(a, b):
            raise StackError(
                f"{series}: two different images at position {_mm(kept)} mm, and nothing tells which belongs here: "
                f"{kept.name} and {other.name}; move one away"
            )


def _picture(frame: Frame) -> NDArray[Any]:
    return read_voxels([frame])


def _mm(frame: Frame) -> str:
    return "(" + ", ".join(f"{v:g}" for v in frame.position or ()) + ")"


def _stage(progress: Progress | None, stage: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(stage, done, total)
