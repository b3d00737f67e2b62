"""Options of verbs that draw a volume, and the arguments of ``viewer3d.screenshot`` they stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from viewer3d.cli.files.captures import check_picture
from viewer3d.cli.reading_options import reading_options, with_options
from viewer3d.errors import Viewer3DError, ViewError

if TYPE_CHECKING:
    from viewer3d.core.layers import PlacedLayer
    from viewer3d.core.progress import Progress
    from viewer3d.core.view.side_by_side import SideBySide
    from viewer3d.core.view.state import ViewState
    from viewer3d.core.volume import Volume
    from viewer3d.dicom.series.scan import Scan

VIEWS_WITH_3D = ("3d", "quad")
"""The views with a pane in 3D."""

VIEWS = ("axial", "coronal", "sagittal", "3d", "mpr", "quad")

_view = click.option("--view", type=click.Choice(VIEWS), default="quad", show_default=True, help="Which panes.")
_window = click.option(
    "--window", metavar="NAME|C/W", help="bone, lung, brain, ...; file; auto; or center/width: 40/400."
)
_at = click.option(
    "--at",
    metavar="X,Y,Z|WORD",
    help="Where slices cut: LPS mm, ras:X,Y,Z, index:I,J,K, center, max or auto (most anatomy).",
)
_rendering = click.option(
    "--rendering", metavar="NAME", help="Preset of the 3D pane: bone, ct-lung, mr-angio, ...; default by content."
)
_hide_couch = click.option(
    "--hide-couch/--show-couch", default=None, help="3D without couch and head-holder; default by what is found (CT)."
)
_hide_face = click.option("--hide-face", is_flag=True, default=None, help="3D without the front of a face (CT, MR).")
_invert = click.option(
    "--invert/--no-invert", "inverted", default=None, help="Black and white exchanged; default as the volume has it."
)
_colors = click.option("--colors", metavar="NAME", help="Colour map of slices: grey, hot-iron, pet, rainbow, ...")
_slab = click.option(
    "--slab", metavar="MM[,BLEND]", help="Thickness of slices; maximum (default), minimum or mean: 10,mean."
)
_size = click.option("--size", default="1200x900", show_default=True, metavar="WxH", help="Of the picture, in pixels.")
_interpolation = click.option(
    "--interpolation", type=click.Choice(["linear", "nearest"]), help="Between voxels of slices.  [default: linear]"
)

state_option = click.option(
    "--state", metavar="FILE|JSON", help="A saved view, instead of single choices: JSON, its file, or a picture."
)
"""Of a verb that draws a view as it was saved."""

HELD = ("window", "at", "rendering", "colors", "slab", "interpolation", "inverted", "couch_hidden", "face_hidden")
"""The single choices that a saved view holds."""

DRAWING = (_view, _window, _at, _rendering, _hide_couch, _hide_face, _invert, _colors, _slab, _interpolation, _size)
"""In the order of the help."""


def drawing_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a verb that loads one volume and draws it."""
    return reading_options(with_options(command, DRAWING))


def window_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the verb that opens a window: without a view each series opens by its modality."""
    view = click.option(
        "--view", type=click.Choice(VIEWS), help="Which panes.  [default: by modality, as viewer3d presets lists]"
    )
    return reading_options(with_options(command, (view, *DRAWING[1:])))


def page_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the verb that makes a page: several windows, and pictures of one pane each."""
    windows = "Of those that can be chosen, once for each, as of shot.  [default: the files' own and fitting ones]"
    window = click.option("--window", "windows", multiple=True, metavar="NAME|C/W", help=windows)
    size = click.option("--size", default="512x512", show_default=True, metavar="WxH", help="Of a picture, in pixels.")
    frames = click.option("--frames", type=int, default=36, show_default=True, help="Pictures of the turntable.")
    most = "How large the file may be: slices are left out to stay within."
    megabytes = click.option("--megabytes", type=float, default=20.0, show_default=True, help=most)
    return reading_options(with_options(command, (_view, window, *DRAWING[2:-1], size, frames, megabytes)))


def demo_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the built-in example."""
    return with_options(command, (_view, _window, _size))


def drawing_arguments(output: str | None, choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of the picture; what can be checked before anything is loaded is checked."""
    from viewer3d.core.view.state import parse_slab  # noqa: PLC0415
    from viewer3d.render.output import FORMATS  # noqa: PLC0415
    from viewer3d.render.panes import check_size  # noqa: PLC0415

    at, window = choices.get("at"), choices["window"]
    check_words(at, window)
    return {
        "path": None if output is None else check_picture(output, FORMATS),
        "view": choices["view"],
        "window": window,
        "at": at,
        "size": check_size(_pixels(choices["size"] or "")),
        "rendering": choices.get("rendering"),
        "couch_hidden": choices.get("hide_couch"),
        "face_hidden": choices.get("hide_face"),
        "inverted": choices.get("inverted"),
        "colors": _colors_named(choices.get("colors")),
        "interpolation": choices.get("interpolation"),
        "slab": None if choices.get("slab") is None else parse_slab(choices["slab"]),
    }


