"""The panel of a window whose picture is that of one viewer, or of several side by side."""

from __future__ import annotations

from viewer3d.app.beside.cells import ViewerCells
from viewer3d.app.window.layer_panel import LayerPanel, LayersShown
from viewer3d.app.window.screen import EventHandler, Screen


class CellPanel(LayerPanel):
    """The panel of a window with viewers beside it, for the active one of them.

    Parameters
    ----------
    desktop : Screen

    Attributes
    ----------
    cells : ViewerCells
        The viewers.
    """

    def __init__(self, desktop: Screen) -> None:
        super().__init__(desktop)
        self.cells = ViewerCells(self._area, self)

    def put_beside(self, entry: int | None = None) -> None:  # noqa: ARG002 (of a catalog, which is not there)
        """Put what is shown beside itself, of a 4-D set the next time."""
        self.cells.put_again(self.cells.active)

    def cell_was_activated(self) -> None:
        """Do nothing: the panel shows the layers of the active cell anyway."""

    def cell_was_added(self) -> None:
        """Do nothing: nothing more is known of it."""

    def cell_was_closed(self, number: int) -> None:
        """Do nothing: nothing more is known of it."""

    def keeps_cell(self, number: int) -> bool:  # noqa: ARG002 (any can be taken away)
        """Return whether a cell stays as long as the window does: none."""
        return False

    def _layers_shown(self) -> LayersShown | None:
        return self.cells.viewer if self.cells.count else None


class ViewerPanel(CellPanel):
    """The panel of a viewer that has a desktop window of its own.

    Parameters
    ----------
    desktop : Screen
    viewer : LayersShown
    """

    def __init__(self, desktop: Screen, viewer: LayersShown) -> None:
        super().__init__(desktop)
        self._viewer = viewer

    def open(self) -> None:
        """Open the window when the masks of contours are made: not between two events later on."""
        for one in self._viewer.placed.regions:
            one.prepare()
        super().open()

    @property
    def picture_handler(self) -> EventHandler:
        """What handles the events of the picture beside the panel."""
        return self.cells.handler

    def keeps_cell(self, number: int) -> bool:
        """Return whether a cell stays as long as the window does: the first, whose viewer drives the window."""
        return number == 0

    def finish_events(self) -> bool:
        """Process the events of the cells beside the viewer's own, and show the panel if that is due."""
        worked = self.cells.process_events(1)
        return super().finish_events() or worked

    def close_others(self) -> None:
        """Close the cells beside the viewer's own."""
        self.cells.close_others()
