"""Place what ``--overlay`` asks for over the base, give it its look, and say what is to be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from viewer3d.cli.drawing_options import VIEWS_WITH_3D
from viewer3d.cli.overlay_data import in_the_shell
from viewer3d.cli.overlay_options import OverlayChoice
from viewer3d.core.notes.note import Note, refuse_marked
from viewer3d.errors import ViewError

if TYPE_CHECKING:
    from viewer3d.core.layers import Layer, PlacedLayer, PlacedLayers
    from viewer3d.core.view.planes import View
    from viewer3d.core.view.state import ViewState
    from viewer3d.core.volume import Volume


def check_looks(state: ViewState | None, choices: Sequence[OverlayChoice]) -> None:
    """Refuse a saved view of more overlays than are given, before anything is loaded.

    Raises
    ------
    ViewError
        When it is one.
    """
    if state is not None and (count := len(state.layers) - 1 + len(state.regions)) > len(choices):
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
    from viewer3d.render.first_state import (  # noqa: PLC0415 (what draws no overlay needs none of this)
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


def place_overlays(base: Sequence[Volume], layers: Sequence[Layer], *, strict: bool) -> PlacedLayers | None:
    """Return the base and its overlays, all in its world; None where there is no overlay.

    Raises
    ------
    ViewError
        When one cannot be placed or has no such segment; says what to write in the shell.
    MarkedError
        When `strict` is set and a note on any of them, or on where it lies, is marked.
    """
    if not layers:
        return None
    from viewer3d.core.layers import place_layers  # noqa: PLC0415 (what draws no overlay needs none of this)
    from viewer3d.core.placing.regions import region_numbers  # noqa: PLC0415

    try:
        placed = place_layers(base, layers)
        for regions in placed.regions:
            region_numbers(regions, regions.look.get("segments", ()))  # refuses what is none, before anything is drawn
    except ViewError as error:
        raise ViewError(in_the_shell(str(error))) from error
    if strict:
        refuse_marked("--overlay", placed.notes)
    return placed


def overlay_notes(placed: PlacedLayers | None) -> tuple[Note, ...]:
    """Return what is to be said of overlays: where they lie, whose they are, and their data's own notes."""
    if placed is None:
        return ()
    notes: list[Note] = []
    base = placed.layers[0]
    for layer in placed.layers[1:]:
        notes += layer.notes
        if len({line for one in (base, layer) for line in one.volume.identity if line.startswith("ID ")}) > 1:
            notes.append(Note(f"{layer.name} has another Patient ID than the base.", "placing.other_patient"))
        notes += [note.with_text(f"{layer.name}: {note}") for volume in layer.data for note in volume.notes]
    for regions in placed.regions:
        notes += [*regions.notes, *(note.with_text(f"{regions.name}: {note}") for note in regions.given.notes)]
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
    from viewer3d.render.volume.request import is_rendered, together_notes  # noqa: PLC0415 (what draws no overlay needs none of this)

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
    from viewer3d.render.first_state import first_slices_state, with_first_looks  # noqa: PLC0415 (what draws no overlay needs none of this)
    from viewer3d.render.volume.transfer import AUTO, choose_preset  # noqa: PLC0415

    volume = placed.layers[0].volume
    base = first_slices_state(volume, view=view, rendering=choose_preset(volume, rendering or AUTO).name)
    return rendering_notes(placed, with_first_looks(base, placed), alone=view == "3d")


def layers_over(placed: PlacedLayers | None) -> tuple[PlacedLayer, ...]:
    """Return the overlays that have values."""
    return () if placed is None else placed.layers[1:]
