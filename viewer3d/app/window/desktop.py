"""The desktop window: it shows a picture pixel for pixel and hands its events to a handler.

It is a window of VTK, so that no other toolkit need be installed; VTK draws nothing in it.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import vtkmodules.vtkRenderingUI  # noqa: F401 (registers the interactors of X11, Windows and macOS)
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.util.vtkConstants import VTK_OBJECT
from vtkmodules.vtkCommonCore import vtkStringArray
from vtkmodules.vtkRenderingCore import vtkInteractorStyle, vtkRenderWindow, vtkRenderWindowInteractor

from viewer3d.app.input.interactor import Button
from viewer3d.app.input.keysyms import letter_of
from viewer3d.app.window.full_screen import ManagedWindow, address_of
from viewer3d.app.window.place_dialog import PlaceDialog, dialog_command
from viewer3d.app.window.screen import EventHandler, Screen
from viewer3d.errors import RenderError
from viewer3d.render.gl import MEND_WINDOW, OpenGL, find_opengl, missing_libraries, silence
from viewer3d.render.panes import Rect

CONNECTION_TRIES, CONNECTION_SECONDS = 40, 0.05
"""An X server that has just lost its last client, as one without a desktop does when it was only asked whether it is
there, begins anew and refuses all others for that moment."""

BUTTONS: tuple[Button, ...] = ("left", "middle", "right")


def observe(
    interactor: vtkRenderWindowInteractor, handler: EventHandler, failures: list[Exception]
) -> vtkInteractorStyle:
    """Send the events of an interactor of VTK to a handler, instead of to VTK's own keys and gestures.

    Parameters
    ----------
    interactor : vtkRenderWindowInteractor
        A real one, or a generic one for tests.
    handler : EventHandler
    failures : list of Exception
        Collects what a handler raises: VTK would print it and go on.

    Returns
    -------
    vtkInteractorStyle
        The one that is observed: a style gets the events even while it has the focus of a drag.
    """
    style = vtkInteractorStyle()

    def position() -> tuple[int, int]:
        x, y = interactor.GetEventPosition()
        return x, interactor.GetSize()[1] - 1 - y  # VTK counts rows from below

    def press(button: Button) -> None:
        # Some systems report a double click as such, others as a press that repeats the one before.
        if button == "left" and interactor.GetRepeatCount() == 1:
            handler.double_click(*position())
        else:
            shift, ctrl = bool(interactor.GetShiftKey()), bool(interactor.GetControlKey())
            handler.press(button, *position(), shift=shift, ctrl=ctrl)

    def key() -> None:
        name = interactor.GetKeySym() or ""
        code = interactor.GetKeyCode()
        typed = code if code.isprintable() else letter_of(name)
        handler.key(f"ctrl+{name}" if interactor.GetControlKey() else name, typed or code)

    def on(event: str, act: Callable[[], object]) -> None:
        def handle(*_: object) -> None:
            try:
                act()
            except Exception as error:  # noqa: BLE001, RUF100 (raised again by who sent the events)
                failures.append(error)

        style.AddObserver(event, handle)  # type: ignore[arg-type]  # names of events do as well as numbers

    for button in BUTTONS:
        title = button.capitalize()
        on(f"{title}ButtonPressEvent", lambda button=button: press(button))  # type: ignore[misc]
        on(f"{title}ButtonReleaseEvent", lambda button=button: handler.release(button))  # type: ignore[misc]
    on("LeftButtonDoubleClickEvent", lambda: handler.double_click(*position()))
    on("MouseMoveEvent", lambda: handler.move(*position(), shift=bool(interactor.GetShiftKey())))
    on("MouseWheelForwardEvent", lambda: handler.wheel(1, *position(), ctrl=bool(interactor.GetControlKey())))
    on("MouseWheelBackwardEvent", lambda: handler.wheel(-1, *position(), ctrl=bool(interactor.GetControlKey())))
    on("LeaveEvent", handler.leave)
    on("KeyPressEvent", key)
    # Observed events do not reach the style's own methods: 3 would be stereo, w wires, e and q the end of the program.
    for event in ("CharEvent", "KeyReleaseEvent", "EnterEvent", "TimerEvent"):
        on(event, lambda: None)
    interactor.SetInteractorStyle(style)
    return style


class Desktop(Screen):
    """A window on the desktop that shows a picture.

    Parameters
    ----------
    size : tuple of int
        Width and height in pixels.

    Raises
    ------
    RenderError
        When there is no display here, or none that windows can be opened on.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        opengl = check_display()
        from vtkmodules import vtkRenderingOpenGL2  # noqa: PLC0415 (only where OpenGL is known to work)

        self._window: vtkRenderWindow = getattr(vtkRenderingOpenGL2, opengl.window_class)()
        _connect(self._window)
        self._window.SetMultiSamples(0)
        self._window.SetSize(*size)
        self._interactor = self._window.MakeRenderWindowInteractor()
        self._interactor.EnableRenderOff()  # there is nothing in it that VTK could render
        self._style: vtkInteractorStyle | None = None
        self._is_open, self._is_shown, self._is_exposed = True, False, False
        self._files: tuple[int, ...] = ()
        self._takes_events, self._size, self._drawable = False, size, size
        self._failures: list[Exception] = []
        self._dialog: tuple[PlaceDialog, Callable[[str | None], object]] | None = None
        self._interactor.AddObserver("ExitEvent", lambda *_: self.close())
        self._interactor.AddObserver("ExposeEvent", lambda *_: self._expose())

    @property
    def is_open(self) -> bool:
        """Whether it is open: closed neither by the user nor by the program."""
        return self._is_open

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as the user has made it."""
        if self._is_open:
            width, height = self._window.GetSize()
            self._size = max(width, 1), max(height, 1)
        return self._size

    @property
    def scale(self) -> float:
        """Device pixels along one point: VTK's windows are of pixels on every screen."""
        return 1.0

    @property
    def event_files(self) -> tuple[int, ...]:
        """File descriptor of the connection to the X server, readable when there are events; none elsewhere."""
        return self._files if self._is_open and self._is_shown else ()

    def open(self, handler: EventHandler) -> None:
        """Show the window and send its events to a handler."""
        if not self._is_open or self._is_shown:
            return
        self._style = observe(self._interactor, handler, self._failures)
        with silence():
            # It is shown only when it takes keys: X11 drops those that come before, as a `q` at once.
            self._window.ShowWindowOff()
            self._interactor.Initialize()
            self._window.ShowWindowOn()
            self._window.ReleaseCurrent()
        self._files = _connection_files(self._window)
        self._is_shown = self._is_exposed = True  # what was drawn before is gone

    def set_title(self, title: str) -> None:
        """Set the title."""
        self._window.SetWindowName(title)

    @property
    def is_full_screen(self) -> bool:
        """Whether the window fills the whole screen, by its own key or by the window manager's."""
        managed = self._managed()
        return managed is not None and managed.is_full

    def set_full_screen(self, *, is_full: bool) -> bool:
        """Ask the window manager to let the window fill the screen, or no longer.

        Returns
        -------
        bool
            Whether it can: on X11, with a window manager that knows of full screen.
        """
        managed = self._managed()
        if managed is None or not managed.can_be_full:
            return False
        managed.set_full(is_full=is_full)
        return True

    def choose_place(self, then: Callable[[str | None], object]) -> bool:
        """Ask for a folder with the desktop's dialog; return whether it has one. See :class:`Screen`."""
        command = dialog_command()
        if command is None:
            return False
        if self._dialog is None:  # else it is open already
            try:
                self._dialog = PlaceDialog(command), then
            except OSError:
                return False
        return True

    def take_drops(self, handler: Callable[[Sequence[str]], object]) -> None:
        """Send the paths of what is dropped on the window to a handler, where VTK knows of drops."""

        def handle(_object: object, _event: str, paths: vtkStringArray) -> None:
            try:
                handler([paths.GetValue(number) for number in range(paths.GetNumberOfValues())])
            except Exception as error:  # noqa: BLE001, RUF100 (raised again by who sent the events)
                self._failures.append(error)

        handle.CallDataType = VTK_OBJECT  # type: ignore[attr-defined]  # how VTK's wrapping is told what comes with it
        self._interactor.AddObserver("DropFilesEvent", handle)

    def process_events(self) -> bool:
        """Send all events to the handler and return whether the picture must be shown again."""
        if not self._is_open or not self._is_shown:
            return False
        if self._dialog is not None and self._dialog[0].is_over:
            (dialog, then), self._dialog = self._dialog, None
            then(dialog.answer())
        self._takes_events = True
        try:
            self._interactor.ProcessEvents()
        finally:
            self._takes_events = False
        self._destroy_if_closed()
        if self._failures:
            raise self._failures.pop(0)
        exposed, self._is_exposed = self._is_exposed, False
        return exposed

    def show(self, picture: NDArray[np.uint8], rects: Iterable[Rect], left: int = 0, *, is_more: bool = False) -> None:
        """Show parts of a picture, as far as they lie in the window; nothing before it is open.

        Parameters
        ----------
        picture : ndarray of uint8, shape (height, width, 3)
        rects : iterable of Rect
            The parts that have changed.
        left : int
            The column of the window at which the picture begins.
        is_more : bool
            Whether another part follows at once: what is seen then changes with that.
        """
        if not self._is_open or not self._is_shown:
            return
        width, height = self.size[0] - left, self.size[1]
        self._window.MakeCurrent()
        if self._drawable != self.size:
            # VTK shows a buffer of its own, which only the beginning of a rendering fits to the window.
            self._window.Start()
            self._window.End()
            self._drawable = self.size
        for rect in rects:
            right, bottom = min(rect.left + rect.width, width), min(rect.top + rect.height, height)
            if right <= rect.left or bottom <= rect.top:
                continue
            part = np.ascontiguousarray(picture[rect.top : bottom, rect.left : right][::-1])
            pixels = numpy_to_vtk(part.reshape(-1, 3))  # type: ignore[no-untyped-call]
            self._window.SetPixelData(
                left + rect.left, height - bottom, left + right - 1, height - 1 - rect.top, pixels, 0, 0
            )
        if not is_more:
            self._window.Frame()
        # The 3D pane is drawn through EGL, this window through GLX: neither sees that the other took the thread, and
        # what is not let go of draws into the other's picture.
        self._window.ReleaseCurrent()

    def close(self) -> None:
        """Close the window, if it is open."""
        if self._dialog is not None:
            self._dialog[0].close()
            self._dialog = None
        if self._is_open:
            self._is_open = False
            if not self._takes_events:  # else VTK still reads events, and process_events destroys it
                self._destroy_if_closed()

    def _managed(self) -> ManagedWindow | None:
        if not (self._is_open and self._is_shown and self._window.IsA("vtkXOpenGLRenderWindow")):
            return None
        try:
            return ManagedWindow(
                *map(address_of, (self._window.GetGenericDisplayId(), self._window.GetGenericWindowId()))
            )
        except (OSError, AttributeError):
            return None

    def _destroy_if_closed(self) -> None:
        # Of a window that was never shown VTK would free what is not there.
        if self._is_shown and not self._is_open:
            self._is_shown = False
            self._window.Finalize()
            self._interactor.TerminateApp()

    def _expose(self) -> None:
        self._is_exposed = True


