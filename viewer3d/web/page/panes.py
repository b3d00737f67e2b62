"""Say which slices the panes of a page have, where each is, and where the other planes cut them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from viewer3d.core.geometry import Geometry
from viewer3d.core.images.image2d import flat_of
from viewer3d.core.view.planes import PLANES, PlaneName
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.figures.movies.paths import slice_positions
from viewer3d.render.marks.annotations import image_text, plane_title, position_text
from viewer3d.render.panes import PaneGeometry, pane_geometry
from viewer3d.web.page.plan import PaneSlices

_AWAY: Final = 1e6
"""How far from the volume the other two planes cut, in mm, where their lines are not to be in a picture: the page draws
them, as they move."""


@dataclass(frozen=True, eq=False)
class SlicePaneOfPage:
    """A pane of slices.

    Attributes
    ----------
    name : {"axial", "coronal", "sagittal"}
    state : ViewState
        Of the page.
    volume : Volume
        The one that is seen.
    size : tuple of int
        Width and height of its pictures.
    positions : tuple of float
        Of all slices along the normal, in mm, growing.
    slices : PaneSlices
    """

    name: PlaneName
    state: ViewState
    volume: Volume
    size: tuple[int, int]
    positions: tuple[float, ...]
    slices: PaneSlices

    def state_at(self, number: int) -> ViewState:
        """Return the state whose picture shows one slice, without the lines of the other planes."""
        axes = [self.state.plane(name).normal for name in PLANES]
        own = np.array(self.state.plane(self.name).normal)
        away = sum((np.array(axis) for axis in axes), -own) * (0.0 if flat_of(self.volume) else _AWAY)
        return self.state.with_view(self.name).with_cursor(self.positions[number] * own + away + self._within(own))

    def _within(self, own: Any) -> Any:
        # Of an image that lies in no space the cursor stays where it is within the frame.
        if flat_of(self.volume) is None:
            return np.zeros(3)
        cursor = np.array(self.state.cursor)
        return cursor - (cursor @ own) * own

    def seen_at(self, number: int) -> PaneGeometry:
        """Return where the pixels of the picture of a slice lie in the patient."""
        return pane_geometry(self.volume.geometry, self.state_at(number), self.name, self.size)

    def labels(self, number: int) -> tuple[str, str]:
        """Return which image a slice is, as "68/135", and where it is, as pictures say it; both may be empty."""
        if flat_of(self.volume) is not None:
            return f"{number + 1}/{self.slices.count}", ""
        pane = self.seen_at(number)
        return image_text(self.volume.geometry, self.state_at(number), pane), position_text(pane)

    def cuts(self) -> dict[str, tuple[float, float, float]]:
        """Return where along its normal each other plane goes through a point of this pane.

        Returns
        -------
        dict of str to (float, float, float)
            At the left top of the picture, in mm; how much that grows to the right edge; and to the lower edge. Where
            that is where the other plane is, it cuts this pane: that is a line, whatever slice is shown.
        """
        pane, corner = self.seen_at(self.slices.first), (-0.5, -0.5)
        width, height = self.size
        points = pane.to_world([corner, (width - 0.5, -0.5), (-0.5, height - 0.5)])
        found: dict[str, tuple[float, float, float]] = {}
        for other in PLANES:
            if other != self.name:
                at, right, low = (float(mm) for mm in points @ np.array(self.state.plane(other).normal))
                found[other] = (at, right - at, low - at)
        return found

    @property
    def title(self) -> str:
        """What the plane is called."""
        return "Frame" if flat_of(self.volume) is not None else plane_title(self.state, self.name)


def slice_pane(volume: Volume, state: ViewState, name: PlaneName, size: tuple[int, int]) -> SlicePaneOfPage:
    """Return a pane of a page: all slices of a plane of a volume, at first the one that the state shows."""
    positions = _positions(volume.geometry, state, name)
    at = float(np.array(state.cursor) @ np.array(state.plane(name).normal))
    first = min(range(len(positions)), key=lambda number: abs(positions[number] - at))
    spacing = positions[1] - positions[0] if len(positions) > 1 else 1.0
    return SlicePaneOfPage(name, state, volume, size, positions, PaneSlices(name, len(positions), spacing, first))


def _positions(geometry: Geometry, state: ViewState, name: PlaneName) -> tuple[float, ...]:
    normal = np.array(state.plane(name).normal)
    return tuple(float(mm) for mm in slice_positions(geometry, normal))
