"""Show a viewer on a desktop window, a screen of another toolkit, cells of a notebook, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from viewer3d.app.in_notebook import ShownInNotebook, own_screen
from viewer3d.app.opening import title_of
from viewer3d.app.prompt import in_kernel, run_beside_prompt, run_until_closed
from viewer3d.app.window.screen import PictureScreen, Screen, sends_events
from viewer3d.errors import ViewError

if TYPE_CHECKING:
    from viewer3d.app.beside.cell_panel import ViewerPanel
    from viewer3d.app.steering import Steering
    from viewer3d.app.viewer import Viewer
    from viewer3d.core.layers import PlacedLayers


class OnScreen(ShownInNotebook):
    """The screen of a viewer, which is a subclass of it, and what opens it."""

    _steering: Steering

    def __init__(self) -> None:
        super().__init__()
        self._desktop: Screen | None = None
        self._panel: ViewerPanel | None = None
        self._screen: PictureScreen | None = None

    @property
    def placed(self) -> PlacedLayers:
        """All that is shown."""
        raise NotImplementedError

    @property
    def is_open(self) -> bool:
        """Whether there is a desktop window that neither the user nor the program has closed."""
        return self._screen is not None and self._screen.is_open

    @property
    def event_files(self) -> tuple[int, ...]:
        """File descriptors that can be read when the desktop window has events."""
        return () if self._desktop is None else self._desktop.event_files

    def show(self) -> Self:
        """Open the desktop window and wait until it is closed; at the prompt of IPython return at once.

        In a notebook it returns at once, too: as the last line of a cell it is shown there.

        Returns
        -------
        Viewer
            This one. When the window was closed, :attr:`state` is what was seen last, :attr:`measurements` the table
            of what was measured; beside a prompt the state can be set from there.

        Raises
        ------
        ViewError
            When the viewer is off screen.
        """
        if self._panel is None:
            if self._screen is not None:
                return self  # it is shown on that screen
            raise ViewError("this viewer is off screen and has no window to show: make it with off_screen=False")
        if in_kernel():
            return self
        is_beside_prompt = run_beside_prompt(self)
        self.open()
        if not is_beside_prompt:
            run_until_closed(self)
        return self

    def open(self) -> None:
        """Open the desktop window and return at once: call :meth:`process_events` while it is open.

        Raises
        ------
        ViewError
            When the viewer is off screen.
        """
        if self._panel is None:
            raise ViewError("this viewer has no window to open: make it with off_screen=False, or with a screen")
        self._panel.open()
        self._steering.show_hint()

    def process_events(self) -> bool:
        """Process events, show what has changed, and return whether there was anything to do."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the desktop window and free what it holds."""
        raise NotImplementedError

    def suspend(self) -> None:
        """Free what drawing holds until the next picture; state, history and callbacks stay."""
        raise NotImplementedError

    def _begin_screen(self, screen: PictureScreen | None, size: tuple[int, int], *, off_screen: bool) -> None:
        """Take the screen that was given, one of its own, or none."""
        if screen is None and not off_screen:
            screen = own_screen(size)
        if screen is not None and sends_events(screen):
            from viewer3d.app.beside.cell_panel import ViewerPanel  # noqa: PLC0415 (off screen no window's code)

            self._desktop = screen
            self._panel = ViewerPanel(self._desktop, self)  # type: ignore[arg-type]
            screen = self._panel.cells.add_screen()
        self._screen = screen

    def _screen_in_notebook(self) -> Screen:
        if self._screen is None and in_kernel():
            viewer = self._steering.viewer
            self._begin_screen(None, viewer.size, off_screen=False)
            self._take_screen(viewer)
        if self._desktop is None:
            raise ViewError(NO_CELL)
        return self._desktop

    def _take_screen(self, viewer: Viewer) -> None:
        # What was off screen goes on with the screen that it has now.
        if self._panel is not None and self._screen is not None:
            self._steering.take_screen(self._screen)
            self._panel.cells.begin(viewer)
            self._screen.set_title(title_of(self.placed))


NO_CELL = "a widget lives in the kernel of a notebook: elsewhere show it in a window with viewer.show()"
"""What is said where there is no kernel."""


def panel_of(viewer: OnScreen) -> ViewerPanel | None:
    """Return the panel of a viewer's own window; None where it has no window of its own."""
    return viewer._panel  # noqa: SLF001, RUF100 (of this module)
