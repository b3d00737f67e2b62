"""Decide the windows of a stack from those of its frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.sampling import SAMPLE_SIZE, even_indices
from viewer3d.core.window import Window
from viewer3d.dicom.headers.frame import Frame

LEAST_ANATOMY: Final = 0.1
"""Of the slice with the most: slices with less hold air, noise or the tip of a nose, and have windows for these."""


def windows_of(frames: Sequence[Frame], voxels: NDArray[Any]) -> tuple[Window, ...]:
    """Return the windows for a whole stack.

    Many MR scanners give each slice a window from its own values: with that of an empty slice the head is all white
    (3D Slicer issue 5140).

    Parameters
    ----------
    frames : sequence of Frame
    voxels : ndarray, shape (columns, rows, n)
        Of these frames, in their unit.

    Returns
    -------
    tuple of Window
        Those that all frames share. Where they differ, the medians of center and width over the slices with anatomy,
        number by number; tables that differ are left out.
    """
    if not are_own(frames):
        return frames[0].windows
    full = set(np.flatnonzero(has_anatomy(voxels)).tolist())
    chosen = [frame for n, frame in enumerate(frames) if frame.windows and n in full]
    chosen = chosen or [frame for frame in frames if frame.windows]
    count = min(len(frame.windows) for frame in chosen)
    found = (_median([frame.windows[n] for frame in chosen]) for n in range(count))
    return tuple(window for window in found if window is not None)


def are_own(frames: Sequence[Frame]) -> bool:
    """Return whether frames have different windows."""
    return len({frame.windows for frame in frames}) > 1


def has_anatomy(voxels: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which slices hold anatomy, by how many of their voxels are above the mean of all.

    Parameters
    ----------
    voxels : ndarray, shape (columns, rows, n)

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    columns, rows, slices = voxels.shape
    i, j, k = even_indices((columns, rows, slices), SAMPLE_SIZE)
    values = voxels[i, j, k].astype(np.float64)
    finite = np.isfinite(values)
    above = finite & (values > (values[finite].mean() if finite.any() else 0.0))
    # A sample does not have the same number of voxels in each slice.
    share = np.bincount(k[above], minlength=slices) / np.maximum(np.bincount(k, minlength=slices), 1)
    return np.asarray(share >= LEAST_ANATOMY * share.max())


def _median(windows: Sequence[Window]) -> Window | None:
    if len(set(windows)) == 1:
        return windows[0]
    functions = {window.function for window in windows}
    if len(functions) > 1 or "TABLE" in functions:
        return None
    center, width = np.percentile([(window.center, window.width) for window in windows], 50, axis=0)
    return Window(float(center), float(width), windows[0].function)
