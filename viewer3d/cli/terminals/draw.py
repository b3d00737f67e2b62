"""A picture drawn in the terminal, and slices gone through there by keys."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.cli.terminal import print_bytes
from viewer3d.cli.terminals.protocols import KITTY_CLEAR, encode_for
from viewer3d.errors import OutputError

if TYPE_CHECKING:
    from viewer3d.app.input.context import Context
    from viewer3d.cli.terminals.detect import TerminalScreen, TerminalSession
    from viewer3d.core.layers import PlacedLayers
    from viewer3d.core.view.planes import PlaneName
    from viewer3d.core.view.state import ViewState
    from viewer3d.render.scene import Scene

_FINER: Final = 3
"""Pixels drawn for each of a picture of blocks, across and down: letters are seen, and lines are not broken."""

_OPEN: Final = b"\x1b[?1049h\x1b[?25l"
"""Another screen without a cursor, as xterm has it; :data:`_CLOSE` brings back the first."""

_CLOSE: Final = b"\x1b[?25h\x1b[?1049l"

_HOME: Final = b"\x1b[H"

_LOOK: Final = 0.25
"""Seconds after which the size of the terminal is looked at again."""

_LETTERS: Final = {"A": "Up", "B": "Down", "C": "Right", "D": "Left", "H": "Home", "F": "End"}
_NUMBERED: Final = {1: "Home", 4: "End", 5: "Prior", 6: "Next", 7: "Home", 8: "End"}
_KEYS: Final = {
    **{f"\x1b{lead}{last}".encode(): name for lead in "[O" for last, name in _LETTERS.items()},
    **{b"\x1b[%d~" % number: name for number, name in _NUMBERED.items()},
    b"+": "plus",
    b"-": "minus",
    b"=": "equal",
}
"""What keys send (xterm's, and the VT220's with a number), by their names in VTK."""

_KEY: Final = re.compile(rb"\x1b[\[O][\d;]*[A-Za-z~]|.", re.DOTALL)

_LEAVING: Final = (b"q", b"\x1b", b"\x03", b"\x04")
"""q, Escape, and Ctrl-C and Ctrl-D, which are bytes while keys are read."""


def picture_size(screen: TerminalScreen, chosen: tuple[int, int] | None) -> tuple[int, int]:
    """Return the size in pixels that a picture is drawn in for a terminal, where a person chose none."""
    if chosen is not None:
        return chosen
    width, height = screen.picture_size
    return (width * _FINER, height * _FINER) if screen.kind == "blocks" else (width, height)


def print_picture(pixels: NDArray[np.uint8], screen: TerminalScreen, chosen: tuple[int, int] | None) -> None:
    """Print a picture on the terminal, from where its cursor is.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
    screen : TerminalScreen
    chosen : tuple of int, optional
        The size that a person chose; blocks show it as large as fits.
    """
    print_bytes(_encoded(pixels, screen, chosen))


def _encoded(pixels: NDArray[np.uint8], screen: TerminalScreen, chosen: tuple[int, int] | None) -> bytes:
    if screen.kind == "blocks":
        pixels = _reduced(pixels, screen.picture_size)
    cells = (screen.cells[0], max(screen.cells[1] - 1, 1)) if chosen is None else None
    return encode_for(screen.kind, pixels, colors=screen.colors, cells=cells)


def _reduced(pixels: NDArray[np.uint8], most: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture of no more than these pixels, each the mean of those it stands for."""
    from PIL import Image  # noqa: PLC0415 (only blocks need it)

    height, width = pixels.shape[:2]
    less = min(1.0, most[0] / width, most[1] / height)
    size = max(1, round(width * less)), max(1, round(height * less))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def step_through(
    placed: PlacedLayers, state: ViewState, session: TerminalSession, chosen: tuple[int, int] | None
) -> None:
    """Draw a state in the terminal, and the states that keys make of it, until a key ends it.

    Parameters
    ----------
    placed : PlacedLayers
    state : ViewState
        What is shown first.
    session : TerminalSession
    chosen : tuple of int, optional
        The size of the picture that a person chose.

    Raises
    ------
    OutputError
        When no keys can be read.
    """
    if not session.is_read or not sys.stdout.isatty():
        raise OutputError("--interactive: no keys can be read here: it takes a terminal of Linux or macOS")
    from viewer3d.render.scene import Scene  # noqa: PLC0415 (each verb imports what it needs)

    screen = session.screen()
    leave = (KITTY_CLEAR if screen.kind == "kitty" else b"") + _CLOSE
    session.callback(print_bytes, leave)
    session.begin_keys()
    print_bytes(_OPEN)
    with Scene(placed.layers[0].members, picture_size(screen, chosen), overlays=placed.overlays) as scene:
        pane = next((name for name in state.panes if name != "3d"), None)
        _draw(scene, state, screen, chosen, pane)
        from viewer3d.app.input.context import make_context  # noqa: PLC0415 (once the first picture is seen)

        context = make_context(scene, state)
        while True:
            keys = _KEY.findall(session.read(_LOOK))
            if any(key in _LEAVING for key in keys):
                return
            before, seen = (state, pane), screen
            screen = session.resized(screen)
            if screen != seen:
                scene.resize(picture_size(screen, chosen))
                context = replace(context, size=scene.size)
                print_bytes(b"\x1b[2J")
            for key in keys:
                state, pane = _after(key, state, pane, context)
            if (state, pane) != before or screen != seen:
                _draw(scene, state, screen, chosen, pane)


def _draw(
    scene: Scene, state: ViewState, screen: TerminalScreen, chosen: tuple[int, int] | None, pane: PlaneName | None
) -> None:
    scene.apply(state)
    clear = KITTY_CLEAR if screen.kind == "kitty" else b""
    line = f"{pane or 'no slices'}: arrows step, Tab: next pane, q: end"
    # On the last row, cut to it, so that nothing scrolls.
    status = b"\x1b[%d;1H\x1b[K" % screen.cells[1] + line[: screen.cells[0] - 1].encode()
    picture = _encoded(scene.screenshot(), screen, chosen).removesuffix(b"\r\n")
    print_bytes(clear + _HOME + picture + status)


def _after(
    key: bytes, state: ViewState, pane: PlaneName | None, context: Context
) -> tuple[ViewState, PlaneName | None]:
    """Return the state and the pane that keys are for after a key: what it does in the desktop window."""
    from viewer3d.app.input.context import EventPosition  # noqa: PLC0415
    from viewer3d.app.input.find_binding import find_gesture  # noqa: PLC0415 (as above)

    panes = [name for name in state.panes if name != "3d"]
    if key == b"\t" and panes:
        return state, panes[(panes.index(pane) + 1) % len(panes) if pane in panes else 0]
    name = _KEYS.get(key, key.decode("ascii", "replace") if len(key) == 1 else "")
    gesture = find_gesture(name, in_3d=False) if name else None
    if gesture is None:
        return state, pane
    rect = context.rect(state, pane) if pane in panes else None
    x, y = (-1.0, -1.0) if rect is None else (rect.left + rect.width / 2, rect.top + rect.height / 2)
    state = gesture(state, context, EventPosition(x, y, pane))
    return state, pane if pane in state.panes else next((one for one in state.panes if one != "3d"), None)
