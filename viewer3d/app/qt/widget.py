"""The viewer as a widget of Qt: the same panes, panel, keys and gestures, in Qt's own event loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final
from weakref import ref

from qtpy.QtCore import QEvent, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QApplication, QWidget

from viewer3d.app.browser import Browser
from viewer3d.app.callbacks import Remove
from viewer3d.app.input.interactor import Button
from viewer3d.app.opening import error_message, report
from viewer3d.app.prompt import BUSY_SECONDS
from viewer3d.app.qt.keys import key_name
from viewer3d.app.qt.screen import WidgetScreen, local_paths
from viewer3d.app.qt.wheel import Wheel, is_ctrl, own_key
from viewer3d.app.show import open_source, viewer_of
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.screen import EventHandler, drawable
from viewer3d.core.inputs import AnyVolume
from viewer3d.core.layers import Overlays
from viewer3d.core.view.planes import View
from viewer3d.core.view.state import ViewState
from viewer3d.errors import RenderError, Viewer3DError, ViewError

BUSY_MS: Final = 5
"""From look to look while something has happened of late: a cine of 60 pictures a second keeps its time."""

REST_MS: Final = 250
"""The same at rest, when notes fade and another thread may have set a state."""

_BUTTONS: Final[dict[Any, Button]] = {Qt.LeftButton: "left", Qt.MiddleButton: "middle", Qt.RightButton: "right"}


class ViewerWidget(QWidget):
    """Shows a volume, or the series of a folder, as a widget.

    It is the whole desktop window of :func:`viewer3d.show`: panes, panel, help, keys and gestures.

    Parameters
    ----------
    what : Volume, sequence of Volume, or path
        As of :func:`viewer3d.show`: of a path all series can be chosen in the panel; they load in the background.
    parent : QWidget, optional
    view : {"quad", "mpr", "axial", "coronal", "sagittal", "3d"}, optional
        Without it as :func:`viewer3d.show` opens.
    state : ViewState, optional
        What to begin with, instead of the view.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest, see :class:`viewer3d.Layer`.

    Attributes
    ----------
    state_changed : Signal of ViewState
        After every change, also of the pointer.
    cursor_changed : Signal of tuple
        With the point that the slices go through, (x, y, z) in LPS mm.
    window_changed : Signal of Window
        With the VOI window of the active layer.
    measurement_changed : Signal of list
        With the table of all measurements, see :attr:`viewer3d.Viewer.measurements`.
    opened : Signal of Viewer
        When there is something to see: of a volume as soon as the event loop runs, of a path when a series was loaded.
    closed : Signal
        Once, when it was closed by a key, by its window, or by :meth:`QWidget.close`.

    Raises
    ------
    RenderError
        When there is no ``QApplication`` yet.
    ViewError
        When the state is of another volume, volumes do not belong together, or an overlay cannot be placed. What cannot
        be shown of a path is told in the widget.

    Examples
    --------
    >>> widget = ViewerWidget("folder", view="mpr")                       # doctest: +SKIP
    >>> layout.addWidget(widget)                                          # doctest: +SKIP
    >>> widget.cursor_changed.connect(lambda point: print(point))         # doctest: +SKIP
    """

    state_changed = Signal(object)
    cursor_changed = Signal(object)
    window_changed = Signal(object)
    measurement_changed = Signal(object)
    opened = Signal(object)
    closed = Signal()

    def __init__(
        self,
        what: AnyVolume,
        parent: QWidget | None = None,
        *,
        view: View | None = None,
        state: ViewState | None = None,
        overlays: Overlays = (),
    ) -> None:
        if QApplication.instance() is None:
            raise RenderError("a widget needs an application: make qtpy.QtWidgets.QApplication([]) before it")
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.WheelFocus)
        self.setContextMenuPolicy(Qt.PreventContextMenu)  # the right button zooms
        self.setAttribute(Qt.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WA_InputMethodEnabled)  # dead keys, for names
        self.setAccessibleName("viewer3d")
        self._screen, self._wheel = WidgetScreen(self), Wheel()
        self._followed: Viewer | None = None
        self._removes: list[Remove] = []
        self._busy_until = 0.0
        self._error: Exception | None = None
        self._is_processing = self._is_ended = self._is_opening = False
        size = drawable(self._screen.size)
        try:
            self._source = open_source(what, view, size, state=state, overlays=overlays, screen=self._screen)
        except Exception:
            self._is_ended = True
            self.setParent(None)  # nothing that is half made is left in the parent's window
            raise
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self.destroyed.connect(_free_on_deletion(self._screen, self._source))
        self._source.open()
        self._follow()
        self._wake()

    @property
    def viewer(self) -> Viewer | None:
        """The viewer that is shown; of a path None until a series was loaded."""
        return viewer_of(self._source)

    @property
    def state(self) -> ViewState | None:
        """What is shown; set it to show something else. None until a series was loaded."""
        return None if self.viewer is None else self.viewer.state

    @state.setter
    def state(self, state: ViewState) -> None:
        if self.viewer is None:
            raise ViewError("nothing is loaded yet, so no state can be set: connect to opened")
        self.viewer.state = state

    @property
    def error(self) -> Exception | None:
        """Why the series that was chosen last, or anything at the path, could not be shown; None where it was."""
        return self._source.error or self._error if isinstance(self._source, Browser) else self._error

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the size that suits four panes."""
        return QSize(900, 675)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the size below which little can be seen."""
        return QSize(160, 120)

    def event(self, event: Any) -> bool:
        """Handle what has no method of its own: whose a key is, gestures of a touch pad, deletion."""
        kind = event.type()
        if kind == QEvent.ShortcutOverride and own_key(event) == (True, False):
            event.accept()  # a letter is for this widget before it is a shortcut of the program's
            return True
        if kind == QEvent.NativeGesture:
            x, y = self._point(event.position())
            if self._send(lambda handler: self._wheel.pinch(event, handler, x, y)):
                return True
        if kind == QEvent.DeferredDelete:
            self._end()
        if kind == getattr(QEvent, "DevicePixelRatioChange", None):  # since Qt 6.6; before it is seen at rest
            self._wake()
        return bool(super().event(event))

    def focusNextPrevChild(self, is_next: bool) -> bool:  # noqa: N802, FBT001
        """Keep Tab, which shows the panel; Shift + Tab leads out of the widget."""
        return False if is_next else bool(super().focusNextPrevChild(is_next))

    def paintEvent(self, event: Any) -> None:  # noqa: N802, ARG002
        """Paint what was drawn."""
        painter = QPainter(self)
        self._screen.paint(painter)
        painter.end()

    def resizeEvent(self, event: Any) -> None:  # noqa: N802
        """Draw in the new size before Qt paints."""
        super().resizeEvent(event)
        if self._screen.by_hand:
            self._wake()  # a key has made it fill the screen, and is not handled yet
        else:
            self._process()

    def showEvent(self, event: Any) -> None:  # noqa: N802
        """Go on where hiding has stopped."""
        super().showEvent(event)
        self._wake()

    def mousePressEvent(self, event: Any) -> None:  # noqa: N802
        """Press a button."""
        button = _BUTTONS.get(event.button())
        if button is None:
            event.ignore()
            return
        (x, y), held = self._point(event.position()), event.modifiers()
        shift = bool(held & Qt.ShiftModifier)
        self._send(lambda handler: handler.press(button, x, y, shift=shift, ctrl=is_ctrl(held)))

    def mouseReleaseEvent(self, event: Any) -> None:  # noqa: N802
        """Release a button."""
        button = _BUTTONS.get(event.button())
        if button is None:
            event.ignore()
            return
        self._send(lambda handler: handler.release(button))

    def mouseDoubleClickEvent(self, event: Any) -> None:  # noqa: N802
        """Handle the second press of a double click; of other buttons than the left it is a press."""
        if event.button() != Qt.LeftButton:
            self.mousePressEvent(event)
            return
        x, y = self._point(event.position())
        self._send(lambda handler: handler.double_click(x, y))

    def mouseMoveEvent(self, event: Any) -> None:  # noqa: N802
        """Move the pointer."""
        x, y = self._point(event.position())
        shift = bool(event.modifiers() & Qt.ShiftModifier)
        self._send(lambda handler: handler.move(x, y, shift=shift))

    def leaveEvent(self, event: Any) -> None:  # noqa: N802
        """Leave the widget."""
        super().leaveEvent(event)
        self._send(lambda handler: handler.leave())

    def wheelEvent(self, event: Any) -> None:  # noqa: N802
        """Turn the wheel."""
        x, y = self._point(event.position())
        self._send(lambda handler: self._wheel.turn(event, handler, x, y))

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802
        """Press a key; one without a meaning here goes on to the parent."""
        is_own, ctrl = own_key(event)
        held = event.modifiers()
        shift, keypad = bool(held & Qt.ShiftModifier), bool(held & Qt.KeypadModifier)
        name, typed = key_name(event.key(), event.text(), ctrl=ctrl, shift=shift, keypad=keypad)
        self._screen.was_refused = False
        has_meaning = is_own and bool(name) and self._send(lambda handler: handler.key(name, typed))
        if not has_meaning or self._screen.was_refused:
            event.ignore()

    def dragEnterEvent(self, event: Any) -> None:  # noqa: N802
        """Take what lies on this machine."""
        if local_paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: Any) -> None:  # noqa: N802
        """Open what was dropped, a folder or files."""
        paths = local_paths(event)
        if paths:
            event.acceptProposedAction()
            self._send(lambda _: self._screen.drop(paths))

    def inputMethodEvent(self, event: Any) -> None:  # noqa: N802
        """Handle what dead keys or an input method have put together."""
        named = [key_name(0, character) for character in event.commitString()]
        self._send(lambda handler: [handler.key(name, typed) for name, typed in named])
        event.accept()

    def closeEvent(self, event: Any) -> None:  # noqa: N802
        """Free what is held; the last state and measurements can still be read from :attr:`viewer`."""
        self._end()
        super().closeEvent(event)

    def _point(self, point: Any) -> tuple[float, float]:
        # Qt counts from the edge of the first pixel of a point, the viewer from the centre of the point.
        shift = 0.5 / self._screen.scale - 0.5
        return point.x() + shift, point.y() + shift

    def _send(self, send: Callable[[EventHandler], object]) -> object:
        # What a handler raises is told at the next events: nothing leaves through Qt's loop.
        screen = self._screen
        if screen.handler is None or not screen.is_open:
            return None
        screen.by_hand = True
        if self.viewer is not None:
            screen.set_message("")
        try:
            return send(screen.handler)
        except Exception as error:  # noqa: BLE001, RUF100 (whatever it is)
            screen.failures.append(error)
            return True
        finally:
            screen.by_hand = False
            self._wake()

    def _wake(self) -> None:
        """Process events as soon as Qt has handled all that wait."""
        if not self._is_over():
            self._busy_until = time.monotonic() + BUSY_SECONDS
            if self._timer.remainingTime() != 0:
                self._timer.start(0)

    def _tick(self) -> None:
        self._process()
        if self._is_opening and not self._screen.is_gone:
            self._is_opening = False
            self.opened.emit(self._followed)

    def _process(self) -> None:
        if self._is_processing or self._is_over():
            return
        self._is_processing, worked = True, False
        try:
            worked = self._source.process_events()
            self._follow()
        except Exception as error:  # noqa: BLE001, RUF100 (as in _send)
            self._show_error(error)
            return  # what fails fails again: the next event tries
        finally:
            self._is_processing = False
        if self._is_over():  # a callback may have closed or deleted it
            return
        if not self._source.is_open:
            self._end()
            if self.isWindow():
                self.close()
            return
        if worked:
            self._busy_until = time.monotonic() + BUSY_SECONDS
            self._timer.start(0)
        elif self.isVisible() or (isinstance(self._source, Browser) and self._source.is_loading):
            self._timer.start(BUSY_MS if time.monotonic() < self._busy_until else REST_MS)

    def _is_over(self) -> bool:
        return self._is_ended or self._screen.is_gone

    def _follow(self) -> None:
        """Have the signals tell of the viewer that is shown now."""
        viewer = self.viewer
        if viewer is None or viewer is self._followed:
            return
        for remove in self._removes:
            remove()
        self._followed, self._error, self._is_opening = viewer, None, True
        self._screen.set_message("")
        # Not held by what it shows, the widget goes with the last name for it.
        found = ref(self)

        def emitting(signal: str) -> Callable[[object], None]:
            def emit(value: object) -> None:
                widget = found()
                if widget is not None and not widget._screen.is_gone:
                    widget._wake()
                    getattr(widget, signal).emit(value)

            return emit

        self._removes = [
            viewer.on_state(emitting("state_changed")),
            viewer.on_cursor(emitting("cursor_changed")),
            viewer.on_window(emitting("window_changed")),
            viewer.on_measurement(emitting("measurement_changed")),
        ]

    def _show_error(self, error: Exception) -> None:
        if not isinstance(error, Viewer3DError):
            report(error)
        self._error = error
        self._screen.set_message(error_message(error))

    def _end(self) -> None:
        """Close what is shown and say so, once."""
        if self._is_ended:
            return
        self._is_ended = True
        self._timer.stop()
        _close(self._screen, self._source)
        self.closed.emit()


def _free_on_deletion(screen: WidgetScreen, source: Viewer | Browser) -> Callable[[], None]:
    """Return what frees all that a widget holds when Qt has deleted it."""

    def free() -> None:
        screen.is_gone = True
        _close(screen, source)

    return free


def _close(screen: WidgetScreen, source: Viewer | Browser) -> None:
    screen.by_hand = False
    try:
        source.close()
    except Exception as error:  # noqa: BLE001, RUF100 (as in _send)
        report(error)
