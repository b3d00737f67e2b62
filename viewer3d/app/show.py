"""show: a window on a volume, in one call."""

from __future__ import annotations

import os
from pathlib import Path

from viewer3d.app.viewer import Viewer
from viewer3d.errors import ViewError
from viewer3d.planes import View
from viewer3d.view import ViewState
from viewer3d.volume import Volume

PNG = b"\x89PNG\r\n\x1a\n"


def show(
    volume: Volume, view: View = "quad", size: tuple[int, int] = (1200, 900), *, state: ViewState | None = None
) -> ViewState:
    """Show a volume in a window, until the person closes it.

    Parameters
    ----------
    volume : Volume
    view : {"quad", "mpr", "axial", "coronal", "sagittal", "3d"}
    size : tuple of int
        Width and height of the window in pixels.
    state : ViewState, optional
        What to begin with, instead of the view.

    Returns
    -------
    ViewState
        What was seen last: give it to ``viewer3d.screenshot``, or to the next ``show``. What was measured is in its
        ``measurements``; ``viewer3d.measure(volume, measurement)`` gives the numbers of one, and
        ``viewer3d.save_measurements(volume, state.measurements, "file.csv")`` writes all.

    Raises
    ------
    RenderError
        When there is no display.
    ViewError
        When the state is of another volume.
    """
    with Viewer(volume, view, size, state=state) as viewer:
        return viewer.show()


def read_state(path: str | os.PathLike[str]) -> ViewState:
    """Read a state from a JSON file, or from a PNG that this program made.

    Raises
    ------
    ViewError
        When the file cannot be read or holds no state.
    """
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ViewError(
            f"{file}: cannot be read ({(error.strerror or str(error)).lower()}): give a state file"
        ) from None
    if not content.startswith(PNG):
        return ViewState.from_json(content)
    from PIL import Image  # noqa: PLC0415 (only for pictures)

    try:
        with Image.open(file) as picture:
            text = picture.info.get("viewer3d")
    except (OSError, SyntaxError, ValueError):  # what Pillow raises at a broken PNG
        raise ViewError(f"{file}: this PNG is broken: give one that viewer3d made, or JSON") from None
    if not isinstance(text, str):
        raise ViewError(f"{file}: this PNG holds no view state: give one that viewer3d made, or JSON")
    return ViewState.from_json(text)
