"""Show a viewer or browser in a notebook: a widget, with a picture that stays in the saved file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from viewer3d.app.prompt import in_kernel
from viewer3d.app.window.screen import Screen

if TYPE_CHECKING:
    from viewer3d.web.notebook.cell import Cell


class ShownInNotebook:
    """Shows itself in a notebook, as the last line of a cell: the base of viewer and browser."""

    _cell: Cell | None = None
    _shown_by: ShownInNotebook | None = None  # of a viewer in the window of a folder: that window

    def widget(self, *, height: int | None = None) -> Any:
        """Return a widget for Jupyter that shows this and takes hands, without a server.

        It needs ``pip install 'viewer3d[notebook]'``. Displayed several times it is one view, seen several times; what
        was off screen until now has a screen from then on, and state, history and callbacks stay. See docs/notebook.md.

        Parameters
        ----------
        height : int, optional
            In CSS pixels. Without it the widget is as wide as the cell, and three quarters of that high.

        Returns
        -------
        anywidget.AnyWidget
            The same one at every call.

        Raises
        ------
        ViewError
            When anywidget is not installed, this is no kernel of Jupyter, the height is no number of pixels, or what is
            shown has a screen of its own or was closed.
        """
        if self._shown_by is not None:
            return self._shown_by.widget(height=height)
        from viewer3d.web.notebook.cell import cell_of  # noqa: PLC0415 (only notebooks have cells)

        return cell_of(self, self._screen_in_notebook()).widget(height)

    def _ipython_display_(self) -> None:
        if not in_kernel():
            raise NotImplementedError  # IPython shows its repr
        from viewer3d.web.notebook.display import display  # noqa: PLC0415 (as above)

        display(self._shown_by or self)  # type: ignore[arg-type]

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]] | None:
        if not in_kernel():
            return None
        from viewer3d.web.notebook.display import mime_bundle  # noqa: PLC0415 (as above)

        return mime_bundle(self._shown_by or self)  # type: ignore[arg-type]

    def _screen_in_notebook(self) -> Screen:
        """Return the screen that cells show; one that is off screen takes one."""
        raise NotImplementedError


def own_screen(size: tuple[int, int]) -> Screen:
    """Return the screen of who is given none: a desktop window; in the kernel of a notebook, its cells."""
    if in_kernel():
        from viewer3d.web.notebook.screen import NotebookScreen  # noqa: PLC0415 (only notebooks have cells)

        return NotebookScreen(size)
    from viewer3d.app.window.desktop import Desktop  # noqa: PLC0415 (a screen of another kind needs no VTK)

    return Desktop(size)
