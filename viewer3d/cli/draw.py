"""The verbs that draw one volume: shot, show and demo."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from viewer3d.cli.drawing_options import (
    HELD,
    VIEWS_WITH_3D,
    demo_options,
    drawing_arguments,
    drawing_options,
    load_as_saved,
    origin_notes,
    saved_state,
    state_file,
    state_option,
    window_options,
)
from viewer3d.cli.files.captures import check_identity, check_study, no_identity_option, write_drawn
from viewer3d.cli.inputs import optional_path_argument, path_argument, scan_inputs
from viewer3d.cli.overlay_data import load_overlays, scan_overlays
from viewer3d.cli.overlay_options import OverlayCommand, OverlayWords, overlay_choices, overlay_options
from viewer3d.cli.overlays import (
    check_looks,
    first_rendering_notes,
    layers_over,
    overlay_notes,
    place_overlays,
    rendering_notes,
    saved_series,
)
from viewer3d.cli.reading_options import reading_arguments
from viewer3d.cli.report import Meter, hidden_notes, print_notes
from viewer3d.cli.terminal import print_bytes, print_lines
from viewer3d.cli.terminals.detect import ShotCommand, TerminalSession, terminal_options
from viewer3d.cli.windows.opening import Opening, beside_option, first_shown, opening_options
from viewer3d.core.files import temporary_folder
from viewer3d.errors import OutputError, ViewError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from viewer3d.cli.overlay_options import OverlayChoice
    from viewer3d.core.layers import Layer, PlacedLayers
    from viewer3d.core.volume import Volume
    from viewer3d.dicom.series.scan import Scan


@click.command("shot", cls=ShotCommand)
@path_argument
@click.option("-o", "--output", type=click.Path(), help="Picture: .png, .jpg, .tif, .webp or .dcm; - is PNG to a pipe.")
@terminal_options
@no_identity_option
@state_option
@drawing_options
@overlay_options
def shot_command(
    *,
    path: str | list[str],
    output: str | None,
    no_identity: bool,
    overlays: Sequence[OverlayWords],
    **choices: Any,
) -> None:
    """Draw the volume at PATH into a picture, or here; .dcm is a secondary capture in its study."""
    kind = choices.pop("terminal") or ("auto" if choices["interactive"] else None)
    shot = Shot(path, no_identity, overlay_choices(overlays), choices)
    if (output is None) == (kind is None):
        raise click.UsageError("Give one of -o (--output), --terminal and --interactive: where the picture goes.")
    if kind is not None:
        _shoot_here(shot, kind, is_interactive=choices["interactive"])
    elif output == "-":
        _shoot_to_pipe(shot)
    else:
        _shoot(shot, str(output))


@dataclass(frozen=True)
class Shot:
    """What is asked of the verb shot, but where the picture goes."""

    path: str | list[str]
    no_identity: bool
    asked: Sequence[OverlayChoice]
    choices: dict[str, Any]


def _shoot(shot: Shot, output: str) -> None:
    """Draw into a file."""
    reading = reading_arguments(shot.choices)
    check_identity(output, is_left_out=shot.no_identity, is_shown=reading["identify"])
    drawing = drawing_of(shot, output)
    target = drawing["path"]
    with Meter() as meter:
        found, volumes, layers, placed = load_shot(shot, reading, drawing, meter)
        saved = write_drawn(
            lambda path: _draw(volumes, {**drawing, "path": path}, meter, layers),
            *(target, found, meter),
            identify=not shot.no_identity,
        )
    print_shot_notes(volumes, placed, drawing, saved)


def _shoot_to_pipe(shot: Shot) -> None:
    """Draw to standard output, the very bytes of a PNG file."""
    if sys.stdout is not None and sys.stdout.isatty():
        raise OutputError("-o -: standard output is a terminal, and PNG is for a file or pipe; --terminal draws here")
    with temporary_folder() as scratch:
        target = Path(scratch, "picture.png")
        _shoot(shot, str(target))
        print_bytes(target.read_bytes())


def _shoot_here(shot: Shot, kind: Any, *, is_interactive: bool) -> None:
    """Draw in the terminal."""
    from viewer3d.cli.terminals.draw import picture_size, print_picture, step_through  # noqa: PLC0415 (only here)
    from viewer3d.core.layers import place_layers  # noqa: PLC0415
    from viewer3d.render.first_state import with_first_looks  # noqa: PLC0415

    reading, drawing = reading_arguments(shot.choices), drawing_of(shot, None)
    check_identity("the terminal", is_left_out=shot.no_identity, is_shown=False)
    given = click.get_current_context().get_parameter_source("size") is not ParameterSource.DEFAULT
    chosen = drawing["size"] if given else None
    with TerminalSession(kind) as session:
        with Meter() as meter:
            _, volumes, layers, placed = load_shot(shot, reading, drawing, meter)
        if is_interactive:
            everything = place_layers(volumes, layers)
            state = with_first_looks(drawing.get("state") or first_shown(volumes[0], drawing), everything)
            step_through(everything, state, session, chosen)
        else:
            screen = session.screen()
            with Meter() as meter:
                pixels = _draw(volumes, {**drawing, "size": picture_size(screen, chosen)}, meter, layers)
            print_picture(pixels, screen, chosen)
    print_shot_notes(volumes, placed, drawing, ())


def drawing_of(shot: Shot, output: str | None) -> dict[str, Any]:
    """Return the arguments of the picture, and with a saved view that and no other choice."""
    drawing, text = drawing_arguments(output, shot.choices), shot.choices["state"]
    if text is None:
        return drawing
    state = saved_state(text)
    is_given = click.get_current_context().get_parameter_source("view") is not ParameterSource.DEFAULT
    if is_given or any(drawing[name] is not None for name in HELD):
        raise ViewError("--state holds the view and all that is seen in it: give it alone, or only single choices")
    check_looks(state, shot.asked)
    return {**drawing, "state": state}


def load_shot(
    shot: Shot, reading: dict[str, Any], drawing: dict[str, Any], meter: Meter
) -> tuple[Scan, Sequence[Volume], Sequence[Layer], PlacedLayers | None]:
    """Return what was found, its volume or 4-D set, and what lies over it, before and after it was placed."""
    target, state = drawing["path"], drawing.get("state")
    found = scan_inputs(target, shot.path, meter, state_file(shot.choices["state"]), reading["presentation"])
    if target is not None:
        check_study(target, found)
    over = scan_overlays(target, shot.asked, meter, {str(shot.path): found})
    volumes = load_as_saved(found, reading, state, meter)
    layers = load_overlays(over, volumes, reading, meter, series=saved_series(state), whole=len(volumes) > 1)
    return found, volumes, layers, place_overlays(volumes, layers, strict=reading["strict"])


def print_shot_notes(
    volumes: Sequence[Volume], placed: PlacedLayers | None, drawing: dict[str, Any], others: Sequence[str]
) -> None:
    """Print what is to be said of a volume, what lies over it, and how it was drawn."""
    state = drawing.get("state")
    view = drawing["view"] if state is None else state.shown
    look = None if state is None else state.layers[0]
    couch, face = (drawing[one] if look is None else getattr(look, one) for one in ("couch_hidden", "face_hidden"))
    is_flat = hasattr(volumes[0], "image")
    hidden = hidden_notes(volumes[0], couch, face) if view in VIEWS_WITH_3D and not is_flat else ()
    if state is None:
        drawn: Sequence[str] = first_rendering_notes(placed, view, drawing["rendering"])
    else:
        in_3d = "3d" in state.panes
        drawn = rendering_notes(placed, state, alone=state.shown == "3d") if in_3d else ()
        drawn = (*drawn, *origin_notes(volumes, state, layers_over(placed)))
    print_notes(volumes, (*hidden, *drawn, *overlay_notes(placed), *others))


@click.command("show", cls=OverlayCommand)
@optional_path_argument
@opening_options
@window_options
@beside_option
@overlay_options
def show_command(*, path: str | list[str] | None, **choices: Any) -> None:
    """Open a window on the series at PATH: slices and 3D, linked; ? in it shows every key.

    It begins with the series that is chosen or that the view was saved with, else with the one that has the most
    slices; Tab shows the others. Without PATH it is empty, and Ctrl + o opens a folder. Without --view and --overlay
    PET opens over the CT of its frame of reference, where that is at PATH too.
    """
    opening = Opening(path, choices)
    _check_display()
    opening.browser().show()
    opening.check()


@click.command("forget")
def forget_command() -> None:
    """Delete all that windows have kept: views and measurements of series, folders that were opened."""
    from viewer3d.app.places.recent import forget_recent  # noqa: PLC0415 (as above)
    from viewer3d.app.sessions.store import forget_all  # noqa: PLC0415 (each verb imports what it needs)

    count, had_places = forget_all(), forget_recent()
    print_lines(f"forgot what was kept of {count:,} series" if count else "nothing was kept of any series")
    if had_places:
        print_lines("forgot the folders that were opened")


@click.command("demo")
@click.option(
    "-o", "--output", default="viewer3d-demo.png", show_default=True, type=click.Path(), help="Picture to write."
)
@click.option("--dicom", type=click.Path(), metavar="FOLDER", help="Keep the example's DICOM files here.")
@demo_options
def demo_command(output: str, dicom: str | None, **choices: Any) -> None:
    """Draw the built-in example: write it as DICOM files, load them, make a picture."""
    from viewer3d import phantom  # noqa: PLC0415
    from viewer3d.formats.load import load  # noqa: PLC0415

    drawing = drawing_arguments(output, choices)
    with temporary_folder() as scratch, Meter() as meter:
        folder = Path(dicom or scratch)
        meter.begin("writing the example as DICOM files")
        files = phantom.write(folder)
        volume = load(folder, progress=meter)
        write_drawn(lambda path: _draw([volume], {**drawing, "path": path}, meter), drawing["path"], folder, meter)
    print_lines(f"example: {len(files)} DICOM files{f' in {dicom}' if dicom else ''}, {volume!r}")
    print_lines(f"picture: {output}")


def _check_display() -> None:
    """Refuse at once, before anything is loaded, when no desktop window can be opened."""
    from viewer3d.app.window.desktop import check_display  # noqa: PLC0415

    check_display()


def _draw(
    volumes: Sequence[Volume], drawing: dict[str, Any], meter: Meter, layers: Sequence[Layer] = ()
) -> NDArray[np.uint8]:
    from viewer3d.core.volume import begin_volume_digest  # noqa: PLC0415 (as above)

    if drawing["path"] is not None:
        for volume in volumes:
            begin_volume_digest(volume)  # while what draws is imported
    from viewer3d.render.shot import screenshot  # noqa: PLC0415

    state = drawing.get("state")
    if (drawing["view"] if state is None else state.shown) in VIEWS_WITH_3D:
        meter.begin("drawing in 3D")
    return screenshot(volumes, overlays=layers, **drawing)
