"""Let a window of X11 fill the screen, as its window manager does it.

By the Extended Window Manager Hints (freedesktop.org, 1.5, "_NET_WM_STATE"): the manager is asked, and it keeps the
size that the window goes back to. VTK's own way takes the window away and makes another.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

_CLIENT_MESSAGE: Final = 33
"""Kind of the event (X.h)."""

_TO_MANAGER: Final = (1 << 20) | (1 << 19)
"""SubstructureRedirectMask and SubstructureNotifyMask: who listens to these on the root is the window manager."""

_MOST_ATOMS: Final = 4096
"""Of a property that are read: a manager supports about a hundred hints."""


class _ClientMessage(ctypes.Structure):
    # XClientMessageEvent, with room for the whole union XEvent.
    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_long * 24),
    )


class ManagedWindow:
    """A window of X11 with what its window manager can do with it.

    Parameters
    ----------
    display : int
        Address of the connection (``Display *``).
    window : int
        Number of the window.

    Raises
    ------
    OSError
        When there is no X11 on this machine.
    """

    def __init__(self, display: int, window: int) -> None:
        self._x11 = ctypes.CDLL("libX11.so.6")  # VTK has loaded it
        self._display, self._window = ctypes.c_void_p(display), ctypes.c_ulong(window)
        self._x11.XDefaultRootWindow.restype = self._x11.XInternAtom.restype = ctypes.c_ulong
        self._root = ctypes.c_ulong(self._x11.XDefaultRootWindow(self._display))

    @property
    def can_be_full(self) -> bool:
        """Whether there is a window manager that knows of full screen."""
        return self._atom("_NET_WM_STATE_FULLSCREEN") in self._atoms(self._root, "_NET_SUPPORTED")

    @property
    def is_full(self) -> bool:
        """Whether the window fills the screen now, whoever asked for it."""
        return self._atom("_NET_WM_STATE_FULLSCREEN") in self._atoms(self._window, "_NET_WM_STATE")

    def set_full(self, *, is_full: bool) -> None:
        """Ask the window manager to let the window fill the screen, or no longer."""
        event = _ClientMessage()
        event.type, event.send_event, event.format = _CLIENT_MESSAGE, 1, 32
        event.display, event.window = self._display.value, self._window.value
        event.message_type = self._atom("_NET_WM_STATE")
        event.data[:] = int(is_full), self._atom("_NET_WM_STATE_FULLSCREEN"), 0, 1, 0  # asked for by an application
        mask = ctypes.c_long(_TO_MANAGER)
        self._x11.XSendEvent(self._display, self._root, 0, mask, ctypes.byref(event))
        self._x11.XFlush(self._display)

    def _atom(self, name: str) -> int:
        return int(self._x11.XInternAtom(self._display, name.encode(), 0))

    def _atoms(self, window: ctypes.c_ulong, name: str) -> frozenset[int]:
        # The atoms that a property of a window lists; none where it has no such property.
        kind, count, left = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_ulong()
        size, data = ctypes.c_int(), ctypes.POINTER(ctypes.c_ulong)()
        given: tuple[Any, ...] = (ctypes.c_ulong(self._atom(name)), ctypes.c_long(0), ctypes.c_long(_MOST_ATOMS))
        found = (ctypes.byref(one) for one in (kind, size, count, left, data))
        any_kind, kept = ctypes.c_ulong(0), 0
        failed = self._x11.XGetWindowProperty(self._display, window, *given, kept, any_kind, *found)
        if failed or not data:
            return frozenset()
        atoms = frozenset(data[: count.value]) if size.value == 32 else frozenset()
        self._x11.XFree(data)
        return atoms


def address_of(pointer: object) -> int:
    """Return the number in what VTK writes of a pointer: ``_0000563f8a_p_void``."""
    return int(str(pointer).strip("_").partition("_")[0], 16)