def _connect(window: vtkRenderWindow) -> None:
    """Open the connection to the display; without one VTK would end the process later."""
    if not window.IsA("vtkXOpenGLRenderWindow"):
        return
    for _ in range(CONNECTION_TRIES):
        with silence():
            window.EnsureDisplay()
        if window.GetGenericDisplayId() is not None:
            return
        time.sleep(CONNECTION_SECONDS)
    raise RenderError("no window can be opened: the display no longer answers; try again")


def _connection_files(window: vtkRenderWindow) -> tuple[int, ...]:
    """Return the file descriptor of a window's connection to the X server, if it has one."""
    if not window.IsA("vtkXOpenGLRenderWindow"):
        return ()
    try:
        number = ctypes.CDLL("libX11.so.6").XConnectionNumber  # VTK has loaded it
    except (OSError, AttributeError):
        return ()
    number.argtypes, number.restype = [ctypes.c_void_p], ctypes.c_int
    return (number(address_of(window.GetGenericDisplayId())),)


def check_display() -> OpenGL:
    """Return the OpenGL that opens windows on the display.

    Raises
    ------
    RenderError
        When there is no display here, or none that windows can be opened on.
    """
    opengl = find_opengl("display")
    if opengl.works:
        return opengl
    if not os.environ.get("DISPLAY"):
        why = "there is no display (DISPLAY is not set)"
    else:
        why = f"{opengl.why_not} (run {MEND_WINDOW})" if missing_libraries() else opengl.why_not
    raise RenderError(
        f"no window can be opened: {why}; make a picture with `viewer3d shot` instead, "
        "or show it in a browser with `viewer3d serve`"
    )
