"""Open what the verbs show and serve show: the series at PATH, as their options say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viewer3d.cli.drawing_options import HELD, drawing_arguments, origin_notes, saved_views
from viewer3d.cli.inputs import catalog_request
from viewer3d.cli.overlay_data import load_overlays, scan_overlays
from viewer3d.cli.overlay_options import overlay_choices
from viewer3d.cli.overlays import (
    check_looks,
    layers_over,
    overlay_notes,
    place_overlays,
    rendering_notes,
    saved_series,
    with_chosen_looks,
)
from viewer3d.cli.reading_options import reading_arguments, with_options
from viewer3d.cli.report import Meter, print_notes
from viewer3d.errors import Viewer3DError, ViewError

if TYPE_CHECKING:
    from viewer3d.app.browser import Browser
    from viewer3d.app.sessions.keeping import KeepChoice
    from viewer3d.app.window.screen import Screen
    from viewer3d.core.layers import Layer, PlacedLayers
    from viewer3d.core.progress import Progress
    from viewer3d.core.view.planes import View
    from viewer3d.core.view.side_by_side import SideBySide
    from viewer3d.core.view.state import ViewState
    from viewer3d.core.volume import Volume
    from viewer3d.dicom.series.scan import Scan

_OPENING = (
    click.option("--state", metavar="FILE|JSON", help="Begin as saved: JSON, or a file of it, or a picture made here."),
    click.option("--resume", is_flag=True, help="Begin every series as a window last showed it."),
    click.option("--forget", is_flag=True, help="Delete what is kept of the series shown, and keep nothing."),
)
beside_option = click.option(
    "--beside", multiple=True, type=click.Path(), help="A series beside it, linked by place; up to three."
)


def opening_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what a window begins with."""
    return with_options(command, _OPENING)


