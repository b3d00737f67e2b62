"""Begin a viewer: its first state, title and note, and which overlays lie over another series."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from viewer3d.app.input.keys.own_keys import own_note
from viewer3d.core.images.image2d import flat_of
from viewer3d.core.inputs import as_layer_data
from viewer3d.core.layers import AnyPlaced, Layer, Overlays, PlacedLayer, PlacedLayers, as_overlays, place_layers
from viewer3d.core.origin import other_series_note, series_of
from viewer3d.core.progress import Progress
from viewer3d.core.text import printable
from viewer3d.core.view.planes import View
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import Viewer3DError, ViewError
from viewer3d.render.cursor import check_place
from viewer3d.render.face.removal import face_of
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.scene import Scene
from viewer3d.render.volume.volume_look import volume_look


def begin_view(placed: PlacedLayers, view: View, before: ViewState | None = None) -> ViewState:
    """Return the first state of layers in a view; its camera is that of 3D in any.

    Parameters
    ----------
    placed : PlacedLayers
    view : str
    before : ViewState, optional
        What was shown: where it hides a face, one that is found stays hidden, in another series and after a reset.
    """
    volume = placed.layers[0].volume
    hides = before is not None and before.layers[0].face_hidden and face_of(volume) is not None
    first = first_state(volume, "quad", face_hidden=hides)
    return with_first_looks(first if flat_of(volume) else first.with_view(view), placed)


def checked_state(scene: Scene, state: ViewState) -> ViewState:
    """Return a state with a look for each layer of a scene, if it was made for such layers.

    Raises
    ------
    ViewError
        When its cursor lies outside, it shows a member or layer that is not there or asks 3D for what cannot be shown.
    """
    volume = scene.volumes[0]
    volume_look(volume, state)
    state = with_first_looks(state, scene.placed)
    scene.check(state)
    with suppress(ViewError):
        check_place(volume, state.cursor)
        return state
    raise ViewError(
        f"the state is of another volume: its cursor {state.cursor} lies outside of this one; load the series it was "
        "saved with"
    )


def begin_note(placed: PlacedLayers, state: ViewState | None) -> str:
    """Return what the window says first: where overlays lie, and with which series a state was saved."""
    base, *over = placed.layers
    saved = "" if state is None else other_series_note(base.data, state, over)
    of_overlays = (note for one in placed.overlays for note in one.notes)
    return " ".join(note for note in (own_note(), saved, *of_overlays) if note)


def title_of(placed: PlacedLayers) -> str:
    """Return the title of the desktop window: what was scanned, not who."""
    base = placed.layers[0].volume
    parts = ("viewer3d", base.modality, base.description, *(f"+ {one.name}" for one in placed.overlays))
    return printable(" ".join(part for part in parts if part))


def loaded_overlays(overlays: Overlays) -> tuple[Layer, ...]:
    """Return overlays with their data loaded.

    Raises
    ------
    DicomError
        As :func:`viewer3d.load`.
    """
    return tuple(replace(one, data=as_layer_data(one.data, one.look)) for one in as_overlays(overlays))


def with_looks_kept(
    state: ViewState, placed: PlacedLayers, before: ViewState, placed_before: PlacedLayers
) -> ViewState:
    """Return a state in which the regions that are shown already look as they do.

    Parameters
    ----------
    state : ViewState
        Of what is to be shown.
    placed : PlacedLayers
        That.
    before : ViewState
        Of what is shown.
    placed_before : PlacedLayers
        That.
    """
    looks = {id(one.given): look for one, look in zip(placed_before.regions, before.regions, strict=True)}
    pairs = zip(placed.regions, state.regions, strict=True)
    return replace(state, regions=tuple(looks.get(id(one.given), look) for one, look in pairs))


def state_with_overlays(
    state: ViewState, first: ViewState, before: PlacedLayers, after: PlacedLayers
) -> tuple[ViewState, ViewState]:
    """Return the state and the first state of a base after other overlays were laid over it.

    Parameters
    ----------
    state, first : ViewState
        Of the base and what lay over it.
    before, after : PlacedLayers
        What lay over the base, and what lies over it now: layers of the same data look as they did.

    Returns
    -------
    tuple of ViewState
        The base is active where the active layer is gone.
    """
    numbers = [
        next((n for n, one in enumerate(before.layers) if one.data[0] is layer.data[0]), None) for layer in after.layers
    ]
    found = []
    series = series_of(before.layers[0].data) if state.series else ()
    for one in (state, first):
        base = replace(one, layers=one.layers[:1], regions=(), active=0, series=series)
        bare = with_first_looks(base, after)
        kept = (look if n is None else one.layers[n] for n, look in zip(numbers, bare.layers, strict=True))
        active = numbers.index(one.active) if one.active in numbers else 0
        found.append(with_looks_kept(replace(bare, layers=tuple(kept), active=active), after, one, before))
    return found[0], found[1]


def original_data(one: AnyPlaced) -> object:
    """Return the data of an overlay as they were given, by which it is known wherever it lies."""
    return one.data[0] if isinstance(one, PlacedLayer) else one.given


def with_masks(base: Sequence[Volume], overlays: Overlays, progress: Progress) -> Overlays:
    """Return overlays as they lie over a base, the masks of contours made, where they lie over it at all."""
    with suppress(ViewError):  # it is told by what is to show them
        placed = place_layers(base, overlays)
        progress("masks", 0, 0)
        for one in placed.regions:
            one.prepare()  # here, and not between two events
        return placed.overlays
    return overlays


def overlays_over(
    base: Sequence[Volume], overlays: Sequence[AnyPlaced], first: Sequence[Volume]
) -> tuple[tuple[Layer, ...], str]:
    """Return those overlays that also lie over another base, and what to say of the others.

    Parameters
    ----------
    base : sequence of Volume
        What they are to lie over now.
    overlays : sequence of PlacedLayer or PlacedRegions
        As they lay over what they were given for.
    first : sequence of Volume
        That.

    Returns
    -------
    overlays : tuple of Layer
    note : str
        Empty where all stay.
    """
    frame = first[0].frame_of_reference
    is_at_home = (frame and base[0].frame_of_reference == frame) or _is_same(base, first)
    kept, gone = [], []
    for one in overlays:
        (layer,) = as_overlays(one)
        # What was said of where it lies holds in the frame of reference of the first alone.
        holds = is_at_home or (one.transform is None and not one.same_frame)
        try:
            if not holds or _is_base(base, one):
                raise ViewError(one.name)
            place_layers(base, layer)
        except ViewError:
            gone.append(one)
        else:
            kept.append(layer)
    foreign = [one.name for one in gone if not _is_base(base, one)]
    verb = "does" if len(foreign) == 1 else "do"
    note = f"{', '.join(foreign)} {verb} not lie in this series and will be back with the first" if foreign else ""
    return tuple(kept), note


def _is_base(base: Sequence[Volume], one: AnyPlaced) -> bool:
    return isinstance(one, PlacedLayer) and _is_same(base, one.data)


def _is_same(one: Sequence[Volume], other: Sequence[Volume]) -> bool:
    return bool(set(series_of(one)) & set(series_of(other)))


def report(error: BaseException) -> None:
    """Print an exception that nobody expected, for who mends it; the event loop goes on."""
    with suppress(OSError, ValueError):  # standard error may be closed or full
        traceback.print_exception(error, file=sys.stderr)


def error_message(error: Exception) -> str:
    """Return what the window says of an error; an unexpected one is reported as a defect."""
    if isinstance(error, Viewer3DError):
        return str(error)
    return f"it cannot be shown: {type(error).__name__}: {error}; this is a defect of viewer3d, please report it"
