"""The layout of the slices of a stack, measured from their positions alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import SHEAR_TOLERANCE

EVEN_TOLERANCE: Final = 1e-2
"""Relative to the step: positions that deviate less from even steps are even (those of a real PET deviate by 0.4 %)."""

LONE_STEP: Final = 1.0
"""mm: the slice spacing given to a single image, which has no second position to measure it from."""


@dataclass(frozen=True, eq=False)
class SliceLayout:
    """Positions and directions of the frames of a stack, measured.

    Attributes
    ----------
    row, column, normal : ndarray, shape (3,)
        Unit vectors along a row, along a column and across the frames (row x column), in LPS.
    spacing : tuple of float
        Between columns and between rows, in mm.
    positions : ndarray, shape (n, 3)
        Of the first pixel of each frame, in mm, ascending along the normal.
    """

    row: NDArray[np.float64]
    column: NDArray[np.float64]
    normal: NDArray[np.float64]
    spacing: tuple[float, float]
    positions: NDArray[np.float64]

    @property
    def along(self) -> NDArray[np.float64]:
        """Distance of each frame from the first along the normal, in mm, shape (n,)."""
        along: NDArray[np.float64] = (self.positions - self.positions[0]) @ self.normal
        return along

    @property
    def gaps(self) -> NDArray[np.float64]:
        """Distances between neighbours along the normal, in mm, shape (n - 1,)."""
        gaps: NDArray[np.float64] = np.diff(self.along)
        return gaps

    @property
    def step(self) -> NDArray[np.float64]:
        """The mean vector from frame to frame in mm, shape (3,); oblique to the frames if they are tilted."""
        if len(self.positions) == 1:
            return self.normal * LONE_STEP
        mean: NDArray[np.float64] = (self.positions[-1] - self.positions[0]) / (len(self.positions) - 1)
        return mean

    @property
    def step_length(self) -> float:
        """The length of :attr:`step` in mm: the slice spacing, measured along the table if frames are tilted."""
        return float(np.linalg.norm(self.step))

    @property
    def residual(self) -> float:
        """The largest distance of a frame from even steps, in mm."""
        even = self.positions[0] + np.arange(len(self.positions))[:, None] * self.step
        return float(np.linalg.norm(self.positions - even, axis=1).max())

    @property
    def even(self) -> bool:
        """Whether the frames are at even steps, within :data:`EVEN_TOLERANCE`."""
        return self.residual <= EVEN_TOLERANCE * self.step_length

    @property
    def lean(self) -> float:
        """The angle between the step and the normal in degrees: the gantry tilt."""
        step = self.step
        across = np.linalg.norm(step - (step @ self.normal) * self.normal)
        return float(np.degrees(np.arctan2(across, step @ self.normal)))

    @property
    def upright(self) -> bool:
        """Whether the step is perpendicular to the frames.

        Within :data:`~viewer3d.core.geometry.SHEAR_TOLERANCE`.
        """
        return bool(np.sin(np.radians(self.lean)) <= SHEAR_TOLERANCE)

    @property
    def regular(self) -> bool:
        """Whether an affine without shear describes the positions of the frames."""
        return self.even and self.upright

    @property
    def upright_fit(self) -> tuple[NDArray[np.float64], float]:
        """The affine without shear, shape (4, 4), that fits the frames best, and the largest error in mm."""
        count = np.arange(len(self.positions))
        slope = np.polyfit(count, self.along, 1)[0] if len(count) > 1 else LONE_STEP
        step = self.normal * slope
        origin = (self.positions - count[:, None] * step).mean(0)
        affine = self.affine
        affine[:3, 2], affine[:3, 3] = step, origin
        away = self.positions - (origin + count[:, None] * step)
        return affine, float(np.linalg.norm(away, axis=1).max())

    @property
    def affine(self) -> NDArray[np.float64]:
        """The affine, shape (4, 4), from voxel index to LPS mm with even steps; sheared if frames are tilted."""
        affine = np.eye(4)
        affine[:3, 0] = self.row * self.spacing[0]
        affine[:3, 1] = self.column * self.spacing[1]
        affine[:3, 2] = self.step
        affine[:3, 3] = self.positions[0]
        return affine
