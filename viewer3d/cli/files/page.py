"""The verb page: one HTML file that stands by itself."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viewer3d.cli.draw import Shot, drawing_of, load_shot, print_shot_notes
from viewer3d.cli.drawing_options import check_words, page_options, state_option
from viewer3d.cli.inputs import path_argument
from viewer3d.cli.overlay_options import OverlayCommand, OverlayWords, overlay_choices, overlay_options
from viewer3d.cli.reading_options import reading_arguments
from viewer3d.cli.report import Meter
from viewer3d.cli.terminal import print_aside, print_bytes, print_lines
from viewer3d.core.files import temporary_folder
from viewer3d.errors import OutputError

if TYPE_CHECKING:
    from viewer3d.web.page.save_page import SavedPage

_SINGLE = (
    *("view", "at", "rendering", "couch_hidden", "face_hidden"),
    *("inverted", "colors", "slab", "interpolation"),
)
"""What a saved view holds."""


@click.command("page", cls=OverlayCommand)
@path_argument
@click.option("-o", "--output", required=True, type=click.Path(), help="File to write: .html; - is to a pipe.")
@state_option
@page_options
@overlay_options
def page_command(*, path: str | list[str], output: str, overlays: Sequence[OverlayWords], **choices: Any) -> None:
    """Make a page that stands by itself of the volume at PATH: slices and a turntable to look through.

    One HTML file of pictures as shot draws them, for a mail or a paper's supplement: it loads nothing and needs no
    server. Its size and what it holds are said at the end.
    """
    windows = choices.pop("windows")
    for window in windows:
        check_words(None, window)
    how = {name: choices.pop(name) for name in ("frames", "megabytes")}
    shot = Shot(path, no_identity=False, asked=overlay_choices(overlays), choices={**choices, "window": None})
    how["windows"] = list(windows) or None
    if output == "-":
        if sys.stdout is not None and sys.stdout.isatty():
            raise OutputError(
                "-o -: standard output is a terminal, and a page is for a file or pipe: give -o NAME.html"
            )
        with temporary_folder() as scratch:
            target = Path(scratch, "page.html")
            saved = _save(shot, target, how)
            print_bytes(target.read_bytes())
        print_aside(saved.summary)
    else:
        saved = _save(shot, Path(output), how)
        print_lines(f"{output}: {saved.summary}")


def _save(shot: Shot, output: Path, how: dict[str, Any]) -> SavedPage:
    from viewer3d.web.page.save_page import check_page_path, save_page  # noqa: PLC0415 (each verb imports what it needs)

    reading = reading_arguments(shot.choices)
    drawing = {**drawing_of(shot, None), "path": check_page_path(output)}
    if (state := drawing.get("state")) is not None:
        how = {**how, "state": state}
    else:
        how = {**how, **{name: drawing[name] for name in _SINGLE}}
    with Meter() as meter:
        _, volumes, layers, placed = load_shot(shot, reading, drawing, meter)
        saved = save_page(volumes, drawing["path"], size=drawing["size"], overlays=layers, progress=meter, **how)
    print_shot_notes(volumes, placed, drawing, ())
    return saved