class Opening:
    """What is to be opened, checked as far as that can be done before anything is loaded.

    Parameters
    ----------
    path : str, list of str or None
    choices : dict
        Of the options: those of a window, of :func:`opening_options`, overlays and what is beside.

    Raises
    ------
    Viewer3DError, click.UsageError
        When options exclude each other, or a path is not there.
    """

    def __init__(self, path: str | list[str] | None, choices: dict[str, Any]) -> None:
        self._path, self._beside = path, tuple[str, ...](choices["beside"])
        self._reading, self._drawing = reading_arguments(choices), drawing_arguments(None, choices)
        self._asked = overlay_choices(choices["overlays"])
        self._begin, self._saved = _saved_views(choices["state"], self._drawing)
        self._keep = _keep_choice(self._begin, resume=choices["resume"], forget=choices["forget"])
        check_looks(self._begin, self._asked)
        if path is None and (self._begin is not None or self._asked or self._beside):
            raise click.UsageError("--state, --overlay and --beside are of the series at PATH: give it")
        _check_exists([*([path] if isinstance(path, str) else path or ()), *self._beside])
        self._placed: PlacedLayers | None = None
        self._browser: Browser | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the window in pixels."""
        width, height = self._drawing["size"]
        return width, height

    @property
    def identify(self) -> bool:
        """Whether the patient may be named."""
        return bool(self._reading["identify"])

    @property
    def has_view(self) -> bool:
        """Whether a view or a state to begin with was asked for."""
        return self._begin is not None or self._drawing["view"] is not None

    def browser(self, screen: Screen | None = None) -> Browser:
        """Return what shows it, on a screen or in a desktop window of its own; it is not open yet."""
        from viewer3d.app.browser import Browser  # noqa: PLC0415 (it needs what draws)

        known: dict[str, Scan] = {}
        with Meter() as meter:
            over = scan_overlays(None, self._asked, meter, known)

        def lay_over(volumes: Sequence[Volume], progress: Progress) -> Sequence[Layer]:
            """Load what lies over the volumes that are opened first."""
            reading = self._reading
            layers = load_overlays(over, volumes, reading, progress, series=saved_series(self._begin), whole=True)
            self._placed = place_overlays(volumes, layers, strict=reading["strict"])
            return layers

        # What was saved, or is asked for of a series or over it, is not what the table of what opens how has.
        is_held = any(self._drawing[name] is not None for name in HELD)
        is_chosen = self._begin is not None or self._asked or is_held
        view: View | None = self._drawing["view"] or (None if self._begin is None else "quad")
        calls: dict[str, Any] = {"begin": self._begin_with, "opened": self._opened, "screen": screen}
        calls |= {"overlays": lay_over if is_chosen else (), "keep": self._keep}
        request, source = catalog_request(self._reading, self._begin), known.get(str(self._path), self._path)
        self._browser = Browser(source, view, self.size, request=request, **calls)
        self._browser.put_requested(self._beside, self._saved)
        return self._browser

    def check(self) -> None:
        """Raise why what was asked for over the first series was not shown, where it was not.

        A window that tells why a series cannot be read has done what it was opened for.
        """
        browser = self._browser
        if browser is not None and self._asked and browser.viewer is None and isinstance(browser.error, Viewer3DError):
            raise browser.error

    def _begin_with(self, volume: Volume) -> ViewState:
        """Return the state that a volume is first shown with."""
        if self._begin is None:
            return first_shown(volume, self._drawing)
        return with_chosen_looks(self._begin, self._placed)

    def _opened(self, volumes: Sequence[Volume]) -> None:
        """Print the notes of volumes that were opened; overlays and the saved state are for the first of them."""
        viewer = None if self._browser is None else self._browser.viewer
        drawn = () if viewer is None else rendering_notes(self._placed, viewer.state, alone=False)
        begins = origin_notes(volumes, self._begin, layers_over(self._placed))
        with suppress(OSError):  # where nothing can be printed any more the desktop window lives on
            print_notes(volumes, (*begins, *drawn, *overlay_notes(self._placed)))
        self._begin, self._placed = None, None


def _saved_views(text: str | None, drawing: dict[str, Any]) -> tuple[ViewState | None, SideBySide | None]:
    """Return the saved view of the series that is opened first, and those of all that stand side by side."""
    from viewer3d.core.view.side_by_side import SideBySide  # noqa: PLC0415 (each verb imports what it needs)

    views = None if text is None else saved_views(text)
    if views is not None and any(drawing[name] is not None for name in HELD):
        raise ViewError(
            "--state holds window, place, colours, slab, rendering, couch and face: give it alone, or only those"
        )
    return (views.cells[0], views) if isinstance(views, SideBySide) else (views, None)


def first_shown(volume: Volume, drawing: dict[str, Any]) -> ViewState:
    """Return the first state of a volume, as it is asked for."""
    from viewer3d.core.images.image2d import first_view  # noqa: PLC0415 (each verb imports what it needs)
    from viewer3d.render.first_state import first_state, with_slices  # noqa: PLC0415 (as above)

    # Of all panes, as the window can show 3D whatever it begins with.
    first = first_state(
        volume,
        "quad",
        drawing["window"],
        drawing["rendering"] or "auto",
        couch_hidden=drawing["couch_hidden"],
        face_hidden=bool(drawing["face_hidden"]),
        at=drawing["at"],
        colors=drawing["colors"],
    ).with_view(first_view(volume, drawing["view"] or "quad"))
    return with_slices(first, **{name: drawing[name] for name in ("inverted", "slab", "interpolation")})


def _keep_choice(begin: ViewState | None, *, resume: bool, forget: bool) -> KeepChoice:
    """Return what becomes of what is kept of the series that are shown."""
    if resume and begin is not None:
        raise ViewError("--state and --resume both say what to begin with: give one of them")
    if resume and forget:
        raise ViewError("--resume takes what was kept of a series and --forget deletes it: give one of them")
    return "resume" if resume else "forget" if forget else "keep"


def _check_exists(path: str | list[str]) -> None:
    """Refuse a path that does not exist, before anything is said about a display."""
    from viewer3d.dicom.files.sources import find_sources  # noqa: PLC0415

    for one in [path] if isinstance(path, str) else path:
        if not Path(one).exists():
            find_sources(one)  # raises the error of a path that is not there
