"""What a viewer shows its picture on: a window of any toolkit, or the area of one beside the panel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.interactor import Button
from viewer3d.app.window.elsewhere import ShownOnScreen
from viewer3d.render.display.device_pixels import DevicePixels
from viewer3d.render.marks.display_list import DisplayList
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.panes import SMALLEST_SIDE, Rect


class EventHandler(Protocol):
    """Takes the events of a screen: what hands did, where, in the points of :attr:`Screen.size`.

    Places are (column, row), counted from the left and the top; whole numbers are the centres of points.
    """

    def press(self, button: Button, x: float, y: float, *, shift: bool = False, ctrl: bool = False) -> None:
        """Handle a button that is pressed at a pixel."""

    def move(self, x: float, y: float, *, shift: bool = False) -> None:
        """Handle a motion of the pointer to a pixel, with a button down or without."""

    def release(self, button: Button) -> None:
        """Handle a button that is released."""

    def double_click(self, x: float, y: float) -> None:
        """Handle the second press of a double click, which is not sent as a press; a release follows."""

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:
        """Handle steps of the wheel, above 0 when it is turned away from the user."""

    def key(self, name: str, character: str = "") -> bool:
        """Handle a key and return whether it has a meaning.

        Parameters
        ----------
        name : str
            As X11 names it in ``keysymdef.h``, without ``XK_``: ``"a"``, ``"A"``, ``"Prior"``, ``"KP_Add"``; with
            ``ctrl+`` before it where that is held.
        character : str
            The character that it types; empty for none.
        """

    def leave(self) -> None:
        """Handle the pointer leaving the window."""


class PictureScreen(Protocol):
    """Shows a picture pixel for pixel: what a viewer needs of a screen that sends it no events."""

    @property
    def is_open(self) -> bool:
        """Whether it is open."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as the user has made it."""

    def process_events(self) -> bool:
        """Process events and return whether the picture must be shown again."""

    def show(self, picture: NDArray[np.uint8], rects: Iterable[Rect]) -> None:
        """Show parts of a picture."""

    def set_title(self, title: str) -> None:
        """Set the title of the desktop window."""

    def close(self) -> None:
        """Close it, if it is open."""


