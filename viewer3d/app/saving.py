"""What keys save and copy from the viewer's window: picture, state, measurements, a line."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from viewer3d.app.window.measurement_list import NOTHING
from viewer3d.core.files import free_paths, write_whole
from viewer3d.core.view.measurement import Measurement
from viewer3d.errors import OutputError
from viewer3d.measurements.cache import MeasurementCache
from viewer3d.measurements.table import TableRow, save_measurements, table_row, to_csv
from viewer3d.recipes.words.line import UNKNOWN_PLACE, DataPlace, placeholders

if TYPE_CHECKING:
    from viewer3d.app.viewer import Viewer
    from viewer3d.dicom.series.scan import Scan
    from viewer3d.recipes.words.line import Language


_X11_PROGRAMS: Final = (("xclip", "xclip"), ("xsel", "xsel"))
"""Names of pyperclip for what copies, and the programs that do it."""

_WAYLAND_PROGRAMS: Final = (("wl-clipboard", "wl-copy"), *_X11_PROGRAMS)


@dataclass(frozen=True)
class OpenedFiles:
    """What a viewer's data were read from, as far as that is known.

    Attributes
    ----------
    place : DataPlace
        Of the series that is shown.
    found : Scan, optional
        All that was found there.
    """

    place: DataPlace = UNKNOWN_PLACE
    found: Scan | None = None


def table_rows(measurements: Iterable[Measurement], results: MeasurementCache) -> list[TableRow]:
    """Return the table of measurements, a row each."""
    return [table_row(one, results.of(one), results.layer) for one in measurements]


def save_picture(viewer: Viewer) -> str:
    """Save the picture in the current folder, and return a note."""
    (path,) = free_paths(Path.cwd(), "viewer3d", (".png",))
    viewer.screenshot(path)
    return f"saved {path}"


def save_state(viewer: Viewer) -> str:
    """Save the state as JSON in the current folder, and return a note."""
    (path,) = free_paths(Path.cwd(), "viewer3d", (".json",))
    text = replace(viewer.state, pointer=None).to_json()
    write_whole(path, lambda file: file.write(text.encode()))
    return f"saved {path}"


def copy_measurements(viewer: Viewer) -> str:
    """Copy measurements and their numbers to the clipboard, with tabs between, and return a note.

    Raises
    ------
    OutputError
        When there is no clipboard here.
    """
    measurements = viewer.state.measurements
    if not measurements:
        return NOTHING
    copy_text(to_csv(table_rows(measurements, viewer.results), "\t"))
    return f"copied {len(measurements)} measurements"


def copy_line(viewer: Viewer, language: Language) -> str:
    """Copy the line that makes the view, and return a note that says what in it is to be replaced."""
    from viewer3d.app.view_line import view_line  # noqa: PLC0415 (few ask for it)

    size = viewer.steering.presenter.scene.device.size(viewer.size)  # of what is saved, on a screen of any density
    line = view_line(viewer.placed, viewer.state, size, viewer.files.place, language)
    copy_text(line)
    wanting = placeholders(line)
    note = f"; write where the files are instead of {' and '.join(wanting)}" if wanting else ""
    what = "the line that makes" if language == "shell" else "the lines of Python that make"
    return f"copied {what} this view{note}"


def copy_text(text: str) -> None:
    """Copy a text to the clipboard.

    Raises
    ------
    OutputError
        When there is no clipboard here.
    """
    _with_clipboard(lambda clipboard: clipboard.copy(text))


def paste_text() -> str:
    """Return the text on the clipboard.

    Raises
    ------
    OutputError
        When there is no clipboard here.
    """
    return str(_with_clipboard(lambda clipboard: clipboard.paste()))


def _with_clipboard(act: Callable[[Any], object]) -> object:
    import pyperclip  # type: ignore[import-untyped]  # noqa: PLC0415 (only who copies needs it)

    if sys.platform not in ("win32", "darwin", "cygwin"):
        # Chosen here: pyperclip would take Qt where it finds one, which ends the process where it cannot begin.
        programs = _WAYLAND_PROGRAMS if os.environ.get("WAYLAND_DISPLAY") else _X11_PROGRAMS
        pyperclip.set_clipboard(next((name for name, program in programs if shutil.which(program)), "no"))
    try:
        return act(pyperclip)
    except pyperclip.PyperclipException:
        raise OutputError(
            "no program for the clipboard is here: apt-get install xclip (on Wayland wl-clipboard) and start again"
        ) from None


def write_measurements(viewer: Viewer) -> str:
    """Save measurements and their numbers as JSON and CSV in the current folder, and return a note.

    Raises
    ------
    OutputError
        When they cannot be written there.
    """
    results, measurements = viewer.results, viewer.state.measurements
    if not measurements:
        return NOTHING
    paths = free_paths(Path.cwd(), "viewer3d-measurements", (".json", ".csv"))
    for path in paths:
        save_measurements(results.volume, measurements, path, layer=results.layer)
    return f"saved {paths[0]} and {paths[1].suffix}"
