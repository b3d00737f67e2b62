"""Save a volume as a page that stands by itself, and make such a page again from its recipe."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any, Final

from numpy.typing import ArrayLike

from viewer3d.core.files import check_folder, check_suffix, write_whole
from viewer3d.core.images.image2d import shown_data
from viewer3d.core.inputs import AnyVolume, as_volumes
from viewer3d.core.layers import Overlays, PlacedLayers, place_layers
from viewer3d.core.notes.note import Note
from viewer3d.core.progress import Progress
from viewer3d.core.sampling import Interpolation
from viewer3d.core.view.camera import turning_camera
from viewer3d.core.view.planes import View
from viewer3d.core.view.state import Slab, ViewState
from viewer3d.core.volume import begin_volume_digest
from viewer3d.core.window import AnyWindow
from viewer3d.errors import ViewError
from viewer3d.figures.movies.paths import checked_count
from viewer3d.render.first_state import first_state, with_first_looks, with_slices
from viewer3d.render.panes import check_size
from viewer3d.render.shot import check_opengl
from viewer3d.render.volume.transfer import AUTO
from viewer3d.web.page.contents import held, page_bytes, result_line
from viewer3d.web.page.standing_page import StandingPage
from viewer3d.web.page.windows import page_windows

PAGE_SUFFIXES: Final = (".html", ".htm")

PICTURE_SIZE: Final = (512, 512)
"""Of a picture: what most images are, and a pane of a wide page has."""

MEGABYTES: Final = 20.0
"""What most mail servers take, encoded as mail has it, is 25 MB."""

TURN_FRAMES: Final = 36
"""Of the turntable, 10 degrees each."""


@dataclass(frozen=True)
class SavedPage:
    """A page that was written.

    Attributes
    ----------
    path : Path
    size : int
        Bytes.
    state : ViewState
        What it shows first.
    held : tuple of str
        Sentences on what of the data it holds, as the page has them.
    summary : str
        Its size and what it holds, on one line.
    not_shown : tuple of Note
        What of the data its first pictures do not show.
    """

    path: Path
    size: int
    state: ViewState
    held: tuple[str, ...]
    summary: str
    not_shown: tuple[Note, ...] = ()


def save_page(  # noqa: PLR0917 (in the order of viewer3d.screenshot)
    volume: AnyVolume,
    path: str | os.PathLike[str],
    view: View | None = None,
    windows: Sequence[AnyWindow] | AnyWindow | None = None,
    at: ArrayLike | str | None = None,
    size: tuple[int, int] = PICTURE_SIZE,
    *,
    frames: int = TURN_FRAMES,
    megabytes: float = MEGABYTES,
    overlays: Overlays = (),
    state: ViewState | None = None,
    rendering: str | None = None,
    couch_hidden: bool | None = None,
    face_hidden: bool | None = None,
    inverted: bool | None = None,
    colors: str | None = None,
    slab: Slab | float | str | None = None,
    interpolation: Interpolation | None = None,
    progress: Progress | None = None,
) -> SavedPage:
    """Save a volume as one HTML file that stands by itself: slices and a turntable to look through.

    It holds pictures as :func:`screenshot` draws them, loads nothing, needs no server, and carries its recipe: the same
    call gives the same bytes.

    Parameters
    ----------
    volume : Volume, sequence of Volume, or path
        As for :func:`viewer3d.screenshot`; of a 4-D set one volume is in the page, that of the state.
    path : path-like
        Where to write it, whole or not at all: ``.html``.
    view : {"quad", "mpr", "axial", "coronal", "sagittal", "3d"}, optional
        Which panes it has. Without it all four, or those of the state; without OpenGL three, and the page says so.
    windows : sequence of Window or str, or one of them, optional
        That can be chosen, see :func:`viewer3d.screenshot`. Without it the one that a shot has, the files' own, and
        those that fit: soft tissue, lung where there is some, and bone for HU, 0 to 5, 10 and 20 for SUV, else one from
        the percentiles of the voxels.
    at : array_like of shape (3,) or str, optional
        The point that is shown first.
    size : tuple of int
        Width and height of each picture in pixels.
    frames : int
        Pictures of the turntable.
    megabytes : float
        How large the file may be, in 1,000,000 bytes. To stay within, pictures are no longer exact, and then slices are
        left out; the page says which.
    overlays, state, rendering, couch_hidden, face_hidden, inverted, colors, slab, interpolation
        As for :func:`viewer3d.screenshot`. With a state the turntable begins with its camera.
    progress : callable, optional
        Called with ("turning" or "drawing slices", how many pictures are done, how many there are).

    Returns
    -------
    SavedPage

    Raises
    ------
    ViewError
        When it cannot be drawn so, or not within so many megabytes.
    WindowError
        When there is no such window.
    OutputError
        When it cannot be written there; no part of a file is left.
    RenderError
        When the view is 3D alone and no OpenGL works here.
    DicomError
        When there is no volume at a path, or several could be meant.
    """
    size, target = check_size(size), check_page_path(path)
    placed = place_layers(as_volumes(shown_data(volume)), overlays)
    base = placed.layers[0].members[0]
    single = (at, rendering, couch_hidden, face_hidden, inverted, colors, slab, interpolation)
    is_saved = state is not None
    if state is None:
        state = first_state(
            *(base, view or "quad", None, rendering or AUTO),
            couch_hidden=couch_hidden,
            face_hidden=bool(face_hidden),
            at=at,
            colors=colors,
        )
        state = with_slices(state, inverted=inverted, slab=slab, interpolation=interpolation)
    elif any(one is not None for one in single):
        raise ViewError("both a state and single choices were given: put the choices into the state, or leave it out")
    elif view is not None:
        state = state.with_view(view)
    state = _with_panes(replace(with_first_looks(state, placed), pointer=None))
    seen = placed.layers[0].members[_member(placed, state)]
    if not is_saved and "3d" in state.panes:
        from viewer3d.render.volume.volume_look import volume_look  # noqa: PLC0415 (it is not for slices)

        state = state.with_camera(turning_camera(volume_look(seen, state).points(seen)))
    chosen = page_windows(seen, state.layers[0].window, windows, is_saved=is_saved)
    state = state.with_look(0, window=chosen[0].window)
    page = StandingPage(placed, state, size, chosen, checked_count(frames, "turntable"), checked_megabytes(megabytes))
    return draw_page(page, target, progress)


def check_page_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of a page to be written, before time is spent on drawing it.

    Raises
    ------
    OutputError
        When its suffix is not that of HTML, its folder is not there or it is itself a folder.
    """
    return check_folder(check_suffix(path, PAGE_SUFFIXES, "page"))


