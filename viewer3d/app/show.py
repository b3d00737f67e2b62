"""show: a window on a volume or a folder, in one call."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from viewer3d.app.viewer import Viewer
from viewer3d.core.inputs import AnyVolume, given_volumes, is_place
from viewer3d.core.planes import View
from viewer3d.core.view import ViewState
from viewer3d.errors import RecipeError, Viewer3DError, ViewError
from viewer3d.recipes.embed import embedded_text, holds_recipe, read_recipe

if TYPE_CHECKING:
    from viewer3d.app.browser import Browser


def show(
    what: AnyVolume,
    view: View = "quad",
    size: tuple[int, int] = (1200, 900),
    *,
    state: ViewState | None = None,
) -> ViewState | Viewer | Browser | None:
    """Show a volume, a 4-D set or a folder in a window, until the person closes it.

    At the prompt of IPython it returns at once, and the window lives on beside the prompt.

    Parameters
    ----------
    what : Volume, sequence of Volume, or path
        Several volumes belong together: times, echoes or b-values on one grid, as ``load_all`` gives them. Of a path
        (a folder, one file, a DICOMDIR or a zip; or a list of paths or datasets, a scan, a series) all series can be
        chosen in the window.
    view : {"quad", "mpr", "axial", "coronal", "sagittal", "3d"}
    size : tuple of int
        Width and height of the window in pixels.
    state : ViewState, optional
        What to begin with, instead of the view. Of a path the series it was saved with is opened, where it is there;
        that it was saved with another is told in the window.

    Returns
    -------
    ViewState, Viewer, Browser or None
        What was seen last: give it to ``viewer3d.screenshot``, or to the next ``show``. What was measured is in its
        ``measurements``; ``viewer3d.measure(volume, measurement)`` gives the numbers of one, and
        ``viewer3d.save_measurements(volume, state.measurements, "file.csv")`` writes all. None when a path was given
        and the window closed before anything was loaded. At the prompt of IPython the :class:`viewer3d.Viewer`, whose
        ``state`` can be set there, or of a path the browser, whose ``viewer`` it is as soon as a series is loaded.

    Raises
    ------
    RenderError
        When there is no display.
    ViewError
        When the state is of another volume, volumes do not belong together, or this is a notebook.
    DicomError
        When nothing at the path can be shown.

    Examples
    --------
    >>> state = show(volume)                                # doctest: +SKIP
    >>> viewer = show(volume)  # in IPython                 # doctest: +SKIP
    >>> viewer.state = viewer.state.with_cursor((1, 2, 3))  # doctest: +SKIP
    """
    if is_place(what):
        from viewer3d.app.browser import Browser  # noqa: PLC0415 (a volume that is there needs no reader)
        from viewer3d.dicom.series.catalog import Wish  # noqa: PLC0415 (as above)

        if state is None:
            return Browser(what, view, size).show()
        return Browser(what, view, size, wish=Wish(digests=state.series), begin=lambda _: state).show()
    return Viewer(given_volumes(what), view, size, state=state).show()


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
        try:
            return ViewState.from_json(text)
        except Viewer3DError as error:
            raise ViewError(f"{path}: {error}") from error
    recipe = read_recipe(path)
    if recipe.state is None:
        raise ViewError(f"{path}: a {recipe.figure} shows more than one view: viewer3d replay makes it again")
    known = (record.provenance for record in recipe.volumes)
    return replace(recipe.state, series=tuple(one.series for one in known if one is not None))