class Screen(Protocol):
    """Shows pictures pixel for pixel and sends events: the window of any toolkit, for a whole viewer.

    Subclass it, for what need not be written has a default: :attr:`scale`, :attr:`event_files`, :meth:`set_title`, full
    screen, dialog and drops, and what a screen on another machine takes: files, texts, :attr:`opens_places`,
    :attr:`in_browser`, :attr:`how_to_close`. All methods are called in the thread that calls
    :meth:`viewer3d.Viewer.process_events`. See docs/embedding.md.

    Examples
    --------
    >>> viewer = viewer3d.Viewer(volume, screen=my_screen)    # doctest: +SKIP
    >>> viewer.open()                                         # doctest: +SKIP
    >>> while viewer.is_open:                                 # doctest: +SKIP
    ...     viewer.process_events()
    """

    @property
    def is_open(self) -> bool:
        """Whether it is open: closed neither by the user nor by :meth:`close`."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, as the user has made it; the picture follows at the next events.

        In points, which are pixels where :attr:`scale` is 1.
        """

    @property
    def scale(self) -> float:
        """Device pixels along one point, on screens of high density; 1 by default.

        Pictures have ``round(scale * size)`` pixels then, with texts as large to the eye as on other screens.
        """
        return 1.0

    @property
    def event_files(self) -> tuple[int, ...]:
        """File descriptors that are readable when there are events, to wait for; none by default."""
        return ()

    def open(self, handler: EventHandler) -> None:
        """Begin to show, and to send events to a handler; called once."""

    def process_events(self) -> bool:
        """Send the events that wait to the handler; return whether the whole picture must be shown again.

        Where a toolkit's own event loop has sent them already there is nothing to do. What a handler raises goes on to
        the caller.
        """

    def show(self, picture: NDArray[np.uint8], rects: Iterable[Rect], left: int = 0, *, is_more: bool = False) -> None:
        """Show parts of a picture, as far as they lie in the window.

        Parameters
        ----------
        picture : ndarray of uint8, shape (height, width, 3)
            Red, green and blue, the first row at the top. It may change after the call: copy what is kept.
        rects : iterable of Rect
            The parts that have changed, in pixels of the picture.
        left : int
            The column of the window, in pixels, at which the picture begins: that right of the panel.
        is_more : bool
            Whether another part follows at once: what is seen then changes with that.
        """

    def set_title(self, title: str) -> None:
        """Set the title of the window, where it has one; do nothing by default."""

    @property
    def is_full_screen(self) -> bool:
        """Whether the window fills the whole screen; never by default."""
        return False

    def set_full_screen(self, *, is_full: bool) -> bool:  # noqa: ARG002 (by default it cannot)
        """Let the window fill the whole screen, or no longer; return whether it can: not by default."""
        return False

    def choose_place(self, then: Callable[[str | None], object]) -> bool:  # noqa: ARG002 (by default it has none)
        """Ask for a folder with a dialog of the toolkit's or the desktop's; return whether there is one.

        It returns at once. When a person has chosen, ``then`` is called with the path; empty where nothing was chosen,
        None where the dialog could not be shown.
        """
        return False

    def take_drops(self, handler: Callable[[Sequence[str]], object]) -> None:  # noqa: ARG002 (by default there are none)
        """Send the paths of what is dropped on it to a handler; by default nothing can be dropped."""
        return

    def give_file(self, name: str, data: bytes) -> bool:  # noqa: ARG002 (by default files are written here)
        """Give a file that a command has made to who sees the screen; return whether it takes files.

        Parameters
        ----------
        name : str
            Without a folder: ``viewer3d.png``.
        data : bytes
            All of it.

        Returns
        -------
        bool
            False by default: then it is written to the current folder of this process.
        """
        return False

    def copy_text(self, text: str) -> bool:  # noqa: ARG002 (by default the clipboard is this machine's)
        """Copy a text to the clipboard of who sees the screen; return whether it takes texts.

        By default not: then it goes to the clipboard of this machine.
        """
        return False

    def paste_text(self) -> str | None:
        """Return the text on the clipboard of who sees the screen; None by default, for that of this machine."""
        return None

    @property
    def opens_places(self) -> bool:
        """Whether who sees the screen may open other folders and files of this machine; True by default.

        Where not, no name of a folder or file is listed, and no dialog opens on the desktop of this machine.
        """
        return True

    @property
    def in_browser(self) -> bool:
        """Whether it is shown in a browser, which keeps some keys for itself: the help has others then."""
        return False

    @property
    def how_to_close(self) -> str:
        """How a person closes it, where keys cannot, for a note: ``close the tab``; empty by default."""
        return ""

    def close(self) -> None:
        """Close it, if it is open."""


def device_of(screen: object) -> DevicePixels:
    """Return how points become pixels on a screen; one that says nothing of it has a pixel a point."""
    return DevicePixels(getattr(screen, "scale", 1.0))


def takes_files(screen: object) -> bool:
    """Return whether a screen, or what it is a part of, has a way of its own to take files."""
    while isinstance(screen, ShownOnScreen):
        screen = screen.whole
    give = getattr(screen, "give_file", None)
    return give is not None and getattr(give, "__func__", give) is not Screen.give_file


def sends_events(screen: PictureScreen) -> TypeGuard[Screen]:
    """Return whether a screen sends events: it is shown with a panel then."""
    return callable(getattr(screen, "open", None))


