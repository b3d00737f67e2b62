"""What keys save and copy from the viewer's window: picture, state, measurements, a line."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from viewer3d.app.window.elsewhere import copy_to, give_file, is_in_browser, paste_from
from viewer3d.app.window.measurement_list import NOTHING
from viewer3d.app.window.screen import takes_files
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


Writer = Callable[[Path], object]
"""Takes a path and writes a file there; may raise OutputError or OSError."""


def save_files(screen: object, name: str, numbered: Sequence[Mapping[str, Writer]]) -> str:
    """Give files to a screen that takes them, else save them in the current folder; return a note.

    Parameters
    ----------
    screen : Screen, part of one, or None
        That the command came from.
    name : str
        Of the files without number and suffix.
    numbered : sequence of mapping of str to callable
        What writes the files of each number, by their suffixes.

    Raises
    ------
    OutputError, OSError
        When one cannot be written; what came before it is there.
    """
    saved, given = list[str](), list[str]()
    for number, writers in enumerate(numbered, 1):
        called = name if len(numbered) == 1 else f"{name}-{number}"
        taken = _files_taken(screen, called, writers) if takes_files(screen) else []
        given += taken
        left = dict(list(writers.items())[len(taken) :])
        paths = free_paths(Path.cwd(), name, tuple(left)) if left else ()
        for path, write in zip(paths, left.values(), strict=True):
            write(path)
        saved += [" and ".join([*map(str, paths[:1]), *(one.suffix for one in paths[1:])])] if paths else []
    to = "the browser" if is_in_browser(screen) else "the machine of this screen"
    notes = [f"{' and '.join(given)} {'is' if len(given) == 1 else 'are'} given to {to}"] if given else []
    return "; ".join([*notes, *([f"saved {' and '.join(saved)}"] if saved else [])])


def _files_taken(screen: object, name: str, writers: Mapping[str, Writer]) -> list[str]:
    """Return the names of the files that a screen takes: all, or those before the first it refuses."""
    taken: list[str] = []
    with tempfile.TemporaryDirectory(prefix="viewer3d-") as folder:
        for suffix, write in writers.items():
            path = Path(folder, f"{name}{suffix}")
            write(path)
            if not give_file(screen, path.name, path.read_bytes()):
                break
            taken.append(path.name)
    return taken


def write_text(text: str) -> Writer:
    """Return what writes a text to a file, in UTF-8, completely or not at all."""
    return lambda path: write_whole(path, lambda file: file.write(text.encode()))


def save_picture(viewer: Viewer) -> str:
    """Save the picture in the current folder, or give it to the screen, and return a note."""
    return save_files(viewer.steering.screen, "viewer3d", [{".png": viewer.screenshot}])


def save_state(viewer: Viewer) -> str:
    """Save the state as JSON in the current folder, or give it to the screen, and return a note."""
    text = replace(viewer.state, pointer=None).to_json()
    return save_files(viewer.steering.screen, "viewer3d", [{".json": write_text(text)}])


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
    copy_text(viewer.steering.screen, to_csv(table_rows(measurements, viewer.results), "\t"))
    return f"copied {len(measurements)} measurements"


def copy_line(viewer: Viewer, language: Language) -> str:
    """Copy the line that makes the view, and return a note that says what in it is to be replaced."""
    from viewer3d.app.view_line import view_line  # noqa: PLC0415 (few ask for it)

    size = viewer.steering.presenter.scene.device.size(viewer.size)  # of what is saved, on a screen of any density
    line = view_line(viewer.placed, viewer.state, size, viewer.files.place, language)
    copy_text(viewer.steering.screen, line)
    wanting = placeholders(line)
    note = f"; write where the files are instead of {' and '.join(wanting)}" if wanting else ""
    what = "the line that makes" if language == "shell" else "the lines of Python that make"
    return f"copied {what} this view{note}"


def copy_text(screen: object, text: str) -> None:
    """Copy a text to the clipboard of a screen that has one, else of this machine.

    Raises
    ------
    OutputError
        When there is no clipboard here.
    """
    if not copy_to(screen, text):
        _with_clipboard(lambda clipboard: clipboard.copy(text))


def paste_text(screen: object) -> str:
    """Return the text on the clipboard of a screen that has one, else of this machine.

    Raises
    ------
    OutputError
        When there is no clipboard here.
    """
    pasted = paste_from(screen)
    return str(_with_clipboard(lambda clipboard: clipboard.paste())) if pasted is None else pasted


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
    """Save measurements as JSON and CSV, or give them to the screen, and return a note.

    Raises
    ------
    OutputError
        When they cannot be written there.
    """
    results, measurements = viewer.results, viewer.state.measurements
    if not measurements:
        return NOTHING

    def write(path: Path) -> None:
        save_measurements(results.volume, measurements, path, layer=results.layer)

    return save_files(viewer.steering.screen, "viewer3d-measurements", [{".json": write, ".csv": write}])
