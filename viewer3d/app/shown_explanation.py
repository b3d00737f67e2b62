"""What a key shows over the picture: why a pixel has its colour."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from viewer3d.app.input.context import EventPosition
from viewer3d.app.saving import OpenedFiles
from viewer3d.core.view.state import ViewState
from viewer3d.errors import Viewer3DError
from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE, DisplayList, Line, Mark, Text
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.metrics import SMALLEST_TEXT
from viewer3d.render.marks.typesetting import wrapped
from viewer3d.render.scene import Scene

if TYPE_CHECKING:
    from viewer3d.dicom.series.scan import Scan

WHY_HELP: Final = "W or Esc closes, Ctrl + c copies"
"""The last line of an explanation."""

TO_THE_BITS: Final = "; to the bits: s, then viewer3d why PICTURE COLUMN,ROW FOLDER"
"""What it says besides where the window does not know where the files are."""

_LARGEST_TEXT: Final = 13

_LINE_HEIGHT: Final = 1.45
"""From line to line, in text sizes."""

_MOST_SHARE: Final = 0.8
"""Share of the height that an explanation takes at most; then its last lines are left out."""

_OPACITY: Final = 0.92


class ShownExplanation:
    """Says which explanation is shown over the picture, and draws it."""

    def __init__(self) -> None:
        self._why: tuple[ViewState, str, str] | None = None

    def explain(self, scene: Scene, state: ViewState, position: EventPosition, files: OpenedFiles) -> str:
        """Show why the pixel at the pointer has its colour, or hide it; return a note, which may be empty.

        Parameters
        ----------
        scene : Scene
            As it was drawn last.
        state : ViewState
        position : EventPosition
            Where the pointer is.
        files : OpenedFiles
            What the volumes were read from.
        """
        return "" if self.hide_explanation(state) else self._explain(scene, state, position, files.found)

    def hide_explanation(self, state: ViewState) -> bool:
        """Hide why a pixel has its colour, and return whether that was shown."""
        was_shown = bool(self.explanation(state))
        self._why = None
        return was_shown

    def explanation(self, state: ViewState) -> str:
        """Return the explanation that is shown, of the state that it was asked for in; empty for none."""
        return self._why[1] if self._why is not None and self._why[0] == replace(state, pointer=None) else ""

    def marks(self, size: tuple[int, int], state: ViewState) -> DisplayList:
        """List the marks of it, over a picture of so many pixels; none where nothing is explained."""
        if self._why is None or not self.explanation(state):
            return ()
        _, text, ending = self._why
        return text_marks(size, text, ending)

    def _explain(self, scene: Scene, state: ViewState, position: EventPosition, found: Scan | None) -> str:
        if position.pane is None or scene.state is None:
            return "why this grey: point at a pixel of a pane, and press W"
        from viewer3d.explanations.picture import explain_shown  # noqa: PLC0415 (few ask, and it reads files)

        try:
            explained = explain_shown(scene, (round(position.x), round(position.y)), found)
        except Viewer3DError as error:  # files that were changed or taken away since
            return f"why this grey: {error}"
        self._why = replace(state, pointer=None), str(explained), WHY_HELP + (TO_THE_BITS if found is None else "")
        return ""


def text_marks(size: tuple[int, int], text: str, last: str = WHY_HELP) -> DisplayList:
    """List the marks of lines of text on a dark panel at the bottom.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    text : str
        Lines; long ones are broken.
    last : str
        What stands below them, however many there are.
    """
    width, height = size
    letter = max(SMALLEST_TEXT, min(_LARGEST_TEXT, height // 65))
    step, room = _LINE_HEIGHT * letter, max(8, int((width - 2 * letter) / (LETTER_WIDE * letter)))
    ending = wrapped(last, room)
    most = max(1, int(min(_MOST_SHARE * height, height - 6 * letter) / step) - len(ending) - 1)
    lines = [part for line in text.splitlines() if line for part in wrapped(line, room)]
    lines = [*(lines if len(lines) <= most else [*lines[: most - 1], "..."]), *ending]
    high = round(step * (len(lines) + 0.6))
    top = height - 5 * letter - high
    panel = Line(0, top + (high - 1) / 2, width - 1, top + (high - 1) / 2, high, EMPTY, _OPACITY)
    marks: list[Mark] = [panel]
    for row, line in enumerate(lines, 1):
        color = OFF_WHITE if row == 1 else MUTED
        marks.append(Text(letter, top + step * row, line, letter, color))
    return tuple(marks)