def draw_page(page: StandingPage, path: Path, progress: Progress | None = None) -> SavedPage:
    """Draw a page and write it, whole or not at all; see :func:`save_page`."""
    for volume in (one for layer in page.placed.layers for one in layer.data):
        begin_volume_digest(volume)
    made, pictures = page.draw(progress)
    parts = list(page_bytes(made, pictures))
    write_whole(path, lambda file: file.writelines(parts))
    size = sum(map(len, parts))
    return SavedPage(path, size, made.state, tuple(held(made)), result_line(made, size), made.not_shown)


def _with_panes(state: ViewState) -> ViewState:
    """Return a state whose panes can be drawn here: without OpenGL none of 3D stands beside slices."""
    if state.shown == "3d":
        check_opengl()
    elif "3d" in state.panes:
        from viewer3d.render import gl  # noqa: PLC0415 (slices need no OpenGL)

        if not gl.find_opengl().works:
            return state.with_view("mpr")
    return state


def _member(placed: PlacedLayers, state: ViewState) -> int:
    number, count = state.layers[0].member, len(placed.layers[0].members)
    if not 0 <= number < count:
        raise ViewError(f"the state shows volume {number + 1}, and there are {count}: give all of the set")
    return number


def checked_megabytes(megabytes: Any) -> float:
    """Return how large a page may be, checked.

    Raises
    ------
    ViewError
        When it is none that a page can have.
    """
    if not isinstance(megabytes, int | float) or isinstance(megabytes, bool):
        raise ViewError(f"megabytes {megabytes!r}: give a number, as 20")
    if not (isfinite(megabytes) and 0.5 <= megabytes <= 2000):
        raise ViewError(f"{megabytes:g} megabytes: give 0.5 to 2000")
    return float(megabytes)
