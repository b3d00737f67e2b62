"""The list of key images, and what commands do with them; see :data:`viewer3d.app.commands.COMMANDS`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from viewer3d.app.input.binding import Action
from viewer3d.app.input.key_images.gestures import (
    go_to_key_image,
    key_image_at,
    key_image_place,
    remove_key_image,
    seen_key_image,
    toggle_key_image,
)
from viewer3d.app.input.key_images.naming import start_naming_key
from viewer3d.app.input.slice_gestures import plane_or_first
from viewer3d.app.lists.handler import RowActions, RowListHandler
from viewer3d.app.saving import save_files
from viewer3d.app.window.row_list import RowList, list_layout
from viewer3d.core.view.key_image import MOST_KEY_IMAGES
from viewer3d.errors import ViewError
from viewer3d.render.marks.typesetting import fitted
from viewer3d.render.marks.value_texts import window_texts

if TYPE_CHECKING:
    from viewer3d.app.steering import Steering
    from viewer3d.app.viewer import Viewer

NO_KEY_IMAGES: Final = "no key images yet: Ctrl + d marks the slice at the pointer"

_HELP: Final = "click or Return goes there   F2 names   Delete removes   Ctrl + l closes"

_COLUMNS: Final = (2.5, 16, 8, 12)
"""Widths of number, plane with the number of the image, place and window, in text sizes; the name has what is left."""


def mark_key_image(steering: Steering) -> str | None:
    """Mark the slice at the pointer, else the first, as a key image, or no longer; return what is said."""
    state, position = steering.viewer.state, steering.interactor.position
    plane = plane_or_first(state, position)
    if plane is None:
        return "a key image is a slice: none is seen here"
    if key_image_at(state, steering.context, plane) is None and len(state.key_images) >= MOST_KEY_IMAGES:
        return f"not marked: there are {MOST_KEY_IMAGES} key images, and no more are kept"
    steering.interactor.perform(Action(gesture=toggle_key_image))
    return None


def list_key_images(steering: Steering) -> str:
    """Show the list of key images, or hide it."""
    if close_rows(steering):
        return ""
    viewer, perform = steering.viewer, steering.interactor.perform
    seen = seen_key_image(viewer.state, steering.context, steering.interactor.position)
    actions = RowActions(
        go=lambda number: perform(Action(gesture=go_to_key_image(number))),
        remove=lambda number: perform(Action(gesture=remove_key_image(number))),
        name=lambda number: perform(Action(tool_starter=start_naming_key(number))),
    )
    if steering.listed.is_shown:
        steering.listed.toggle()
    steering.rows = RowListHandler(lambda: key_image_list(steering), lambda: viewer.size, actions, seen or 0)
    steering.interactor.listed = steering.rows
    return ""


def close_rows(steering: Steering) -> bool:
    """Hide the list that is shown instead of that of measurements, and return whether one was."""
    was_shown, steering.rows = steering.rows is not None, None
    steering.interactor.listed = steering.listed
    return was_shown


def key_image_list(steering: Steering) -> RowList:
    """Return what the list of key images shows."""
    viewer, state, context = steering.viewer, steering.viewer.state, steering.context
    unit = steering.presenter.scene.volumes[0].unit

    def cells(number: int, width: float) -> tuple[str, ...]:
        one, place = state.key_images[number], key_image_place(state, number, context)
        window = " ".join(window_texts(one.window, unit))
        text = list_layout(viewer.size, len(state.key_images)).text
        return str(number + 1), place.slice_text, place.position, window, fitted(one.name, text, width)

    return RowList("Key images", _COLUMNS, len(state.key_images), cells, help=_HELP, nothing=NO_KEY_IMAGES)


def save_key_images(viewer: Viewer) -> str:
    """Save pages of the key images, one a volume, or give them to the screen, and return a note.

    Raises
    ------
    ViewError
        When there are none.
    OutputError
        When it cannot be written there.
    """
    from viewer3d.figures.marked.key_images import key_images  # noqa: PLC0415 (few save any)

    state, members = viewer.state, viewer.placed.layers[0].members
    found = sorted({one.member for one in state.key_images})
    if not found:
        raise ViewError(NO_KEY_IMAGES)

    def write(member: int, path: Path) -> None:
        shown = state.with_look(0, member=member)
        key_images(members[member], state=shown, overlays=viewer.placed.overlays).save(path)

    writers = [{".png": partial(write, member)} for member in found]
    return save_files(viewer.steering.screen, "viewer3d-key-images", writers)
