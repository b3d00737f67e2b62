"""The program: one function a verb. Each imports what it needs, so that ``--help`` costs nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viewer3d import __version__
from viewer3d.cli.drawing_options import (
    as_saved,
    demo_options,
    drawing_arguments,
    drawing_options,
    origin_notes,
    page_arguments,
    saved_state,
)
from viewer3d.cli.figure_options import figure_arguments, figure_options
from viewer3d.cli.movie_options import movie_arguments, movie_options
from viewer3d.cli.reading_options import (
    beside,
    max_memory_option,
    reading_arguments,
    reading_options,
    second_arguments,
    second_options,
    second_reading,
    series_option,
    stack_option,
    told_of_the_second,
)
from viewer3d.cli.report import Meter, info_json, info_text, list_json, list_text, recipe_text
from viewer3d.cli.terminal import give_up, settle_streams, tell, tell_aside
from viewer3d.core.files import check_not_read, temporary_folder
from viewer3d.errors import Viewer3DError, ViewError

if TYPE_CHECKING:
    from viewer3d.core.view import ViewState
    from viewer3d.core.volume import Volume
    from viewer3d.dicom.series.catalog import CatalogRequest
    from viewer3d.dicom.series.scan import Scan

IN_3D = ("3d", "quad")
"""The views with a pane in 3D."""


class _Program(click.Group):
    """Turns the errors of this package, and streams that cannot be written to, into one line and exit code 2."""

    def main(self, *args: Any, **options: Any) -> Any:
        settle_streams()
        try:
            return super().main(*args, **options)
        except OSError as error:
            give_up(error)
            sys.exit(2)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Viewer3DError as error:
            click.echo(f"viewer3d: {error}", err=True)
        except MemoryError:
            tell_aside("viewer3d: there is not enough memory for this; close other programs, or load fewer slices")
        return ctx.exit(2)


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="viewer3d")
def main() -> None:
    """See CT, MR and PET series from DICOM files as they were scanned.

    PATH is a folder (searched at any depth), one file, a DICOMDIR or a zip, or several of these.

    \b
    viewer3d demo                         a picture of the built-in example
    viewer3d list PATH                    the series in a folder
    viewer3d show PATH                    a window: slices and 3D, linked
    viewer3d shot PATH -o out.png         slices and 3D in one picture
    viewer3d figure mpr PATH -o fig.pdf   a figure for paper
    viewer3d movie PATH -o out.webp       around it; or slices, windows, times
    viewer3d replay out.png PATH          made again: is it the same?
    """  # noqa: D301 (click wants the character, not a backslash)


def _place(_context: click.Context, _argument: click.Parameter, paths: tuple[str, ...]) -> str | list[str]:
    """Return one path as it is, and several (a shell writes *.dcm so) as the list that is a place as well."""
    return paths[0] if len(paths) == 1 else list(paths)


_path = click.argument("path", metavar="PATH...", nargs=-1, required=True, type=click.Path(), callback=_place)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@main.command("list")
@_path
@_json
def list_command(path: str | list[str], as_json: bool) -> None:  # noqa: FBT001 (click's way to a flag)
    """List the series at PATH, reading headers only."""
    found = _scanned(path)
    tell(json.dumps(list_json(found), indent=2) if as_json else list_text(found))


@main.command()
@_path
@series_option
@stack_option
@_json
def info(path: str | list[str], series: str | None, stack: int | None, as_json: bool) -> None:  # noqa: FBT001
    """Say what was found at PATH, what was decided, and why."""
    found = _scanned(path)
    tell(json.dumps(info_json(found, series, stack), indent=2) if as_json else info_text(found, series, stack))


@main.command()
@_path
@click.option("-o", "--output", required=True, type=click.Path(), help="Picture to write: .png, .jpg, .tif or .webp.")
@drawing_options
def shot(path: str | list[str], output: str, **choices: Any) -> None:
    """Draw the volume at PATH into a picture."""
    from viewer3d.dicom.load import load  # noqa: PLC0415

    reading = reading_arguments(choices)
    drawing = drawing_arguments(output, choices)
    with Meter() as meter:
        volume = load(_unlike(drawing["path"], path, meter), **reading, progress=meter)
        _draw(volume, drawing, meter)
    _tell_notes([volume], _couch_notes(volume, drawing["couch_hidden"]) if drawing["view"] in IN_3D else ())


@main.command()
@click.argument("name")
@click.argument("paths", metavar="PATH [PATH]", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="File to write: as shot, or .pdf or .svg.")
@figure_options
@reading_options
@second_options
def figure(name: str, paths: tuple[str, ...], output: str, **choices: Any) -> None:
    """Make a ready figure of the volume at PATH.

    NAME is plane, mpr, quad, lightbox, windows, compare (of two), directions, mips or histogram.
    """
    from viewer3d.dicom.load import load  # noqa: PLC0415
    from viewer3d.figures import by_name  # noqa: PLC0415
    from viewer3d.figures.figure import SUFFIXES  # noqa: PLC0415
    from viewer3d.render.output import check_path  # noqa: PLC0415

    arguments = page_arguments(figure_arguments(choices))
    reading, second, state = reading_arguments(choices), second_reading(choices), arguments.get("state")
    places = (*paths, paths[0])[: max(len(paths), 1 + (second is not None))]
    by_name.check_figure_call(name, len(places), arguments)
    target = check_path(output, SUFFIXES)
    with Meter() as meter:
        found = [_unlike(target, place, meter, choices.get("state")) for place in dict.fromkeys(places)]
        volumes = [load(found[0], **as_saved(found[0], reading, state), progress=meter)]
        if len(places) > 1:
            with told_of_the_second():
                chosen = second_arguments(reading, second, len(paths))
                volumes.append(load(found[-1], **beside(chosen, volumes), progress=meter))
        meter.tell("drawing")
        made = by_name.make_figure(name, volumes, arguments)
        made.save(target)
    in_3d = any(panel.in_3d for panel in made.page.panels)
    couch = _couch_notes(volumes[0], made.state.couch_hidden) if in_3d else ()
    _tell_notes(volumes, (*couch, *origin_notes(volumes[:1], state)))


@main.command(short_help="Make a movie of the volume at PATH.")
@_path
@click.option("-o", "--output", required=True, type=click.Path(), help="File to write: .webp, .gif, .png or .mp4.")
@movie_options
@reading_options
def movie(path: str | list[str], output: str, kind: str, **choices: Any) -> None:
    """Make a movie of the volume at PATH, or of all times of a 4-D series."""
    from viewer3d.dicom.load import load  # noqa: PLC0415
    from viewer3d.dicom.series.catalog import build_catalog  # noqa: PLC0415
    from viewer3d.figures import by_name  # noqa: PLC0415
    from viewer3d.figures.movies.files import check_movie  # noqa: PLC0415

    arguments = page_arguments(movie_arguments(choices))
    by_name.check_movie_call(kind, arguments)
    target = check_movie(output, arguments["size"])
    reading, state = reading_arguments(choices), arguments.get("state")
    with Meter() as meter:
        found = _unlike(target, path, meter, choices.get("state"))
        if kind == "times":
            catalog = build_catalog(found, _request(reading, state), meter)
            volumes = catalog.entries[catalog.first].load(meter)
        else:
            volumes = [load(found, **as_saved(found, reading, state), progress=meter)]
        made = by_name.make_movie(kind, volumes, arguments)
        made.save(target, meter)
    first = made.states[0]
    couch = _couch_notes(volumes[0], first.couch_hidden) if first.shown in IN_3D else ()
    _tell_notes(volumes, (*couch, *origin_notes(volumes, state)))


@main.command(short_help="Open a window on the series at PATH.")
@_path
@click.option("--state", metavar="FILE", help="Begin as saved: JSON, or a picture that this program made.")
@drawing_options
def show(path: str | list[str], state: str | None, **choices: Any) -> None:
    """Open a window on the series at PATH: slices and 3D, linked; ? in it shows every key.

    It begins with the series that is chosen or that the view was saved with, else with the one that has the most
    slices; Tab shows the others.
    """
    from viewer3d.core.view import with_slices  # noqa: PLC0415
    from viewer3d.render.first_state import first_state  # noqa: PLC0415

    reading, drawing = reading_arguments(choices), drawing_arguments(None, choices)
    begin = None if state is None else saved_state(state)
    held = ("window", "at", "rendering", "colors", "slab", "interpolation", "inverted", "couch_hidden")
    if begin is not None and any(drawing[name] is not None for name in held):
        raise ViewError("--state holds window, place, colours, slab, rendering and couch: give it alone, or only those")
    _check_there(path)
    _check_display()
    from viewer3d.app.browser import Browser  # noqa: PLC0415 (it needs a display)

    def begin_with(volume: Volume) -> ViewState:
        if begin is not None:
            return begin
        rendering, couch_hidden = drawing["rendering"] or "auto", drawing["couch_hidden"]
        # Of all panes, as the window can show 3D whatever it begins with.
        first = first_state(
            volume,
            "quad",
            drawing["window"],
            rendering,
            couch_hidden=couch_hidden,
            at=drawing["at"],
            colors=drawing["colors"],
        ).with_view(drawing["view"])
        return with_slices(first, **{name: drawing[name] for name in ("inverted", "slab", "interpolation")})

    def opened(volumes: Sequence[Volume]) -> None:
        nonlocal begin
        with suppress(OSError):  # where nothing can be told any more the window lives on
            _tell_notes(volumes, origin_notes(volumes, begin))
        begin = None  # the others begin as they do

    request = _request(reading, begin)
    Browser(path, drawing["view"], drawing["size"], request=request, begin=begin_with, opened=opened).show()


@main.command(short_help="Print what PICTURE was made of and how.")
@click.argument("picture", type=click.Path())
@_json
def recipe(picture: str, as_json: bool) -> None:  # noqa: FBT001
    """Print what PICTURE was made of and how: the recipe in its file."""
    from viewer3d.recipes.embed import read_recipe  # noqa: PLC0415

    found = read_recipe(picture)
    tell(json.dumps(json.loads(found.to_json()), indent=2) if as_json else recipe_text(found))


@main.command(short_help="Make PICTURE again, and say whether it is the same.")
@click.argument("picture", type=click.Path())
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option("-o", "--output", type=click.Path(), help="Picture to write; without it, it is only compared.")
@series_option
@stack_option
@max_memory_option
@click.option("--tolerance", type=float, help="Grey levels, over the 8 x 8 pixels that differ most; default 4.")
@click.pass_context
def replay(ctx: click.Context, /, picture: str, paths: tuple[str, ...], output: str | None, **choices: Any) -> None:
    """Make PICTURE again from its recipe and the data at PATH, and say whether it is the same.

    Exit code: 0 when it is identical to the byte or the same within the tolerance, 1 when it is different or the data
    are others, 2 when it cannot be made.
    """
    from viewer3d.recipes.replay import replay as make_again  # noqa: PLC0415

    with Meter() as meter:
        given = {name: value for name, value in choices.items() if value is not None}
        made = make_again(picture, paths, output, progress=meter, **given)
    tell(f"{made.verdict}: {made.reason}")
    for note in made.notes:
        tell_aside(f"note: {note}")
    ctx.exit(0 if made.is_same else 1)


@main.command(short_help="Draw the built-in example.")
@click.option(
    "-o", "--output", default="viewer3d-demo.png", show_default=True, type=click.Path(), help="Picture to write."
)
@click.option("--dicom", type=click.Path(), metavar="FOLDER", help="Keep the example's DICOM files here.")
@demo_options
def demo(output: str, dicom: str | None, **choices: Any) -> None:
    """Draw the built-in example: write it as DICOM files, load them, make a picture."""
    from viewer3d import phantom  # noqa: PLC0415
    from viewer3d.dicom.load import load  # noqa: PLC0415

    drawing = drawing_arguments(output, choices)
    with temporary_folder() as scratch, Meter() as meter:
        folder = Path(dicom or scratch)
        meter.tell("writing the example as DICOM files")
        files = phantom.write(folder)
        volume = load(folder, progress=meter)
        _draw(volume, drawing, meter)
    tell(f"example: {len(files)} DICOM files{f' in {dicom}' if dicom else ''}, {volume!r}")
    tell(f"picture: {output}")


@main.command(short_help="Say what works here, and what mends the rest.")
@_json
def doctor(as_json: bool) -> None:  # noqa: FBT001
    """Say which versions, OpenGL and decoders work here, and the command that mends what is missing."""
    from viewer3d.cli.doctor import examine  # noqa: PLC0415

    checks = examine()
    if as_json:
        tell(json.dumps([vars(check) for check in checks], indent=2))
        return
    width = max(len(check.topic) for check in checks)
    for check in checks:
        tell(f"{'ok  ' if check.works else 'MISS'}  {check.topic:{width}}  {check.state}")
        if check.mend:
            tell(f"      {'':{width}}  mend: {check.mend}")


def _scanned(path: str | list[str]) -> Scan:
    """Return what is at a path, headers only."""
    from viewer3d.dicom.series.scan import scan  # noqa: PLC0415 (each verb imports what it needs)

    with Meter() as meter:
        return scan(path, progress=partial(meter, "headers"))


def _unlike(output: str | Path, path: str | list[str], meter: Meter, *others: str | None) -> Scan:
    """Return what is at a path, headers only; a file of it, or another that was read, is not to be written."""
    from viewer3d.dicom.pixels.memory_demand import inputs_of  # noqa: PLC0415
    from viewer3d.dicom.pixels.modality_values import begin_workers  # noqa: PLC0415
    from viewer3d.dicom.series.scan import scan  # noqa: PLC0415

    found = scan(path, progress=partial(meter, "headers"), seen=begin_workers())
    places = [path] if isinstance(path, str) else path
    check_not_read(output, [*places, *(one for one in others if one), *inputs_of(found)])
    return found


def _request(reading: dict[str, Any], state: ViewState | None) -> CatalogRequest:
    """Return which set of volumes is meant, and how it is to be read; what is not named, a saved view may mean."""
    from viewer3d.dicom.read_options import Reading  # noqa: PLC0415
    from viewer3d.dicom.series.catalog import CatalogRequest  # noqa: PLC0415

    meant = {name: reading[name] for name in ("series", "stack", "spacing")}
    names = ("irregular", "skip_bad", "unit", "identify", "max_memory")
    how = Reading(**{name: reading[name] for name in names})
    digests = () if state is None else state.series
    return CatalogRequest(**meant, which=reading["which"] or {}, how=how, digests=digests)


def _couch_notes(volume: Volume, couch_hidden: bool | None) -> tuple[str, ...]:  # noqa: FBT001 (the choice itself)
    """Return what to say of a couch that a picture in 3D leaves out."""
    from viewer3d.render.couch.removal import begins_hidden, hide_couch  # noqa: PLC0415

    hidden = begins_hidden(volume) if couch_hidden is None else couch_hidden
    return hide_couch(volume).notes if hidden else ()


def _tell_notes(volumes: Sequence[Volume], others: Sequence[str] = ()) -> None:
    for note in dict.fromkeys([*(note for volume in volumes for note in volume.notes), *others]):
        tell_aside(f"note: {note}")


def _check_there(path: str | list[str]) -> None:
    """Say at once when a place is not there: with a window or without, that is what is wrong."""
    from viewer3d.dicom.files.sources import find_sources  # noqa: PLC0415

    for one in [path] if isinstance(path, str) else path:
        if not Path(one).exists():
            find_sources(one)  # says so


def _check_display() -> None:
    """Say at once, before anything is loaded, when no window can be opened."""
    from viewer3d.app.window.desktop import check_display  # noqa: PLC0415

    check_display()


def _draw(volume: Volume, drawing: dict[str, Any], meter: Meter) -> None:
    from viewer3d.core.volume import begin_volume_digest  # noqa: PLC0415 (as above)

    begin_volume_digest(volume)  # while what draws is imported
    from viewer3d.render.shot import screenshot  # noqa: PLC0415

    if drawing["view"] in IN_3D:
        meter.tell("drawing in 3D")
    screenshot(volume, **drawing)
