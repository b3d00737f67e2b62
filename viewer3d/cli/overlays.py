"""Read what ``--overlay`` asks for, place it over the base, and say what is to be said of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from viewer3d.cli.drawing_options import VIEWS_WITH_3D
from viewer3d.cli.inputs import scan_headers, scan_inputs
from viewer3d.cli.overlay_options import OF_ALL, OverlayChoice
from viewer3d.cli.reading_options import beside
from viewer3d.core.text import printable
from viewer3d.errors import ChoiceError, Viewer3DError, ViewError

if TYPE_CHECKING:
    from viewer3d.cli.report import Meter
    from viewer3d.core.layers import Layer, PlacedLayer, PlacedLayers
    from viewer3d.core.progress import Progress
    from viewer3d.core.view.planes import View
    from viewer3d.core.view.state import ViewState
    from viewer3d.core.volume import Volume
    from viewer3d.dicom.series.choose import Choice
    from viewer3d.dicom.series.scan import Scan


class FoundOverlay(NamedTuple):
    """An overlay of which the headers were read."""

    choice: OverlayChoice
    found: Scan


def check_looks(state: ViewState | None, choices: Sequence[OverlayChoice]) -> None:
    """Refuse a saved view of more overlays than are given, before anything is loaded.

    Raises
    ------
    ViewError
        When it is one.
    """
    if state is not None and (count := len(state.layers) - 1) > len(choices):
        raise ViewError(
            f"--state: the view was saved with {count} overlay{'s' * (count > 1)}, {len(choices)} given: give as many "
            "--overlay, the lowest first"
        )


def with_chosen_looks(state: ViewState, placed: PlacedLayers | None) -> ViewState:
    """Return a saved state with a look for each layer: what ``--look`` says is not as saved, all else is.

    Raises
    ------
    ViewError, WindowError
        When a layer cannot have the look that it is given.
    """
    if placed is None:
        return state
    from viewer3d.render.first_state import (  # noqa: PLC0415 (as in scan_overlays)
        first_look,
        first_region_look,
        with_first_looks,
    )

    for number, layer in enumerate(placed.layers[1 : len(state.layers)], 1):
        if layer.look:
            look = first_look(layer)
            state = state.with_look(number, **{name: getattr(look, name) for name in layer.look})
    for number, regions in enumerate(placed.regions[: len(state.regions)]):
        if regions.look:
            chosen = first_region_look(regions)
            state = state.with_region(number, **{name: getattr(chosen, name) for name in regions.look})
    return with_first_looks(state, placed)


def with_looks_of(placed: PlacedLayers | None, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a figure or a movie whose saved state has a look for each layer."""
    if placed is None or arguments.get("state") is None:
        return arguments
    return {**arguments, "state": with_chosen_looks(arguments["state"], placed)}


def saved_series(state: ViewState | None) -> tuple[str, ...]:
    """Return the digests of the series that a view was saved with; none where there is no such view."""
    return () if state is None else state.series


def scan_overlays(
    output: str | Path | None, choices: Sequence[OverlayChoice], meter: Meter, known: dict[str, Scan]
) -> tuple[FoundOverlay, ...]:
    """Read the headers of overlays; the output must be none of the files that are read.

    Parameters
    ----------
    output : path-like, optional
    choices : sequence of OverlayChoice
    meter : Meter
    known : dict
        What was found at the paths that were searched already, by path; what is searched now is added.

    Raises
    ------
    Viewer3DError
        When there is nothing at a path; names the overlay.
    """
    from viewer3d.dicom.series.scan import with_spacing  # noqa: PLC0415 (what draws no overlay needs none of this)

    overlays = []
    for choice in choices:
        with _naming(choice):
            if choice.path not in known:
                known[choice.path] = (
                    scan_headers(choice.path) if output is None else scan_inputs(output, choice.path, meter)
                )
            found, spacing = known[choice.path], choice.reading.get("spacing")
            overlays.append(FoundOverlay(choice, found if spacing is None else with_spacing(found, spacing)))
    return tuple(overlays)


