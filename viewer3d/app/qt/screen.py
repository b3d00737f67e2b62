"""A screen for a viewer whose pixels a widget of Qt paints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import ceil
from typing import Any
from weakref import ref

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QRect, Qt
from qtpy.QtGui import QImage, QPainter
from qtpy.QtWidgets import QFileDialog

from viewer3d.app.opening import error_message, report
from viewer3d.app.window.notes import note_marks
from viewer3d.app.window.place_dialog import TITLE
from viewer3d.app.window.screen import EventHandler, Screen
from viewer3d.errors import Viewer3DError, ViewError
from viewer3d.render.display.device_pixels import DevicePixels
from viewer3d.render.marks.display_list import EMPTY
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.panes import Rect


class WidgetScreen(Screen):
    """Keeps the pixels that a widget shows, and what its events are for.

    Parameters
    ----------
    widget : QWidget
        It is not held: it goes with the last name for it, or with its parent.

    Attributes
    ----------
    handler : EventHandler, optional
        Takes the events, once it is open.
    failures : list of Exception
        What a handler has raised, told at the next events.
    by_hand : bool
        Whether a user's event is being handled.
    is_gone : bool
        Whether Qt has deleted the widget, so that nothing of it can be called.
    was_refused : bool
        Whether a hand asked for closing what is only a part of a window.
    """

    def __init__(self, widget: Any) -> None:
        self.handler: EventHandler | None = None
        self.failures: list[Exception] = []
        self.by_hand = self.is_gone = self.was_refused = False
        self._find_widget, self._is_open, self._is_new = ref(widget), True, True
        self._message, self._raster = "", Rasterizer()
        self._drop: Callable[[Sequence[str]], object] = len
        self._pixels = np.empty((1, 1, 3), np.uint8)
        self._size, self._scale = (1, 1), 1.0

    @property
    def is_open(self) -> bool:
        """Whether it is open."""
        return self._is_open

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the widget, in points."""
        if (widget := self._widget) is not None:
            self._size = max(widget.width(), 1), max(widget.height(), 1)
        return self._size

    @property
    def scale(self) -> float:
        """Device pixels along one point of the screen that the widget is on."""
        if (widget := self._widget) is not None:
            self._scale = max(1.0, float(widget.devicePixelRatioF()))
        return self._scale

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """What the widget shows, shape (height, width, 3)."""
        return self._pixels

    def open(self, handler: EventHandler) -> None:
        """Send the events of the widget to a handler."""
        self.handler = handler

    def process_events(self) -> bool:
        """Tell what events have raised; return whether all must be shown again, which is in a new size.

        Raises
        ------
        Viewer3DError
            What a handler has raised; of what is not expected, a sentence that says so.
        """
        self._fit()
        is_new, self._is_new = self._is_new, False
        if self.failures:
            self._is_new = is_new
            error = self.failures.pop(0)
            if isinstance(error, Viewer3DError):
                raise error
            report(error)
            raise ViewError(error_message(error)) from error
        return is_new

    def show(
        self,
        picture: NDArray[np.uint8],
        rects: Iterable[Rect],
        left: int = 0,
        *,
        is_more: bool = False,  # noqa: ARG002 (Qt paints when all is done)
    ) -> None:
        """Keep parts of a picture, and have Qt paint them."""
        widget = self._widget
        if widget is None:
            return
        self._fit()
        height, width = self._pixels.shape[:2]
        for rect in rects:
            part = picture[rect.rows, rect.columns][: max(height - rect.top, 0), : max(width - left - rect.left, 0)]
            rows, columns = part.shape[:2]
            x, y = left + rect.left, rect.top
            self._pixels[y : y + rows, x : x + columns] = part
            # In points, and all of those that are touched.
            first = int(x / self._scale), int(y / self._scale)
            last = ceil((x + columns) / self._scale), ceil((y + rows) / self._scale)
            widget.update(QRect(*first, last[0] - first[0], last[1] - first[1]))

    def set_message(self, message: str) -> None:
        """Write a message over the picture; empty for none."""
        if message != self._message and (widget := self._widget) is not None:
            self._message = message
            widget.update()

    def paint(self, painter: QPainter) -> None:
        """Paint the pixels, one a pixel of the screen."""
        pixels = self._pixels
        height, width = pixels.shape[:2]
        if self._message:
            pixels = pixels.copy()
            device = DevicePixels(self._scale)
            marks = note_marks(device.points((width, height)), self._message, alone=True)
            self._raster.draw(pixels, device.marks(marks))
        # Qt reads the pixels where they are.
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format_RGB888)
        image.setDevicePixelRatio(self._scale)
        painter.drawImage(0, 0, image)

    def set_title(self, title: str) -> None:
        """Set the title of the window that the widget is, or would be."""
        if (widget := self._widget) is not None:
            widget.setWindowTitle(title)

    @property
    def is_full_screen(self) -> bool:
        """Whether the widget is a window that fills the screen."""
        widget = self._widget
        return widget is not None and bool(widget.isWindow() and widget.isFullScreen())

    def set_full_screen(self, *, is_full: bool) -> bool:
        """Fill the screen with a widget that is a window, or end that; return whether it is one."""
        widget = self._widget
        if widget is None or not widget.isWindow():
            return False
        (widget.showFullScreen if is_full else widget.showNormal)()
        return True

    def choose_place(self, then: Callable[[str | None], object]) -> bool:
        """Ask for a folder with Qt's dialog, which is that of the desktop where Qt knows it."""
        widget = self._widget
        if widget is None:
            return False
        dialog = QFileDialog(widget, TITLE)
        dialog.setFileMode(QFileDialog.Directory)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.fileSelected.connect(then)
        dialog.open()  # Qt's own loop goes on
        return True

    def take_drops(self, handler: Callable[[Sequence[str]], object]) -> None:
        """Let folders and files be dropped on the widget, and send their paths to a handler."""
        self._drop = handler
        if (widget := self._widget) is not None:
            widget.setAcceptDrops(True)

    def drop(self, paths: Sequence[str]) -> None:
        """Take what was dropped on the widget."""
        self._drop(paths)

    def close(self) -> None:
        """Close it, but for a hand only where it is a window of its own.

        What is a part of another window is closed by the program of that window.
        """
        widget = self._widget
        if self.by_hand and widget is not None and not widget.isWindow():
            self.was_refused = True
            return
        self._is_open = False

    @property
    def _widget(self) -> Any:
        return None if self.is_gone else self._find_widget()

    def _fit(self) -> None:
        width, height = DevicePixels(self.scale).size(self.size)
        if self._pixels.shape[:2] != (height, width):
            self._pixels = np.empty((height, width, 3), np.uint8)
            self._pixels[...] = EMPTY
            self._is_new = True


def local_paths(event: Any) -> list[str]:
    """Return the paths that are dragged, of folders and files on this machine."""
    return [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
