"""Show a widget in a cell, and a picture that stays in the saved notebook."""

from __future__ import annotations

import sys
from base64 import b64encode
from dataclasses import replace
from secrets import token_hex
from typing import Any, Final

from IPython.display import publish_display_data

from viewer3d.app.browser import Browser
from viewer3d.app.show import viewer_of
from viewer3d.app.viewer import Viewer
from viewer3d.errors import ViewError
from viewer3d.recipes.embed import png_texts
from viewer3d.recipes.make import shot_recipe
from viewer3d.recipes.words.words import words_of
from viewer3d.render.png import encode_png

STILL_WIDTH: Final = 900
"""Pixels: a still picture is not wider, as figures in a notebook are not."""

VIEW: Final = "application/vnd.jupyter.widget-view+json"
"""The type of an output that is a widget."""

PLACEHOLDER: Final = '<div class="viewer3d-still"></div>'
"""What stands for the picture of a folder until a series was loaded."""

PICTURE: Final = "image/png"

ENDING: Final = 40
"""Characters: those of the last chunk of a PNG, and the check sum of the pixels before it."""

Bundle = tuple[dict[str, Any], dict[str, Any]]
"""Data and metadata of an output, by type."""


def mime_bundle(source: Viewer | Browser) -> Bundle:
    """Return the widget and the still picture as one output, for programs that show one of them."""
    shown, still = _widget_bundle(source), _still_bundle(viewer_of(source))
    return {**still[0], **shown[0]}, {**still[1], **shown[1]}


def display(source: Viewer | Browser) -> None:
    """Show the still picture and, after it, the widget, whose script hides the picture.

    As one output the widget's type would win in JupyterLab, also in a saved notebook, where there is no kernel for it.
    """
    shown, viewer = _widget_bundle(source), viewer_of(source)
    data, metadata = _still_bundle(viewer)
    if viewer is None:
        assert isinstance(source, Browser)
        source._cell.show_still_later(_publish({"text/html": PLACEHOLDER}, {}))  # type: ignore[union-attr]
    else:
        _publish(data, metadata)
        if source._cell is not None:
            source._cell.widget().hide(end_of(data[PICTURE]))
    if shown[0]:
        publish_display_data(*shown)


def show_still(viewer: Viewer, place: str) -> str:
    """Show the still picture in the place of an earlier output, and return its end."""
    data, metadata = _still_bundle(viewer)
    publish_display_data(data, metadata, transient={"display_id": place}, update=True)
    return end_of(data[PICTURE])


def end_of(png: bytes) -> str:
    """Return the end of a PNG as a notebook has it, with its check sums, by which a script finds it."""
    return b64encode(png)[-ENDING:].decode()


def still_png(viewer: Viewer) -> tuple[bytes, str]:
    """Return the picture of a viewer's state as a PNG with its recipe, and its alternative text."""
    scene, (width, height) = viewer.steering.presenter.scene, viewer.size
    scale = scene.device.scale
    share = min(STILL_WIDTH / width, 1.0)
    viewer.resize((round(width * share), round(height * share)), 1.0)
    try:
        pixels, not_shown = viewer.screenshot(), viewer.not_shown
    finally:
        viewer.resize((width, height), scale)
    state, placed = replace(viewer.state, pointer=None), viewer.placed
    size = (pixels.shape[1], pixels.shape[0])
    recipe = shot_recipe(placed.layers[0].members, state, size, placed.overlays, not_shown)
    words = words_of(recipe)
    return encode_png(pixels, png_texts({**recipe.texts, **words.texts})), words.alt


def _still_bundle(viewer: Viewer | None) -> Bundle:
    if viewer is None:
        return {}, {}
    png, alt = still_png(viewer)
    return {PICTURE: png}, {PICTURE: {"alt": alt}}


def _widget_bundle(source: Viewer | Browser) -> Bundle:
    # Without a widget the picture is shown all the same, and why it does not move is said.
    try:
        widget = source.widget()
    except ViewError as error:
        sys.stderr.write(f"viewer3d: {error}\n")
        return {}, {}
    data, metadata = widget._repr_mimebundle_()
    return {VIEW: data[VIEW]}, dict(metadata)


def _publish(data: dict[str, Any], metadata: dict[str, Any]) -> str:
    """Show something in an output of its own, and return the name of the place."""
    place = token_hex(16)
    publish_display_data(data, metadata, transient={"display_id": place})
    return place
