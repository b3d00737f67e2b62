"""What gestures do to the key images of a state, as pure functions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from viewer3d.app.input.choices import NamedGesture
from viewer3d.app.input.context import Context, EventPosition, Gesture
from viewer3d.app.input.slice_gestures import plane_or_first
from viewer3d.core.members import member_text
from viewer3d.core.view.key_image import MOST_KEY_IMAGES, find_key_image, key_image_of
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import ViewState
from viewer3d.render.marks.annotations import image_text, plane_title, position_text, sampling_text


def toggle_key_image(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Mark the slice at the pointer, else the first, as a key image; one that is marked is none any more."""
    plane = plane_or_first(state, position)
    if plane is None:
        return state
    number = key_image_at(state, context, plane)
    if number is not None:
        return without_key_image(state, number)
    if len(state.key_images) >= MOST_KEY_IMAGES:
        return state
    return replace(state, key_images=(*state.key_images, key_image_of(state, plane)))


def key_image_at(state: ViewState, context: Context, plane: PlaneName) -> int | None:
    """Return the number, from 0, of the key image that a slice pane shows; None where it shows none."""
    return find_key_image(state, plane, context.slice_step(state.plane(plane)))


def without_key_image(state: ViewState, number: int) -> ViewState:
    """Return the state without one of its key images, counted from 0."""
    return replace(state, key_images=(*state.key_images[:number], *state.key_images[number + 1 :]))


def remove_key_image(number: int) -> Gesture:
    """Return the gesture that removes a key image, counted from 0."""
    return lambda state, context, position: without_key_image(state, number)


def go_to_key_image(number: int) -> Gesture:
    """Return the gesture that shows a key image, counted from 0, as it was marked."""

    def go(state: ViewState, context: Context, position: EventPosition) -> ViewState:
        return state.key_images[number].shown_in(state) if number < len(state.key_images) else state

    return go


def step_key_image(steps: int) -> Gesture:
    """Return the gesture that shows the key image so many after the one that is seen, all around."""

    def step(state: ViewState, context: Context, position: EventPosition) -> ViewState:
        count = len(state.key_images)
        if not count:
            return state
        here = seen_key_image(state, context, position)
        number = (0 if steps > 0 else count - 1) if here is None else (here + steps) % count
        return state.key_images[number].shown_in(state)

    return step


def seen_key_image(state: ViewState, context: Context, position: EventPosition) -> int | None:
    """Return the number, from 0, of the key image at the pointer, else of any that is seen; or None."""
    planes = [pane for pane in (position.plane, *state.panes) if pane is not None and pane != "3d"]
    found = (key_image_at(state, context, plane) for plane in planes)
    return next((number for number in found if number is not None), None)


@dataclass(frozen=True)
class KeyImagePlace:
    """Where a key image is, in words.

    Attributes
    ----------
    slice_text : str
        Its plane, the number of the image where it is one, slab and time: ``"Axial 68/135"``.
    position : str
        Where it cuts its axis, as ``"H 12.5 mm"``; empty of an image that lies in no space.
    """

    slice_text: str
    position: str


def key_image_place(state: ViewState, number: int, context: Context) -> KeyImagePlace:
    """Return where a key image of a state, counted from 0, is."""
    one = state.key_images[number]
    shown = one.shown_in(state)
    pane = context.pane(shown, one.plane)
    image = image_text(context.geometry, shown, pane)
    if context.is_flat:
        return KeyImagePlace(f"Frame {image}" if image else "Image", "")
    which = context.layers[0].which
    time = member_text(which, one.member) if one.member < len(which) else ""
    parts = (f"{plane_title(shown, one.plane)} {image}".strip(), sampling_text(shown), time)
    return KeyImagePlace("   ".join(filter(None, parts)), position_text(pane))


def key_image_choices(state: ViewState, context: Context) -> tuple[NamedGesture, ...]:
    """Return the key images, which the palette lists by name and place."""
    found = []
    for number, one in enumerate(state.key_images):
        place = key_image_place(state, number, context)
        words = ", ".join(filter(None, (one.name, place.slice_text, place.position)))
        found.append(NamedGesture(f"key image {number + 1}: {words}", go_to_key_image(number)))
    return tuple(found)


def key_image_note(before: ViewState, after: ViewState) -> str:
    """Return what to say where a slice was marked as a key image, or no longer; empty for all else."""
    if before.key_images == after.key_images:
        return ""
    was, now = len(before.key_images), len(after.key_images)
    if now == was + 1:
        return f"key image {now} marked: Ctrl + l lists {'it' if now == 1 else 'them'}"
    if now == was - 1:
        gone = next((n for n, one in enumerate(after.key_images) if one != before.key_images[n]), now)
        return f"no key image any more: {gone + 1} of {was} removed, Ctrl + z brings it back"
    return ""
