"""What a viewer offers of series side by side, to programs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from viewer3d.app.beside.screens import CellScreen
from viewer3d.core.inputs import AnyVolume, as_volumes
from viewer3d.core.layers import Overlays
from viewer3d.core.members import as_members
from viewer3d.core.view.side_by_side import SideBySide
from viewer3d.errors import ViewError

if TYPE_CHECKING:
    from viewer3d.app.beside.cells import ViewerCells
    from viewer3d.app.steering import Steering
    from viewer3d.app.viewer import Viewer


class SideBySideViews:
    """The other viewers in the window of a viewer, which is a subclass of it."""

    _steering: Steering

    @property
    def side_by_side(self) -> SideBySide | None:
        """The states of all series that stand side by side and what links them; None of one alone."""
        cells = cells_of(self._steering)
        return None if cells is None else cells.side_by_side

    @property
    def beside(self) -> tuple[Viewer, ...]:
        """The viewers of the other series in this window, in reading order."""
        cells = cells_of(self._steering)
        return () if cells is None else tuple(one for one in cells.viewers if one is not self)

    def put_beside(
        self,
        volume: AnyVolume,
        *,
        overlays: Overlays = (),
        transform: ArrayLike | str | os.PathLike[str] | None = None,
    ) -> Viewer:
        """Show one more series in this window, up to four, and link it with the others by place.

        Parameters
        ----------
        volume : Volume, sequence of Volume, or path
        overlays : sequence of Layer or data
            What is drawn over it, from the lowest to the highest.
        transform : array_like of shape (4, 4), or path, optional
            What places it in the world of the first, as of a :class:`viewer3d.Layer`: where the files do not share a
            frame of reference, and a registration says how they lie.

        Returns
        -------
        Viewer
            Its viewer, with a state and callbacks of its own.

        Raises
        ------
        ViewError
            When there is no window, no room for another, or it cannot be shown.
        """
        cells = cells_of(self._steering)
        if cells is None:
            raise ViewError("this viewer has no window, in which another could stand beside it: make it with a screen")
        return cells.put(as_members(as_volumes(volume)), overlays, transform=transform)


def cells_of(steering: Steering) -> ViewerCells | None:
    """Return the cells of the window that a viewer is shown in; None without a window."""
    screen = steering.screen
    return screen.shared.cells if isinstance(screen, CellScreen) else None


def as_series(one: object) -> tuple[Sequence[object] | object, object]:
    """Return the data that are to be put beside, and the transform that places them, if any."""
    from viewer3d.core.layers import Layer  # noqa: PLC0415 (with the layers themselves)

    return (one.data, one.transform) if isinstance(one, Layer) else (one, None)