def drawable(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size of the picture for a screen of a size; a tiny screen shows the corner of a picture."""
    width, height = (max(SMALLEST_SIDE, side) for side in size)
    return width, height


class PictureArea(ShownOnScreen):
    """The area of a desktop window beside the panel at its left, with controls of its own.

    Parameters
    ----------
    desktop : Screen

    Attributes
    ----------
    panel : ndarray of uint8, shape (height, columns, 3)
        The picture of the panel; without columns while there is none.
    draw_over : callable, optional
        Draws on the picture of the area, (height, width, 3) uint8; None while nothing is drawn over it.
    after_events : callable
        Is called when events were processed, before the picture is drawn.
    toggle_bar : callable
        Shows the tool bar or hides it, and returns a note.
    toggle_panel : callable
        Shows the panel or hides it, and returns whether there is one.
    ask_path, ask_place : callable
        Ask which folder is to be opened, over the picture or with a dialog, and return a note.
    """

    def __init__(self, desktop: Screen) -> None:
        self.panel = np.zeros((1, 0, 3), np.uint8)
        self.draw_over: Callable[[NDArray[np.uint8]], None] | None = None
        self.after_events: Callable[[], object] = lambda: None
        self.toggle_bar: Callable[[], str] = str
        self._tip: DisplayList = ()
        self._raster = Rasterizer()
        self.toggle_panel: Callable[[], bool] = lambda: False
        self.ask_path: Callable[[], str | None] = str
        self.ask_place: Callable[[], str | None] = str
        self._desktop = desktop
        self._picture = np.zeros((1, 1, 3), np.uint8)
        self._is_panel_due = True

    @property
    def whole(self) -> Screen:
        """The screen that it is a part of."""
        return self._desktop

    @property
    def is_open(self) -> bool:
        """Whether the desktop window is open."""
        return self._desktop.is_open

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in points."""
        width, height = self._desktop.size
        panel, _ = self.device.points((self.panel.shape[1], 1))
        return max(width - panel, 1), height

    @property
    def scale(self) -> float:
        """Device pixels along one point."""
        return self.device.scale

    @property
    def device(self) -> DevicePixels:
        """How points become pixels of the window."""
        return device_of(self._desktop)

    def process_events(self) -> bool:
        """Process events and return whether the picture must be shown again."""
        exposed = self._desktop.process_events()
        self._is_panel_due |= exposed
        self.after_events()
        return exposed

    def show(self, picture: NDArray[np.uint8], rects: Iterable[Rect]) -> None:
        """Show parts of a picture, with what is drawn over it."""
        self._picture = picture
        if self.draw_over is not None or self._tip:
            picture = picture.copy()
            if self.draw_over is not None:
                self.draw_over(picture)
            self._raster.draw(picture, self.device.marks(self._tip))
        if self._is_panel_due:
            self._desktop.show(self.panel, [_whole(self.panel)], is_more=True)
            self._is_panel_due = False
        self._desktop.show(picture, rects, self.panel.shape[1])

    def set_panel(self, panel: NDArray[np.uint8]) -> None:
        """Take another panel, shown with the next picture; where it takes more or less room, at once."""
        before, self.panel, self._is_panel_due = self.panel, panel, True
        if before.shape[1] != panel.shape[1]:
            self.show_again()

    def set_tip(self, tip: DisplayList) -> None:
        """Show other marks over the picture, in points, on top of all."""
        if tip != self._tip:
            self._tip = tip
            self.show_again()

    def show_due_panel(self) -> None:
        """Show the panel if it was set and no picture was shown since."""
        if self._is_panel_due:
            self._desktop.show(self.panel, [_whole(self.panel)])
            self._is_panel_due = False

    def show_again(self) -> None:
        """Show panel and picture again, because the panel or what is drawn over the picture has changed."""
        self._is_panel_due = True
        self.show(self._picture, [_whole(self._picture)])

    def set_title(self, title: str) -> None:
        """Set the title of the desktop window."""
        self._desktop.set_title(title)

    @property
    def is_full_screen(self) -> bool:
        """Whether the desktop window fills the whole screen."""
        return self._desktop.is_full_screen

    def set_full_screen(self, *, is_full: bool) -> bool:
        """Let the desktop window fill the whole screen, or no longer; return whether it can."""
        return self._desktop.set_full_screen(is_full=is_full)

    def close(self) -> None:
        """Close the window."""
        self._desktop.close()


def _whole(picture: NDArray[np.uint8]) -> Rect:
    return Rect(0, 0, picture.shape[1], picture.shape[0])