def load_overlays(
    overlays: Sequence[FoundOverlay],
    base: Sequence[Volume],
    reading: dict[str, Any],
    progress: Progress,
    *,
    series: Sequence[str] = (),
    whole: bool = False,
) -> tuple[Layer, ...]:
    """Load overlays.

    Parameters
    ----------
    overlays : sequence of FoundOverlay
    base : sequence of Volume
        One, or all of a 4-D set.
    reading : dict
        Arguments of :func:`viewer3d.load` for the base; those in :data:`OF_ALL` hold for overlays too.
    progress : callable
        See :data:`viewer3d.core.progress.Progress`.
    series : sequence of str
        Digests of the series of a saved view: an overlay is of one of them where no other is chosen.
    whole : bool
        Whether all of a 4-D set is loaded, where it is the only one.

    Raises
    ------
    Viewer3DError
        When one cannot be chosen or loaded, or is the base itself with no look of its own; names it.
    """
    if not overlays:
        return ()
    from viewer3d.core.origin import series_of  # noqa: PLC0415 (as in scan_overlays)

    layers: list[Layer] = []
    volumes = [*base]
    for one in overlays:
        with _naming(one.choice):
            left = [digest for digest in series if digest not in series_of(volumes)]
            meant = _meant(one, base[0], left, whole=whole or "member" in one.choice.layer.look)
            if not one.choice.layer.look and any(_is_of(volume, choice) for volume in base for choice in meant):
                raise ViewError("is the base itself: choose another, or how it differs, as in --look window=bone")
            how = {**one.choice.reading, **{name: reading[name] for name in OF_ALL}}
            data = _read(one, meant, beside(how, volumes), progress)
        volumes += data
        layers.append(replace(one.choice.layer, data=data))
    return tuple(layers)


def place_overlays(base: Sequence[Volume], layers: Sequence[Layer]) -> PlacedLayers | None:
    """Return the base and its overlays, all in its world; None where there is no overlay.

    Raises
    ------
    ViewError
        When one cannot be placed; says what to write in the shell.
    """
    if not layers:
        return None
    from viewer3d.core.layers import place_layers  # noqa: PLC0415 (as in scan_overlays)

    try:
        return place_layers(base, layers)
    except ViewError as error:
        raise ViewError(_in_the_shell(str(error))) from error


def overlay_notes(placed: PlacedLayers | None) -> tuple[str, ...]:
    """Return what is to be said of overlays: where they lie, whose they are, and their data's own notes."""
    if placed is None:
        return ()
    notes: list[str] = []
    base = placed.layers[0]
    for layer in placed.layers[1:]:
        notes += layer.notes
        if len({line for one in (base, layer) for line in one.volume.identity if line.startswith("ID ")}) > 1:
            notes.append(f"{layer.name} has another Patient ID than the base.")
        notes += [f"{layer.name}: {note}" for volume in layer.data for note in volume.notes]
    for regions in placed.regions:
        notes += [*regions.notes, *(f"{regions.name}: {note}" for note in regions.given.notes)]
    return tuple(notes)


def rendering_notes(placed: PlacedLayers | None, state: ViewState, *, alone: bool) -> tuple[str, ...]:
    """Return what is to be said of overlays in 3D: what they cost, or that they are not there.

    Parameters
    ----------
    placed : PlacedLayers, optional
    state : ViewState
        Of them.
    alone : bool
        Whether nothing but 3D is drawn, so that an overlay which is not there is not seen at all.
    """
    if placed is None:
        return ()
    from viewer3d.render.volume.request import is_rendered, together_notes  # noqa: PLC0415 (as in scan_overlays)

    unseen = [
        f"{layer.name} is not seen: 3D draws an overlay that has a rendering, as by --look rendering=pet-uptake."
        for number, layer in enumerate(placed.layers[1:], 1)
        if alone and not state.planes_shown and not is_rendered(state, number)
    ]
    return (*together_notes(state), *unseen)


def first_rendering_notes(placed: PlacedLayers | None, view: View, rendering: str | None) -> tuple[str, ...]:
    """Return the notes of :func:`rendering_notes` on the first picture of a view."""
    if placed is None or view not in VIEWS_WITH_3D:
        return ()
    from viewer3d.render.first_state import first_slices_state, with_first_looks  # noqa: PLC0415 (as in scan_overlays)
    from viewer3d.render.volume.transfer import AUTO, choose_preset  # noqa: PLC0415

    volume = placed.layers[0].volume
    base = first_slices_state(volume, view=view, rendering=choose_preset(volume, rendering or AUTO).name)
    return rendering_notes(placed, with_first_looks(base, placed), alone=view == "3d")


