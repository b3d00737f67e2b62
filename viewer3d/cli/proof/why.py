"""The verb why: from a pixel of a picture to the bits that files store."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import click

from viewer3d.cli.inputs import json_option
from viewer3d.cli.reading_options import max_memory_option
from viewer3d.cli.report import Meter
from viewer3d.cli.terminal import print_lines
from viewer3d.errors import ViewError

if TYPE_CHECKING:
    from viewer3d.core.view.state import ViewState

_PIXEL: Final = re.compile(r"(\d{1,6}),(\d{1,6})")


@click.command("why")
@click.argument("picture", type=click.Path())
@click.argument("words", nargs=-1, required=True, metavar="COLUMN,ROW PATH...")
@click.option("--frame", type=click.IntRange(1), default=1, help="Of a movie, from 1.")
@click.option(
    "--measurement",
    type=click.IntRange(1),
    help="Instead of a pixel: the voxels of a measurement of PICTURE, by its number from 1.",
)
@click.option("-o", "--output", type=click.Path(), help="Table of a measurement's voxels to write: .csv.")
@max_memory_option
@json_option
def why_command(  # noqa: PLR0917 (as click gives them)
    picture: str,
    words: tuple[str, ...],
    frame: int,
    measurement: int | None,
    output: str | None,
    max_memory: int | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Say why a pixel of PICTURE has its colour: planes, voxels, what files store for them, window, blend.

    PICTURE is a picture, figure or movie that viewer3d made, COLUMN,ROW a pixel of it as 312,140, counted from 0 at the
    left top, and PATH where its data are, as for `viewer3d replay`. With --measurement there is no pixel: the voxels of
    a probe or region are written as CSV.
    """
    if measurement is not None:
        _write_voxels(picture, words, measurement, output, max_memory)
        return
    if output is not None:
        raise ViewError("-o is for the voxels of a measurement: give its number, as in --measurement 1")
    pixel = _PIXEL.fullmatch(words[0])
    if pixel is None or len(words) < 2:
        raise ViewError(f"{words[0]:.40}: give the pixel first, as 312,140, and then where the data are")
    from viewer3d.explanations.picture import explain_pixel  # noqa: PLC0415 (each verb imports what it needs)

    with Meter() as meter:
        at = int(pixel[1]), int(pixel[2])
        found = explain_pixel(picture, at, words[1:], frame=frame, max_memory=max_memory, progress=meter)
    print_lines(json.dumps(found.to_dict(), indent=2) if as_json else str(found))


def _write_voxels(
    picture: str, places: tuple[str, ...], number: int, output: str | None, max_memory: int | None
) -> None:
    from viewer3d.core.files import check_not_read  # noqa: PLC0415 (as above)
    from viewer3d.core.layers import place_layers  # noqa: PLC0415
    from viewer3d.dicom.series.scan import input_paths  # noqa: PLC0415
    from viewer3d.explanations.picture import loaded_as_then  # noqa: PLC0415
    from viewer3d.explanations.table import save_voxels  # noqa: PLC0415

    if output is None:
        raise ViewError("the voxels of a measurement are a table: give a file for it, as in -o voxels.csv")
    with Meter() as meter:
        recipe, data, sources = loaded_as_then(picture, places, max_memory=max_memory, progress=meter)
        check_not_read(output, [picture, *places, *(path for one in sources.found for path in input_paths(one))])
        state = _measured_state(picture, recipe.state, number)
        layer = place_layers(data.volumes, data.overlays).layers[state.active]
        volume = layer.members[state.layers[state.active].member]
        print_lines(str(save_voxels(volume, state.measurements[number - 1], output, sources, layer.name)))


def _measured_state(picture: str, state: ViewState | None, number: int) -> ViewState:
    count = 0 if state is None else len(state.measurements)
    if state is None or number > count:
        raise ViewError(f"{picture}: has {count} measurements: there is no number {number}")
    return state
