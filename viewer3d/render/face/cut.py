"""The smooth surface that a face is cut away at, as a function of space."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.render.couch.masks import Mask
from viewer3d.render.face.head import SAMPLE_MM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viewer3d.render.face.find import FaceMarks

DEPTH_MM: Final = 18.0
"""mm behind the face's mean surface: eyes, which lie up to 8 mm behind it, lose their lids and corneas, and the bridge
of the nose all that is of skin."""

HALF_WIDTH: Final = 66.0
"""mm from the middle of the face to where the cut ends at either side: beyond the outer corners of the eyes (45 mm)."""

FULL_HALF_WIDTH: Final = 54.0
"""mm from the middle to where the cut begins to rise to the skin."""

ABOVE_ROOT: Final = 28.0
"""mm from the root of the nose up to where the cut ends, above the brows: it rises to the skin of the forehead on the
way, for there the brain is 12 mm behind it."""

BELOW_TIP: Final = 95.0
"""mm from the tip of the nose down to where the cut ends: below the chin, which is 55 to 85 mm below it."""

FITTED: Final = (20.0, 54.0)
"""mm from the middle of the face: the skin that its mean surface is fitted to, without nose and lips."""

FITTED_BELOW_TIP: Final = 50.0
"""mm from the tip of the nose down to where the mean surface is fitted."""

FITS: Final = 4
"""Times that the surface is fitted, each without what lies further off than :data:`OUTLIER_MM`."""

OUTLIER_MM: Final = 12.0
"""mm from the surface: hands, tubes, and holes in the skin of MR."""


@dataclass(frozen=True)
class FaceCut:
    """What is cut away of a face: all in front of a smooth surface, up to the end of the volume.

    The surface is a parabola across and a line along the head, so that it tells nothing of a face but its size and
    where it looks.

    Attributes
    ----------
    middle, root, tip : float
        LPS mm: x of the face's middle, z of the root and of the tip of the nose.
    coefficients : tuple of float
        y of the mean surface of the skin: c0 + c1 u + c2 u^2 + c3 v, u = x - middle, v = z - tip.
    forehead : float
        mm by which the forehead is in front of that surface where the cut ends; behind it where negative.
    """

    middle: float
    root: float
    tip: float
    coefficients: tuple[float, float, float, float]
    forehead: float = 0.0

    def skin(self, x: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return y of the mean surface of the skin (LPS, mm)."""
        c0, c1, c2, c3 = self.coefficients
        u, v = x - self.middle, z - self.tip
        return np.asarray(c0 + c1 * u + c2 * u * u + c3 * v)

    def surface(self, x: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return y of the surface that is cut at (LPS, mm); -inf where nothing is cut."""
        off = np.abs(x - self.middle)
        across = np.clip((HALF_WIDTH - off) / (HALF_WIDTH - FULL_HALF_WIDTH), 0, 1)
        up = np.clip((z - self.root) / ABOVE_ROOT, 0, 1)
        is_cut = (off <= HALF_WIDTH) & (z <= self.root + ABOVE_ROOT) & (z >= self.tip - BELOW_TIP)
        return np.where(is_cut, self.skin(x, z) + DEPTH_MM * across * (1 - up) - self.forehead * up, -np.inf)

    def voxel_masks(self, geometry: Geometry) -> Iterator[tuple[tuple[slice, slice, int], Mask]]:
        """Yield the voxels of a grid that are cut away, slice by slice.

        Parameters
        ----------
        geometry : Geometry
            Of any grid in the world of the volume, sheared too.

        Yields
        ------
        index : tuple of slice, slice, int
            Some columns, some rows and the slice, of which none has more.
        part : ndarray of bool, shape (columns, rows)
            Which of these voxels are cut away.
        """
        box = self._index_box(geometry)
        if any(side.stop <= side.start for side in box):
            return
        i, j = (np.arange(side.start, side.stop, dtype=np.float64) for side in box[:2])
        A = geometry.affine
        for k in range(box[2].start, box[2].stop):
            x, y, z = (A[n, 0] * i + (A[n, 1] * j + A[n, 2] * k + A[n, 3])[:, None] for n in range(3))
            part = y < self.surface(x, z)
            if part.any():
                yield (box[0], box[1], k), part.T

    def contains(self, world: NDArray[np.float64]) -> Mask:
        """Return which points (LPS, mm), shape (N, 3), are cut away."""
        inside: Mask = world[:, 1] < self.surface(world[:, 0], world[:, 2])
        return inside

    def _index_box(self, geometry: Geometry) -> tuple[slice, slice, slice]:
        # All voxels that may be cut away: in the box around the cut, as far in front as the volume goes.
        low, high = (np.array(end) for end in geometry.bounds)
        x = self.middle + np.linspace(-HALF_WIDTH, HALF_WIDTH, 45)
        z = np.linspace(self.tip - BELOW_TIP, self.root + ABOVE_ROOT, 45)
        deepest = float(self.surface(*np.meshgrid(x, z)).max())
        first = np.array([x[0], low[1], z[0]])
        last = np.array([x[-1], min(deepest, high[1]), z[-1]])
        corners = np.array([[(first, last)[n >> axis & 1][axis] for axis in range(3)] for n in range(8)])
        index = geometry.world_to_index(corners)
        i, j, k = (
            slice(max(int(np.floor(a)), 0), min(int(np.ceil(b)) + 1, n))
            for a, b, n in zip(index.min(0), index.max(0), geometry.shape, strict=True)
        )
        return i, j, k


def fit_cut(rows: NDArray[np.intp], origin: NDArray[np.float64], marks: FaceMarks) -> FaceCut | None:
    """Return where to cut a face, from its front and where the nose is in it.

    Parameters
    ----------
    rows : ndarray of int, shape (planes, columns)
        The first row of samples that is of the body, or -1.
    origin : ndarray of float64, shape (3,)
        World (LPS, mm) of the first sample.
    marks : FaceMarks

    Returns
    -------
    FaceCut, optional
        None where too little of the face is there to fit a surface to.
    """
    middle, tip, root = (
        float(origin[axis] + SAMPLE_MM * at) for axis, at in ((0, marks.column), (2, marks.tip), (2, marks.root))
    )
    planes, columns = np.indices(rows.shape)
    x, z = origin[0] + SAMPLE_MM * columns, origin[2] + SAMPLE_MM * planes
    y = origin[1] + SAMPLE_MM * (rows - 0.5)  # the skin is half way from the last sample of air
    off = np.abs(x - middle)
    fitted = (rows >= 0) & (off >= FITTED[0]) & (off <= FITTED[1])
    fitted &= (z >= tip - FITTED_BELOW_TIP) & (z <= root + ABOVE_ROOT)
    u, v, y = (x - middle)[fitted], (z - tip)[fitted], y[fitted]
    A = np.stack([np.ones_like(u), u, u * u, v], 1)
    kept = np.ones(len(y), np.bool_)
    found = np.zeros(4)
    for _ in range(FITS):
        if np.count_nonzero(kept) < LEAST_FITTED:
            return None
        found = np.linalg.lstsq(A[kept], y[kept], rcond=None)[0]
        kept = np.abs(A @ found - y) <= OUTLIER_MM
    c0, c1, c2, c3 = map(float, found)
    cut = FaceCut(middle, root, tip, (c0, c1, c2, c3))
    y = origin[1] + SAMPLE_MM * (rows - 0.5)
    forehead = (rows >= 0) & (off <= FITTED[0]) & (np.abs(z - root - ABOVE_ROOT) <= SAMPLE_MM)
    out = (cut.skin(x, z) - y)[forehead]
    return replace(cut, forehead=float(np.median(out)) if out.size else 0.0)


LEAST_FITTED: Final = 40
"""Samples of skin (640 mm2) that a surface is fitted to at least."""
