"""Say what a viewer shows in words, for who does not see the picture."""

from __future__ import annotations

import time
from typing import Final

from viewer3d.app.beside.views import cells_of
from viewer3d.app.browser import Browser
from viewer3d.app.show import viewer_of
from viewer3d.app.viewer import Viewer
from viewer3d.core.images.image2d import flat_of
from viewer3d.render.marks.value_texts import point_text, value_text, window_texts

CALM_SECONDS: Final = 0.4
"""So long a text must stand before it is said: of a row that is passed by, or a name that is typed, the end counts."""

SpokenTexts = dict[str, str]
"""What is to be said, by its kind: ``note``, ``choice``, ``place``, ``layout`` and ``window``."""

_ONLY_CHANGES: Final = frozenset({"layout", "window"})
"""Kinds that are not said of what is there at first."""

_HELP: Final = "Help is shown as a picture; Escape closes it. Slash lists every command, with its keys."

_LAYOUTS: Final = {"quad": "layout: grid of four", "mpr": "layout: three slices"}
"""As the palette names them, of several panes."""


def spoken_texts(source: Viewer | Browser) -> SpokenTexts:
    """Return what a viewer shows now, in words.

    Parameters
    ----------
    source : Viewer or Browser

    Returns
    -------
    dict of str to str
        ``note``: what the window says, or why a pixel has its colour. ``choice``: the row that is chosen in the
        palette, a list or the panel. ``place``: where the cursor is, with the value there. ``layout``: which panes are
        seen, or that the help is. ``window``: that of the active layer. Empty texts for none.
    """
    viewer = viewer_of(source)
    message = source.message if isinstance(source, Browser) else ""
    choice = source.selected_text if isinstance(source, Browser) else ""
    if isinstance(source, Browser) and (prompt := source.prompt.prompt) is not None:
        return {"note": message, "choice": _row_text(prompt.found, prompt.selected) or prompt.text, "place": ""}
    if viewer is None:
        return {"note": message, "choice": choice, "place": ""}
    if (cells := cells_of(viewer.steering)) is not None and cells.count:
        viewer = cells.viewer
    steering = viewer.steering
    note = message or steering.note or steering.explained.explanation(viewer.state)
    words = {"note": note, "choice": _choice(viewer) or choice, "place": _place(viewer)}
    return {**words, "layout": _layout(viewer), "window": _window(viewer)}


class Spoken:
    """Says what has changed in a viewer once it stands still, each text once.

    Parameters
    ----------
    source : Viewer or Browser
    """

    def __init__(self, source: Viewer | Browser) -> None:
        self._source = source
        self._words: SpokenTexts = {}
        self._spoken: SpokenTexts = {}
        self._since = self._looked = 0.0

    def due(self) -> SpokenTexts:
        """Return what is to be said now, by its kind; empty while anything changes."""
        now = time.monotonic()
        if now < self._looked + CALM_SECONDS / 4:
            return {}
        words, self._looked = spoken_texts(self._source), now
        if words != self._words:
            self._words, self._since = words, now
        if words == self._spoken or now - self._since < CALM_SECONDS:
            return {}
        new = {kind: text for kind, text in words.items() if text and self._is_new(kind, text)}
        self._spoken = {**{kind: text for kind, text in self._spoken.items() if kind in _ONLY_CHANGES}, **words}
        return new

    def _is_new(self, kind: str, text: str) -> bool:
        return text != self._spoken.get(kind, text if kind in _ONLY_CHANGES else "")


def _layout(viewer: Viewer) -> str:
    state = viewer.state
    if viewer.steering.presenter.controls.has_help:
        return _HELP
    if flat_of(viewer.volume) is not None:
        return ""
    return _LAYOUTS.get(state.shown, f"layout: {state.shown.replace('3d', '3D')} alone")


def _window(viewer: Viewer) -> str:
    volume = viewer.placed.layers[viewer.state.active].volume
    if (flat := flat_of(volume)) is not None and flat.image is not None and flat.image.is_color:
        return ""  # its colors have no window
    return "window: " + ", ".join(window_texts(viewer.state.look.window, volume.unit))


def _choice(viewer: Viewer) -> str:
    steering = viewer.steering
    if (palette := steering.palette.palette) is not None:
        return _row_text(palette.found, palette.selected) or f"nothing is found for {palette.text}"
    return steering.rows.chosen_text if steering.rows is not None else steering.listed.chosen_text


def _row_text(found: object, selected: int) -> str:
    # Of the palette and of what lists as it does.
    assert isinstance(found, tuple)
    if selected >= len(found):
        return ""
    one = found[selected]
    keys = ", ".join(one.keys)
    texts = (one.title, f"key {keys}" if keys else "", one.description, f"{selected + 1} of {len(found)}")
    return "; ".join(filter(None, texts))


def _place(viewer: Viewer) -> str:
    volume, state = viewer.volume, viewer.state
    if flat_of(volume) is not None:  # it lies in no space
        return ""
    value = volume.value_at(state.cursor, state.interpolation)
    return f"{point_text(state.cursor)}: {value_text(value, volume.unit)}"
