"""What commands of series side by side do; see :data:`viewer3d.app.commands.COMMANDS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from viewer3d.app.beside.views import cells_of
from viewer3d.app.saving import save_files, save_picture, save_state, write_text
from viewer3d.errors import ViewError

if TYPE_CHECKING:
    from viewer3d.app.beside.cells import ViewerCells
    from viewer3d.app.steering import Steering
    from viewer3d.app.viewer import Viewer


def on_cells(act: Callable[[ViewerCells], str | None]) -> Callable[[Steering], str | None]:
    """Return what does something with the cells of the window and, where it fails, says why."""

    def handle(steering: Steering) -> str | None:
        cells = cells_of(steering)
        if cells is None:
            return "series stand side by side in a desktop window alone"
        try:
            return act(cells)
        except ViewError as error:
            return str(error)

    return handle


def save_pictures(viewer: Viewer) -> str:
    """Save the picture, of several series that of all, or give it to the screen; return a note."""
    cells = cells_of(viewer.steering)
    value = None if cells is None else cells.side_by_side
    if cells is None or value is None:
        return save_picture(viewer)
    from viewer3d.figures.beside import beside  # noqa: PLC0415 (few save one of several)

    over = [(number, one) for number, shown in enumerate(cells.viewers) for one in shown.placed.overlays]
    lying = {"overlays": [one for _, one in over], "over": [number for number, _ in over]} if over else {}
    figure = beside(*cells.shown_volumes, size=cells.size, state=value, **lying)  # type: ignore[arg-type]
    return save_files(viewer.steering.screen, "viewer3d", [{".png": figure.save}])


def save_states(viewer: Viewer) -> str:
    """Save the state as JSON, of several series those of all, or give it to the screen; return a note."""
    cells = cells_of(viewer.steering)
    value = None if cells is None else cells.side_by_side
    if value is None:
        return save_state(viewer)
    return save_files(viewer.steering.screen, "viewer3d", [{".json": write_text(value.to_json())}])


def put_chosen(cells: ViewerCells) -> None:
    """Put what is chosen in the panel beside what is shown."""
    cells.owner.put_beside()


def close_cell(cells: ViewerCells) -> None:
    """Take the active cell away."""
    cells.close_cell(cells.active)


put_beside = on_cells(put_chosen)
"""Puts the series that is chosen in the panel beside what is shown."""

close_active_cell = on_cells(close_cell)
"""Takes the active cell away."""

toggle_link = on_cells(lambda cells: cells.toggle_link())
"""Links the cells, or unlinks them."""

link_by_offset = on_cells(lambda cells: cells.link_by_offset())
"""Links the cells so that their present differences stay, or by place again."""