def saved_views(text: str) -> ViewState | SideBySide:
    """Read a state, or the states of series side by side, as :func:`saved_state` reads the one.

    Raises
    ------
    ViewError
        When there is none.
    """
    from viewer3d.app.show import read_saved_views, views_of_json  # noqa: PLC0415 (each verb imports what it needs)

    if state_file(text) is not None:
        return read_saved_views(text)
    try:
        return views_of_json(text)
    except Viewer3DError as error:
        raise ViewError(f"--state: {error}") from error


def saved_state(text: str) -> ViewState:
    """Read a state from JSON, from a file of it, or from a picture that this program made.

    Raises
    ------
    ViewError
        When there is none.
    """
    if state_file(text) is None:
        from viewer3d.core.view.state import ViewState  # noqa: PLC0415

        try:
            return ViewState.from_json(text)
        except Viewer3DError as error:
            raise ViewError(f"--state: {error}") from error
    from viewer3d.app.show import read_state  # noqa: PLC0415

    return read_state(text)


def state_file(text: str | None) -> str | None:
    """Return the file that a saved view stands in; None where there is no view, or it is JSON itself."""
    return None if text is None or text.lstrip().startswith("{") else text


def as_saved(found: Scan, reading: dict[str, Any], state: ViewState | None) -> dict[str, Any]:
    """Return arguments of :func:`viewer3d.load` that mean a saved view's volume, where none is named."""
    from viewer3d.cli.inputs import catalog_request  # noqa: PLC0415
    from viewer3d.dicom.series.stack_sets import set_of_digests  # noqa: PLC0415 (as above)
    from viewer3d.formats.grid_files import scan_as_saved  # noqa: PLC0415

    there = {"where": found, **reading}
    if state is None or any(reading[name] is not None for name in ("series", "stack", "which")):
        return there
    meant = set_of_digests(found, state.series)
    if meant is None:
        how = catalog_request(reading, state).how
        return {**there, "where": scan_as_saved(found, state.series, how, reading["spacing"])}
    if len(meant.stacks) > 1:
        return there
    return {**there, "series": meant.series.uid, "stack": meant.series.stacks.index(meant.stacks[0]) + 1}


def load_as_saved(
    found: Scan, reading: dict[str, Any], state: ViewState | None, progress: Progress
) -> Sequence[Volume]:
    """Load the volume that is asked for, or the volume or 4-D set that a saved view was made on."""
    from viewer3d.cli.files.images import load_meant_image  # noqa: PLC0415 (as above)
    from viewer3d.formats.load import load  # noqa: PLC0415 (as above)

    if (image := load_meant_image(found, reading, state, progress)) is not None:
        return [image]
    if state is None:
        return [load(found, **reading, progress=progress)]
    if state.series and all(reading[name] is None for name in ("series", "stack", "which")):
        from viewer3d.cli.inputs import catalog_request  # noqa: PLC0415
        from viewer3d.core.origin import series_of  # noqa: PLC0415 (as above)
        from viewer3d.dicom.series.catalog import build_catalog  # noqa: PLC0415 (as above)
        from viewer3d.dicom.series.stack_sets import set_of_digests  # noqa: PLC0415 (as above)

        meant = set_of_digests(found, state.series)
        if found.grids if meant is None else len(meant.stacks) > 1:
            catalog = build_catalog(found, catalog_request(reading, state), progress)
            volumes = catalog.entries[catalog.first].load(progress)
            known = [one for one in volumes if set(series_of([one])) & set(state.series)]
            if known:
                return known
    return [load(**as_saved(found, reading, state), progress=progress)]


def origin_notes(
    volumes: Sequence[Volume], state: ViewState | None, overlays: Sequence[PlacedLayer] = ()
) -> tuple[str, ...]:
    """Return what to say of a saved view that is not of these volumes, or not of what lies over them."""
    from viewer3d.core.origin import other_series_note  # noqa: PLC0415 (as above)

    note = "" if state is None else other_series_note(volumes, state, overlays)
    return (note,) if note else ()


def page_arguments(arguments: Mapping[str, Any], read_state_text: Callable[[str], Any] = saved_state) -> dict[str, Any]:
    """Return the arguments of a figure or a movie; cursors and windows are checked."""
    from viewer3d.render.panes import check_size  # noqa: PLC0415

    check_words(arguments.get("at"), arguments.get("window"))
    meant = {"size": lambda text: check_size(_pixels(text)), "state": read_state_text}
    return {name: meant[name](value) if name in meant else value for name, value in arguments.items()}


def check_words(at: str | None, window: str | None) -> None:
    """Refuse a cursor or window that does not exist, before anything is loaded."""
    from viewer3d.core.window import check_window_text  # noqa: PLC0415
    from viewer3d.render.cursor import check_cursor_words  # noqa: PLC0415

    if at is not None:
        check_cursor_words(at)
    if window:
        check_window_text(window)


def _colors_named(name: str | None) -> str | None:
    """Return a colour map, in full where it is a person's own; there must be one."""
    from viewer3d.render.colors import palette  # noqa: PLC0415
    from viewer3d.settings.names import colors_in_full  # noqa: PLC0415

    if name is not None:
        name = colors_in_full(name)
        palette(name)
    return name


def _pixels(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise ViewError(f"--size {text!r}: expected WIDTHxHEIGHT in pixels, as in --size 1200x900") from None
    return width, height
