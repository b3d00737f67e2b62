"""The verbs that make figures and movies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from viewer3d.cli.drawing_options import (
    VIEWS_WITH_3D,
    as_saved,
    origin_notes,
    page_arguments,
    saved_state,
    saved_views,
    state_file,
)
from viewer3d.cli.figure_options import figure_arguments, figure_options, movie_arguments, movie_options
from viewer3d.cli.files.captures import (
    check_identity,
    check_picture,
    check_study,
    is_dicom_output,
    no_identity_option,
    write_drawn,
)
from viewer3d.cli.inputs import catalog_request, path_argument, scan_inputs
from viewer3d.cli.overlay_data import load_overlays, scan_overlays
from viewer3d.cli.overlay_options import OverlayCommand, OverlayWords, overlay_choices, overlay_options
from viewer3d.cli.overlays import (
    check_looks,
    layers_over,
    overlay_notes,
    place_overlays,
    rendering_notes,
    saved_series,
    with_looks_of,
)
from viewer3d.cli.reading_options import (
    naming_second_options,
    reading_arguments,
    reading_options,
    second_arguments,
    second_options,
    second_reading,
    with_memory_left,
)
from viewer3d.cli.report import Meter, hidden_notes, print_notes
from viewer3d.core.files import check_folder, write_whole
from viewer3d.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

    from viewer3d.core.notes.note import Note
    from viewer3d.core.view.state import ViewState
    from viewer3d.core.volume import Volume
    from viewer3d.dicom.series.scan import Scan


@click.command("figure", cls=OverlayCommand)
@click.argument("name")
@click.argument("paths", metavar="PATH [PATH...]", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="File to write: as shot, .pdf or .svg.")
@click.option("--csv", type=click.Path(), help="Write the values too (time-curve, profile).")
@no_identity_option
@figure_options
@reading_options
@second_options
@overlay_options
def figure_command(
    *,
    name: str,
    paths: tuple[str, ...],
    output: str,
    csv: str | None,
    no_identity: bool,
    overlays: Sequence[OverlayWords],
    **choices: Any,
) -> None:
    """Make a ready figure of the volume at PATH.

    NAME is plane, mpr, quad, lightbox, key-images (those of --state), windows, compare (of two), beside (of two to
    four), directions, mips, histogram, time-curve (of a 4-D series), profile (along --line), dvh (of a dose), overlay
    or segmentation-comparison (of the first --overlay with the second, which is taken for true).
    """
    from viewer3d.figures import by_name  # noqa: PLC0415
    from viewer3d.figures.figure import SUFFIXES  # noqa: PLC0415
    from viewer3d.formats.load import load  # noqa: PLC0415

    name = name.replace("-", "_")
    table = _checked_table(csv, name)
    arguments = page_arguments(figure_arguments(choices), saved_views if name == "beside" else saved_state)
    states = _states_of(arguments.get("state"))
    reading, second, state = reading_arguments(choices), second_reading(choices), states[0]
    asked = overlay_choices(overlays)
    check_looks(state, asked)
    # One place may hold all of them: the views say which series, or the options of the second.
    count = len(states) if len(states) > 1 else 1 + (second is not None)
    places = (*paths, *paths[:1] * (count - 1))[: max(len(paths), count)]
    by_name.check_figure_call(name, len(places), arguments)
    check_identity(output, is_left_out=no_identity, is_shown=reading["identify"])
    target = check_picture(output, SUFFIXES)
    with Meter() as meter:
        found = {
            place: scan_inputs(target, place, meter, state_file(choices.get("state")), reading["presentation"])
            for place in dict.fromkeys(places)
        }
        check_study(output, found[places[0]])
        over = scan_overlays(target, asked, meter, found)
        volumes = _first_loaded(name, found[places[0]], reading, state, meter)
        for number, place in enumerate(places[1:], 1):
            with naming_second_options():
                chosen = second_arguments(reading, second if number == 1 else None, len(paths))
                saved_view = states[number] if number < len(states) else None
                how = as_saved(found[place], with_memory_left(chosen, volumes), saved_view)
                volumes.append(load(**how, progress=meter))
        layers = load_overlays(over, volumes, reading, meter, series=saved_series(state))
        placed = place_overlays(volumes[:1], layers, strict=reading["strict"])
        meter.begin("drawing")
        made = by_name.make_figure(
            name, volumes, arguments if name == "beside" else with_looks_of(placed, arguments), layers
        )
        saved = write_drawn(made.save, target, found[places[0]], meter, identify=not no_identity)
        if table is not None:
            write_whole(table, lambda file: file.write(made.table.encode()))
    in_3d = [panel.in_3d for panel in made.page.panels]
    hidden = _hidden_notes(volumes[0], made.state, in_3d=any(in_3d), projects=name == "mips")
    drawn = rendering_notes(placed, made.state.with_view("3d"), alone=all(in_3d)) if any(in_3d) else ()
    origin = origin_notes(volumes[:1], state, layers_over(placed))
    print_notes(volumes, (*hidden, *drawn, *origin, *overlay_notes(placed), *saved))


def _checked_table(csv: str | None, name: str) -> Path | None:
    """Return where the table of a figure goes; refuse what cannot be written, before all is loaded."""
    from viewer3d.figures.by_name import WITH_TABLE  # noqa: PLC0415

    if csv is None:
        return None
    target = check_folder(csv)
    if name not in WITH_TABLE:
        word = name.replace("_", "-")
        raise OutputError(f"--csv {csv}: {word} has no table; time-curve and profile do: leave it out")
    if target.suffix.lower() != ".csv":
        raise OutputError(f"--csv {csv}: the values are written as CSV: give a file .csv")
    return target


def _first_loaded(
    name: str, found: Scan, reading: dict[str, Any], state: ViewState | None, meter: Meter
) -> list[Volume]:
    """Return the volume of a figure; of one that shows a 4-D series all of it."""
    from viewer3d.dicom.series.catalog import build_catalog  # noqa: PLC0415
    from viewer3d.figures.by_name import takes_set  # noqa: PLC0415
    from viewer3d.formats.load import load  # noqa: PLC0415

    if not takes_set(name):
        return [load(**as_saved(found, reading, state), progress=meter)]
    catalog = build_catalog(found, catalog_request(reading, state), meter)
    return list(catalog.entries[catalog.first].load(meter))


def _states_of(state: Any) -> tuple[ViewState | None, ...]:
    """Return the saved view of each volume, as far as there are any; of one view that of the first."""
    return state.cells if hasattr(state, "cells") else (state,)


def _hidden_notes(volume: Volume, state: ViewState, *, in_3d: bool, projects: bool = False) -> tuple[Note, ...]:
    """Return the notes on what a picture leaves out of a volume, and on the face that it shows."""
    look = state.layers[0]
    if in_3d:
        return hidden_notes(volume, look.couch_hidden, look.face_hidden)
    return hidden_notes(volume, False, look.face_hidden) if projects else ()


@click.command("movie", cls=OverlayCommand)
@path_argument
@click.option(
    "-o", "--output", required=True, type=click.Path(), help="File to write: .webp, .gif, .png, .mp4 or .dcm."
)
@no_identity_option
@movie_options
@reading_options
@overlay_options
def movie_command(
    *,
    path: str | list[str],
    output: str,
    kind: str,
    no_identity: bool,
    overlays: Sequence[OverlayWords],
    **choices: Any,
) -> None:
    """Make a movie of the volume at PATH, or of all times of a 4-D series."""
    from viewer3d.dicom.series.catalog import build_catalog  # noqa: PLC0415
    from viewer3d.figures import by_name  # noqa: PLC0415
    from viewer3d.figures.movies.files import check_movie  # noqa: PLC0415
    from viewer3d.formats.load import load  # noqa: PLC0415

    arguments = page_arguments(movie_arguments(choices))
    by_name.check_movie_call(kind, arguments)
    target = check_folder(output) if is_dicom_output(output) else check_movie(output, arguments["size"])
    reading, state, asked = reading_arguments(choices), arguments.get("state"), overlay_choices(overlays)
    check_identity(output, is_left_out=no_identity, is_shown=reading["identify"])
    check_looks(state, asked)
    with Meter() as meter:
        found = scan_inputs(target, path, meter, state_file(choices.get("state")), reading["presentation"])
        check_study(output, found)
        over = scan_overlays(target, asked, meter, {str(path): found})
        if kind == "times":
            catalog = build_catalog(found, catalog_request(reading, state), meter)
            volumes = catalog.entries[catalog.first].load(meter)
        else:
            volumes = [load(**as_saved(found, reading, state), progress=meter)]
        layers = load_overlays(over, volumes, reading, meter, series=saved_series(state), whole=kind == "times")
        placed = place_overlays(volumes, layers, strict=reading["strict"])
        made = by_name.make_movie(kind, volumes, with_looks_of(placed, arguments), layers)
        saved = write_drawn(lambda file: made.save(file, meter), target, found, meter, identify=not no_identity)
    first = made.states[0]
    hidden = _hidden_notes(volumes[0], first, in_3d=first.shown in VIEWS_WITH_3D)
    drawn = rendering_notes(placed, first, alone=first.shown == "3d")
    origin = origin_notes(volumes, state, layers_over(placed))
    print_notes(volumes, (*hidden, *drawn, *origin, *overlay_notes(placed), *saved))
