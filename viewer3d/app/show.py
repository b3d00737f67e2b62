"""Show a volume or a folder in a desktop window with one call; read a saved state."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from viewer3d.app.beside.views import as_series, cells_of
from viewer3d.app.how_opened import opening_view
from viewer3d.app.prompt import in_kernel
from viewer3d.app.sessions.keeping import KeepChoice
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.screen import Screen
from viewer3d.core.images.image2d import shown_data
from viewer3d.core.inputs import AnyVolume, as_volumes, is_loadable
from viewer3d.core.layers import Layer, Overlays
from viewer3d.core.members import as_members
from viewer3d.core.view.planes import View
from viewer3d.core.view.side_by_side import SideBySide
from viewer3d.core.view.state import ViewState
from viewer3d.errors import RecipeError, Viewer3DError, ViewError
from viewer3d.recipes.embed import embedded_text, holds_recipe, read_recipe

if TYPE_CHECKING:
    from viewer3d.app.browser import Browser

__all__ = ["read_state", "show"]


def show(
    what: AnyVolume,
    view: View | None = None,
    size: tuple[int, int] = (1200, 900),
    *,
    state: ViewState | SideBySide | None = None,
    overlays: Overlays = (),
    beside: Sequence[AnyVolume | Layer] = (),
    resume: bool = False,
    forget: bool = False,
) -> Viewer:
    """Show a volume, a 4-D set or a folder in a desktop window, until it is closed.

    At the prompt of IPython it returns at once (of a folder, as soon as a series is loaded), and the window lives on
    beside the prompt. In a notebook it returns at once, too, and what it returns is shown as the last line of a cell:
    of a volume the viewer; of a path what shows the series panel, in which they load, with ``viewer`` as an attribute.

    Parameters
    ----------
    what : Volume, sequence of Volume, or path
        Several volumes belong together: times, echoes or b-values on one grid, as ``load_all`` gives them. Of a path
        (a folder, one file, a DICOMDIR or a zip; or a list of paths or datasets, a scan, a series) all series can be
        chosen in the window.
    view : {"quad", "mpr", "axial", "coronal", "sagittal", "3d"}, optional
        Without it each series opens as ``viewer3d presets`` lists: CT in ``"quad"``, MR in ``"mpr"``, PET over the CT
        of its frame of reference where that is in the same folder, a single image in its plane.
    size : tuple of int
        Width and height of the window in pixels.
    state : ViewState, optional
        What to begin with, instead of the view. Of a path the series it was saved with is opened, where it is there;
        that it was saved with another is told in the window.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest: volumes or paths, or :class:`viewer3d.Layer` where they
        lie elsewhere or look other than usual. In a folder they lie over what is opened first, and stay over every
        series of the same frame of reference that is chosen.
    beside : sequence of Volume, path or Layer
        Up to three more series, side by side with the first: scrolling is linked where they share a frame of
        reference, or where a :class:`viewer3d.Layer` has the transform between them; ``viewer.beside`` are their
        viewers. Where ``state`` holds views that were saved side by side, series of the same path need not be given.
    resume : bool
        Whether every series begins as it was kept when a window last showed it, instead of offering that.
    forget : bool
        Whether what was kept of every series that is shown is deleted, and nothing is kept of it from now on.

    Returns
    -------
    Viewer, in a notebook of a path Browser
        Its ``state`` is what was seen last: give it to ``viewer3d.screenshot``, or to the next ``show``. Its
        ``measurements`` are the table of what was measured;
        ``viewer3d.save_measurements(volume, viewer.state.measurements, "file.csv")`` writes it. Its ``volume`` is what
        was seen, also of a folder. Beside a prompt ``state`` can be set, and ``on_state``, ``on_cursor``,
        ``on_window``, ``on_measurement`` and ``on_close`` call functions of yours. In a notebook ``viewer`` of what
        shows a path is this, None until a series was loaded; its ``show()`` waits for that and returns it.

    Raises
    ------
    RenderError
        When there is no display.
    ViewError
        When the state is of another volume, volumes do not belong together, an overlay cannot be placed, the
        window was closed before anything of a path was loaded, or two of ``state``, ``resume`` and
        ``forget`` are given that exclude each other.
    DicomError
        When nothing at the path can be shown.

    Examples
    --------
    >>> viewer = show(volume)                               # doctest: +SKIP
    >>> viewer.state.look.window, viewer.measurements       # doctest: +SKIP
    >>> viewer.state = viewer.state.with_cursor((1, 2, 3))  # doctest: +SKIP
    """
    how: dict[str, Any] = {"state": state, "beside": beside, "resume": resume, "forget": forget}
    shown = open_requested(what, view, size, overlays=overlays, **how)
    if isinstance(shown, Viewer):
        return shown.show()
    if in_kernel():
        return shown  # type: ignore[return-value]  # which is what there is to look at until a series was loaded
    viewer = shown.show()
    if viewer is None:
        raise shown.error or ViewError("the window was closed before anything was loaded: there is no view of it")
    return viewer


def put_others(viewer: Viewer, beside: Sequence[AnyVolume | Layer], saved: SideBySide | None = None) -> None:
    """Put other series beside that of a viewer, and show saved views of all.

    Raises
    ------
    ViewError
        When one cannot be shown, or there are more or fewer views than series.
    """
    for one in beside:
        data, transform = as_series(one)
        viewer.put_beside(data, transform=transform)  # type: ignore[arg-type]
    cells = cells_of(viewer.steering)
    if saved is not None and cells is not None:
        cells.take(saved)


def open_requested(
    what: AnyVolume,
    view: View | None = None,
    size: tuple[int, int] = (1200, 900),
    *,
    state: ViewState | SideBySide | None = None,
    beside: Sequence[AnyVolume | Layer] = (),
    resume: bool = False,
    forget: bool = False,
    **how: Any,
) -> Viewer | Browser:
    """Return what shows a volume or a path with all that :func:`show` is asked for; it is not open yet.

    Parameters
    ----------
    what, view, size, state, beside, resume, forget
        As of :func:`show`.
    **how
        Of :func:`open_source`.

    Raises
    ------
    RenderError, ViewError
        As of :func:`show`.
    """
    saved = state if isinstance(state, SideBySide) else None
    first = state if not isinstance(state, SideBySide) else state.cells[0]
    keep = _keep_choice(first, resume=resume, forget=forget)
    shown = open_source(what, view, size, state=first, keep=keep, **how)
    if isinstance(shown, Viewer):
        put_others(shown, beside, saved)
    else:
        shown.put_requested(beside, saved)
    return shown


def viewer_of(source: Viewer | Browser) -> Viewer | None:
    """Return the viewer that is shown; of the series of a path None until one was loaded."""
    return source if isinstance(source, Viewer) else source.viewer


def open_source(
    what: AnyVolume,
    view: View | None = None,
    size: tuple[int, int] = (1200, 900),
    *,
    state: ViewState | None = None,
    overlays: Overlays = (),
    screen: Screen | None = None,
    keep: KeepChoice = "keep",
    identify: bool = False,
) -> Viewer | Browser:
    """Return what shows a volume, or the series of a path, on a screen; it is not open yet.

    Parameters
    ----------
    what, view, size, state, overlays
        As of :func:`show`.
    screen : Screen, optional
        What shows it, instead of a desktop window of its own.
    keep : {"keep", "resume", "forget"}
        What becomes of what is kept of the series, see :class:`viewer3d.Viewer`.
    identify : bool
        Whether names of persons are read from a path, as :func:`viewer3d.load` does it.

    Raises
    ------
    RenderError
        When a desktop window is wanted and there is no display.
    ViewError
        Of volumes, when the state is of another, they do not belong together, or an overlay cannot be placed.
    """
    if not is_loadable(what):
        volumes = as_volumes(shown_data(what))
        opens = view or opening_view(as_members(volumes))
        return Viewer(volumes, opens, size, state=state, screen=screen, overlays=overlays, keep=keep)
    from viewer3d.app.browser import Browser  # noqa: PLC0415 (a volume that is there needs no reader)
    from viewer3d.dicom.series.catalog import CatalogRequest  # noqa: PLC0415 (as above)

    request = CatalogRequest(digests=() if state is None else state.series)
    calls: dict[str, Any] = {"overlays": overlays, "keep": keep, "screen": screen}
    calls |= {"request": replace(request, how=replace(request.how, identify=identify))}
    return Browser(what, view, size, begin=None if state is None else lambda _: state, **calls)


def read_state(path: str | os.PathLike[str]) -> ViewState:
    """Read a state from a JSON file, or from a picture that this package made.

    Raises
    ------
    ViewError
        When the file cannot be read or holds no state, or the views of several series side by side.
    """
    views = read_saved_views(path)
    if isinstance(views, SideBySide):
        raise ViewError(f"{path}: {SEVERAL_VIEWS}")
    return views


def read_saved_views(path: str | os.PathLike[str]) -> ViewState | SideBySide:
    """Read a state, or the states of series side by side, as :func:`read_state` reads the one.

    Raises
    ------
    ViewError
        When the file cannot be read or holds none.
    """
    try:
        text = embedded_text(path)
    except RecipeError as error:
        raise ViewError(str(error)) from error
    if not holds_recipe(text):
        try:
            return views_of_json(text)
        except Viewer3DError as error:
            raise ViewError(f"{path}: {error}") from error
    recipe = read_recipe(path)
    if recipe.state is None:
        raise ViewError(f"{path}: a {recipe.figure} shows more than one view: viewer3d replay makes it again")
    series = [one.provenance.series if one.provenance is not None else "" for one in recipe.volumes]
    if recipe.figure == "beside":
        value = SideBySide.from_json(json.dumps(recipe.arguments.get("state")))
        cells = zip(value.cells, series, strict=True)
        return replace(value, cells=tuple(replace(cell, series=(one,) if one else ()) for cell, one in cells))
    records = (*recipe.volumes, *(record for overlay in recipe.overlays for record in overlay.volumes))
    known = (record.provenance for record in records)
    return replace(recipe.state, series=tuple(one.series for one in known if one is not None))


SEVERAL_VIEWS: Final = (
    "holds views of several series side by side: open them with `viewer3d show --state`, or draw them with "
    "`viewer3d figure beside`"
)
"""What is said where one view is meant."""


def views_of_json(text: str) -> ViewState | SideBySide:
    """Return the state, or the states of series side by side, that a JSON text holds.

    Raises
    ------
    ViewError
        When it holds none.
    """
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        plain = None  # and the message says where
    return SideBySide.from_json(text) if isinstance(plain, dict) and "cells" in plain else ViewState.from_json(text)


def _keep_choice(state: ViewState | None, *, resume: bool, forget: bool) -> KeepChoice:
    """Return what becomes of what is kept of the series that are shown."""
    if resume and state is not None:
        raise ViewError("state and resume both say what to begin with: give one of them")
    if resume and forget:
        raise ViewError("resume takes what was kept of a series and forget deletes it: give one of them")
    return "resume" if resume else "forget" if forget else "keep"
