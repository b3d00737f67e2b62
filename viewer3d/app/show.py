"""show: a window on a volume, in one call."""

from __future__ import annotations

import os

from viewer3d.app.viewer import Viewer
from viewer3d.errors import RecipeError, ViewError
from viewer3d.planes import View
from viewer3d.render.embedded import embedded_text, holds_recipe, read_recipe
from viewer3d.view import ViewState
from viewer3d.volume import Volume


def show(
    volume: Volume, view: View = "quad", size: tuple[int, int] = (1200, 900), *, state: ViewState | None = None
) -> ViewState:
    """Show a volume in a window, until the person closes it.

    Parameters
    ----------
    volume : Volume
    view : {"quad", "mpr", "axial", "coronal", "sagittal", "3d"}
    size : tuple of int
        Width and height of the window in pixels.
    state : ViewState, optional
        What to begin with, instead of the view.

    Returns
    -------
    ViewState
        What was seen last: give it to ``viewer3d.screenshot``, or to the next ``show``. What was measured is in its
        ``measurements``; ``viewer3d.measure(volume, measurement)`` gives the numbers of one, and
        ``viewer3d.save_measurements(volume, state.measurements, "file.csv")`` writes all.

    Raises
    ------
    RenderError
        When there is no display.
    ViewError
        When the state is of another volume.
    """
    with Viewer(volume, view, size, state=state) as viewer:
        return viewer.show()


def read_state(path: str | os.PathLike[str]) -> ViewState:
    """Read a state from a JSON file, or from a picture that this package made.

    Raises
    ------
    ViewError
        When the file cannot be read or holds no state.
    """
    try:
        text = embedded_text(path)
    except RecipeError as error:
        raise ViewError(str(error)) from error
    if not holds_recipe(text):
        return ViewState.from_json(text)
    recipe = read_recipe(path)
    if recipe.state is None:
        raise ViewError(f"{path}: a {recipe.figure} shows more than one view: viewer3d replay makes it again")
    return recipe.state
