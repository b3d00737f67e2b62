"""A small picture of a volume: three slices through its middle. No OpenGL is needed."""

from __future__ import annotations

import io

from PIL import Image

from viewer3d.core.volume import Volume
from viewer3d.render.first_state import first_state
from viewer3d.render.scene import Scene

GAP = 1
"""Pixels between the panes, see :func:`viewer3d.render.panes.layout`."""


def thumbnail_png(volume: Volume, side: int = 256) -> bytes:
    """Draw axial, coronal and sagittal slices side by side, with orientation letters, in the volume's own window.

    Parameters
    ----------
    volume : Volume
    side : int
        Of each pane, in pixels.

    Returns
    -------
    bytes
        A PNG in grey.
    """
    state = first_state(volume, "mpr")
    with Scene(volume, (3 * side + 2 * GAP, side)) as scene:
        scene.apply(state)
        picture = Image.fromarray(scene.picture).convert("L")  # a third of the bytes, and all is grey but a tint
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()
