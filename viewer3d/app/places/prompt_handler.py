"""The line for a path as it is open over a window: it takes all keys and the mouse."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from viewer3d.app.input.interactor import Button
from viewer3d.app.palette.marks import PaletteWords, is_over_palette, palette_entry_at, palette_layout, palette_marks
from viewer3d.app.palette.palette import with_palette_scrolled
from viewer3d.app.places.path_prompt import (
    PathPrompt,
    PlaceRow,
    list_names,
    plain_path,
    rows_of_folder,
    split_path,
    with_path_key,
    with_row_chosen,
    with_rows,
    with_text,
)
from viewer3d.app.saving import paste_text
from viewer3d.app.task import Task
from viewer3d.core.progress import Progress
from viewer3d.core.text import printable
from viewer3d.errors import OutputError
from viewer3d.render.marks.display_list import DisplayList

_WHEEL_ROWS: Final = 3

PATH_HINT: Final = "path of a folder or file: Tab completes, Ctrl + v pastes"


class PathPromptHandler:
    """Asks for a path over a picture, and takes the events of a window while it is open.

    Names of folders are read in the background: a disk that does not answer stops no window.

    Parameters
    ----------
    size : callable
        Returns width and height of the picture, in points.
    chosen : callable
        Is called with the path that was chosen.
    released : callable
        Is called with a button that is released: a drag that began before it was opened ends.

    Attributes
    ----------
    prompt : PathPrompt or None
        None while it is closed.
    screen : Screen or part of one, optional
        Whose clipboard is pasted; without it that of this machine.
    """

    def __init__(
        self,
        size: Callable[[], tuple[int, int]],
        chosen: Callable[[str], object],
        released: Callable[[Button], object] = lambda _: None,
    ) -> None:
        self._size, self._chosen, self._released = size, chosen, released
        self.prompt: PathPrompt | None = None
        self.screen: object = None
        self._first_rows: tuple[PlaceRow, ...] = ()
        self._listed: tuple[str, tuple[str, ...], str] = ("", (), "")  # a folder, its names, why there are none
        self._listing: tuple[str, Task[tuple[str, ...]]] | None = None

    def open(self, recent: Sequence[str] = (), here: str = "") -> None:
        """Open it, with places to begin at.

        Parameters
        ----------
        recent : sequence of str
            Places that were opened before.
        here : str
            The folder of what is shown; empty for none.
        """
        begins = {"folder of what is shown": here, "current folder": _known(Path.cwd), "home folder": _known(Path.home)}
        rows = [PlaceRow(os.path.basename(path) or path, path, said="opened before") for path in recent]  # noqa: PTH119
        known: set[str] = set()
        for title, path in begins.items():
            if path and path not in known:
                known.add(path)
                rows.append(PlaceRow(title, path.rstrip(os.sep) + os.sep, is_into=True, said="goes there"))
        self._first_rows = tuple(rows)
        self._listed = "", (), ""
        self.prompt = with_rows(PathPrompt(()), self._first_rows)

    def close(self) -> None:
        """Close it, if it is open."""
        self.prompt = None

    def process(self) -> None:
        """Take the names that were read in the background, and begin to read those of another folder."""
        if self.prompt is None:
            return
        folder, _ = split_path(self.prompt.text)
        if self._listing is not None and self._listing[1].is_over:
            (name, task), self._listing = self._listing, None
            try:
                self._listed = name, task.result() or (), ""
            except (OSError, ValueError) as error:
                why = (isinstance(error, OSError) and error.strerror) or str(error)
                self._listed = name, (), printable(f"{name}: {why.lower()}")
            if name == folder:
                self._show_rows()
        if folder and folder != self._listed[0] and self._listing is None:
            self._listing = folder, Task(partial(_list, folder))

    def marks(self) -> DisplayList:
        """List the marks of it over the picture; none while it is closed."""
        if self.prompt is None:
            return ()
        is_read = self._listed[0] == split_path(self.prompt.text)[0]
        nothing = self.prompt.problem or ("nothing of that name is there" if is_read else "reading the folder ...")
        return palette_marks(
            self.prompt, self._size(), PaletteWords("open", PATH_HINT, nothing, "Return opens   Esc closes")
        )

    def key(self, name: str, character: str = "") -> bool:
        """Handle a key, and return True: all are for the prompt."""
        if self.prompt is None:
            return False
        if name in {"Escape", "ctrl+o"}:
            self.close()
        elif name in {"Return", "KP_Enter"}:
            self._choose(self.prompt.chosen_row)
        elif name in {"ctrl+v", "shift+Insert"}:
            self._paste()
        else:
            self._take(with_path_key(self.prompt, name, character, palette_layout(self._size()).rows))
        return True

    def press(self, button: Button, x: float, y: float, *, shift: bool = False, ctrl: bool = False) -> None:  # noqa: ARG002
        """Choose what is pressed on; beside the prompt, close it."""
        if self.prompt is None:
            return
        number = palette_entry_at(self.prompt, self._size(), x, y)
        if number is not None and button == "left":
            self._choose(self.prompt.rows[number])
        elif not is_over_palette(self.prompt, self._size(), x, y):
            self.close()

    def move(self, x: float, y: float, *, shift: bool = False) -> None:  # noqa: ARG002
        """Select what the pointer moves over."""
        number = None if self.prompt is None else palette_entry_at(self.prompt, self._size(), x, y)
        if number is not None and self.prompt is not None:
            self.prompt = with_row_chosen(self.prompt, number, palette_layout(self._size()).rows)

    def release(self, button: Button) -> None:
        """Let a drag that began before end."""
        self._released(button)

    def double_click(self, x: float, y: float) -> None:
        """Do nothing: the first press has done it."""

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:  # noqa: ARG002
        """Scroll the rows."""
        if self.prompt is not None:
            rows = palette_layout(self._size()).rows
            moved = with_palette_scrolled(self.prompt, -_WHEEL_ROWS * steps, rows)
            self.prompt = moved if isinstance(moved, PathPrompt) else self.prompt

    def leave(self) -> None:
        """Do nothing."""

    def _take(self, prompt: PathPrompt) -> None:
        before, self.prompt = self.prompt, prompt
        if before is not None and before.text != prompt.text:
            self._show_rows()

    def _show_rows(self) -> None:
        assert self.prompt is not None
        text, (folder, names, problem) = self.prompt.text, self._listed
        if not text:
            self.prompt = with_rows(self.prompt, self._first_rows)
        elif split_path(text)[0] == folder:
            self.prompt = with_rows(self.prompt, () if problem else rows_of_folder(text, names), problem)

    def _choose(self, row: PlaceRow | None) -> None:
        assert self.prompt is not None
        if row is None:
            # Not listed, or not yet: what is typed is tried as it is.
            typed = os.path.expanduser(plain_path(self.prompt.text))  # noqa: PTH111 (as above)
            if typed and os.path.exists(typed):  # noqa: PTH110 (as above)
                self._open(typed)
            return
        if row.is_into:
            self._take(with_text(self.prompt, row.path))
        else:
            self._open(row.path)

    def _open(self, path: str) -> None:
        self.close()
        self._chosen(path)

    def _paste(self) -> None:
        assert self.prompt is not None
        try:
            pasted = paste_text(self.screen).splitlines()
        except OutputError as error:
            self.prompt = with_rows(self.prompt, (), str(error))
            return
        if pasted:
            begin = self.prompt.text
            self._take(with_text(self.prompt, plain_path(begin + pasted[0])))


def _known(place: Callable[[], Path]) -> str:
    """Return the path of a folder; empty where it was deleted, or there is none."""
    try:
        return str(place())
    except (OSError, RuntimeError):
        return ""


def _list(folder: str, progress: Progress) -> tuple[str, ...]:
    progress("names", 0, 0)
    return list_names(folder)
