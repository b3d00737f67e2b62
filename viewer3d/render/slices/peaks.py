"""Find extremes along lines that are oblique in a grid: of even samples, refined where lines bend.

Interpolated linearly, a volume bends along a line where that crosses a plane of voxels, of any of the three axes: there
its peaks are. Planes of pixels cannot lie at all of them, for each pixel's line crosses elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.volume import Volume
from viewer3d.render.slices.slab import OUTSIDE, Samples, is_inside

_PIXELS_AT_ONCE: Final = 1 << 15
"""Pixels looked at at a time: their numbers stay in a processor's cache."""

_FLAT: Final = 1 / 512
"""Of the range of all values in a pane: a line that changes by less has no peak to look for, not half of a grey
level's even when all of the range is shown."""

CROSSED: Final = 1e-3
"""Voxels along an axis from one plane to the next: lines that go less cross no plane that matters."""

Floats = NDArray[np.float32]
Extreme = Literal["maximum", "minimum"]


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines through the pixels of a pane, all along one direction.

    Attributes
    ----------
    matrix : ndarray of float64, shape (4, 4)
        Pixel (column, row, 0, 1) to voxel index, where the lines are 0 mm long.
    direction : ndarray of float64, shape (3,)
        What they go on by in 1 mm, in voxels.
    offsets : ndarray of float32, shape (N,)
        Where planes of samples lie along them, in mm: even and growing.
    """

    matrix: NDArray[np.float64]
    direction: NDArray[np.float64]
    offsets: Floats

    def indices(self, rows: slice, width: int, along: Floats) -> NDArray[np.float32]:
        """Return voxel indices, shape (3, rows x columns), of points so many mm along the lines of rows."""
        across, down = np.arange(width), np.arange(rows.start, rows.stop)[:, None]
        starts = [row[0] * across + (row[1] * down + row[3]) for row in self.matrix[:3]]
        indices: NDArray[np.float32] = np.array(starts, np.float32).reshape(3, -1)
        indices += self.direction.astype(np.float32)[:, None] * along
        return indices


class Peaks:
    """Keeps the extreme of planes of samples, pixel by pixel, and which plane has it.

    Parameters
    ----------
    blend : {"maximum", "minimum"}
    first : ndarray of int16 or float32, shape (height, width)
        Of the first plane; they are copied.
    """

    def __init__(self, blend: Extreme, first: Samples) -> None:
        self._is_highest = blend == "maximum"
        self._count = 1
        self.values = first.copy()
        self._opposite = first.copy()
        self._planes = np.zeros(first.shape, np.uint16)

    def add(self, samples: Samples) -> None:
        """Add the samples of the next plane, of the same shape and dtype."""
        better = samples > self.values if self._is_highest else samples < self.values
        if samples.dtype != np.int16:
            better |= np.isnan(self.values)  # by what is as far outside at worst
        elif not self._is_highest:  # OUTSIDE is the lowest there is
            better &= samples != OUTSIDE
            better |= self.values == OUTSIDE
        np.copyto(self.values, samples, where=better)
        np.copyto(self._planes, self._count, where=better)
        (np.fmin if self._is_highest else np.fmax)(self._opposite, samples, out=self._opposite)
        self._count += 1

    def refine(self, volume: Volume, lines: Lines) -> None:
        """Look for a better value where lines bend, from the plane before the best to the one after it.

        Parameters
        ----------
        volume : Volume
        lines : Lines
            Those of the pixels, with the planes that were added.
        """
        found = self.values[is_inside(self.values)]
        if not found.size:
            return
        least = _FLAT * (float(found.max()) - float(found.min()))
        height, width = self.values.shape
        step = max(1, _PIXELS_AT_ONCE // width)
        for first in range(0, height, step):
            rows = slice(first, min(first + step, height))
            values = self.values[rows].reshape(-1)
            change = np.abs(values.astype(np.float32) - self._opposite[rows].reshape(-1))
            bent = np.flatnonzero(is_inside(values) & ~(change <= least))
            if not len(bent):
                continue
            along = lines.offsets[self._planes[rows].reshape(-1)]
            indices = lines.indices(rows, width, along)[:, bent]
            best = values[bent].astype(np.float32)
            self._better(volume, lines, indices, along[bent], best)
            values[bent] = best if values.dtype != np.int16 else np.floor(best + np.float32(0.5))

    def _better(self, volume: Volume, lines: Lines, indices: Floats, along: Floats, best: Floats) -> None:
        offsets, direction = lines.offsets, lines.direction.astype(np.float32)
        step = offsets[1] - offsets[0]
        low, high = np.maximum(-step, offsets[0] - along), np.minimum(step, offsets[-1] - along)
        join = np.fmax if self._is_highest else np.fmin
        for axis in range(3):
            if abs(direction[axis]) * step < CROSSED:
                continue
            for rounded in (np.floor, np.ceil):
                ahead = (rounded(indices[axis]) - indices[axis]) / direction[axis]
                crossing = np.flatnonzero((ahead >= low) & (ahead <= high))
                points = indices[:, crossing] + ahead[crossing] * direction[:, None]
                best[crossing] = join(best[crossing], _on_plane(volume, axis, points))


def _on_plane(volume: Volume, axis: int, points: NDArray[Any]) -> Floats:
    # What is interpolated at points on planes of voxels across an axis; NaN outside of the volume.
    steps = (1, volume.shape[0], volume.shape[0] * volume.shape[1])
    flat = volume.voxels.reshape(-1, order="F")
    last = np.array(volume.shape, np.float32)[:, None] - 1
    outside = ((points < -0.5) | (points > last + np.float32(0.5))).any(0)
    points = np.clip(points, 0, last)
    index = np.rint(points[axis]).astype(np.intp) * steps[axis]
    others = [n for n in range(3) if n != axis]
    shares = []
    for n in others:
        low = np.minimum(points[n].astype(np.intp), max(volume.shape[n] - 2, 0))
        shares.append(points[n] - low.astype(np.float32))
        index += low * steps[n]
    right, down = (steps[n] * (volume.shape[n] > 1) for n in others)
    one, other = (_between(flat, index + offset, right, shares[0]) for offset in (0, down))
    found: Floats = one + (other - one) * shares[1]
    found[outside] = np.nan
    return found


def _between(flat: NDArray[Any], index: NDArray[np.intp], step: int, share: Floats) -> Floats:
    one = flat.take(index).astype(np.float32)
    index += step
    return one + (flat.take(index).astype(np.float32) - one) * share