def layers_over(placed: PlacedLayers | None) -> tuple[PlacedLayer, ...]:
    """Return the overlays that have values."""
    return () if placed is None else placed.layers[1:]


def _meant(one: FoundOverlay, base: Volume, digests: Sequence[str], *, whole: bool) -> list[Choice]:
    """Return the stacks of an overlay: one, or all of a 4-D set."""
    from viewer3d.dicom.series.choose import choose, series_named  # noqa: PLC0415 (as in scan_overlays)
    from viewer3d.dicom.series.stack_sets import find_sets, set_of_digests  # noqa: PLC0415

    reading = one.choice.reading
    series, stack, which = (reading.get(name) for name in ("series", "stack", "which"))
    try:
        if series is None and stack is None and not which and (saved := set_of_digests(one.found, digests)):
            return saved.choices
        if whole and stack is None and not which:
            sets = find_sets(one.found if series is None else series_named(one.found, series))
            if len(sets) == 1:
                return sets[0].choices
        return [choose(one.found, series, stack, which)]
    except ChoiceError as error:
        if sum(len(series.volumes) for series in one.found) < 2:
            raise
        text = str(error)
        raise ChoiceError(text + ("\n" if "\n" in text else "; ") + _fitting_text(one.found, base)) from error


def _read(one: FoundOverlay, meant: list[Choice], how: dict[str, Any], progress: Progress) -> list[Volume]:
    from viewer3d.dicom.load import read_stacks  # noqa: PLC0415 (as in scan_overlays)
    from viewer3d.dicom.read_options import ReadOptions  # noqa: PLC0415

    options = ReadOptions(**{field.name: how[field.name] for field in fields(ReadOptions) if field.name in how})
    name = printable(Path(one.choice.path).name)
    return read_stacks(one.found, meant, options, progress=lambda stage, *done: progress(f"{stage} of {name}", *done))


def _is_of(volume: Volume, choice: Choice) -> bool:
    from viewer3d.dicom.series.identity import series_digest  # noqa: PLC0415 (as in scan_overlays)

    return volume.provenance is not None and volume.provenance.series == series_digest(*choice)


def _fitting_text(found: Scan, base: Volume) -> str:
    """Return what chooses the volumes that lie in the frame of reference of the base and overlap it."""
    from viewer3d.core.geometry import Geometry  # noqa: PLC0415 (as in scan_overlays)
    from viewer3d.core.placing.overlap import overlap  # noqa: PLC0415
    from viewer3d.dicom.series.choose import flags  # noqa: PLC0415
    from viewer3d.dicom.series.identity import frame_of_reference_of  # noqa: PLC0415
    from viewer3d.dicom.series.planned_grid import grid_if_any  # noqa: PLC0415

    fitting = []
    for series in found:
        for stack in series.volumes:
            grid = grid_if_any(stack)
            if grid is None or _is_of(base, (series, stack)):
                continue
            is_there = base.frame_of_reference and frame_of_reference_of(stack) == base.frame_of_reference
            if is_there and overlap(base.geometry, Geometry(grid.affine, grid.shape)):
                fitting.append(flags(found, series, stack)[1])
    if fitting:
        return f"in the frame of reference of the base, and overlapping it: {'; '.join(fitting)}"
    return "no other lies in the frame of reference of the base and overlaps it: give transform or same_frame as well"


@contextmanager
def _naming(choice: OverlayChoice) -> Iterator[None]:
    """Name an overlay in errors, and what to write in the shell."""
    try:
        yield
    except Viewer3DError as error:
        text, path = _in_the_shell(str(error)), printable(choice.path)
        raise type(error)(f"--overlay {text}" if text.startswith(path) else f"--overlay {path}: {text}") from error


def _in_the_shell(text: str) -> str:
    """Return a message of loading or placing with the words of ``--look``."""
    text = re.sub(r"--series (\S+) --stack (\d+)", r"--look series=\1,stack=\2", text)
    text = re.sub(r"--(series|stack|which|unit) (?=[^-])", r"--look \1=", text)
    text = text.replace("--skip-bad", "--look skip_bad")
    text = text.replace("give a transform (", "give --look transform=FILE (")
    return text.replace("or same_frame where", "or --look same_frame where")
