"""Draw and write a picture of a volume in one call."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.images.image2d import shown_data
from viewer3d.core.inputs import AnyVolume, as_volumes
from viewer3d.core.layers import Overlays, PlacedLayers, place_layers
from viewer3d.core.notes.note import Note
from viewer3d.core.sampling import Interpolation
from viewer3d.core.view.planes import View
from viewer3d.core.view.state import Slab, ViewState
from viewer3d.core.volume import begin_volume_digest
from viewer3d.core.window import AnyWindow
from viewer3d.errors import RenderError, ViewError
from viewer3d.recipes.embed import texts_of
from viewer3d.recipes.make import shot_recipe
from viewer3d.render.first_state import first_state, with_first_looks, with_slices
from viewer3d.render.output import check_path, write_picture
from viewer3d.render.panes import check_size
from viewer3d.render.scene import Scene
from viewer3d.render.volume.transfer import AUTO

__all__ = ["screenshot"]


def screenshot(  # noqa: PLR0917 (in the order a person thinks of them)
    volume: AnyVolume,
    path: str | os.PathLike[str] | None = None,
    view: View = "quad",
    window: AnyWindow | None = None,
    at: ArrayLike | str | None = None,
    size: tuple[int, int] = (1200, 900),
    *,
    overlays: Overlays = (),
    state: ViewState | None = None,
    rendering: str | None = None,
    couch_hidden: bool | None = None,
    face_hidden: bool | None = None,
    inverted: bool | None = None,
    colors: str | None = None,
    slab: Slab | float | str | None = None,
    interpolation: Interpolation | None = None,
) -> NDArray[np.uint8]:
    """Draw one picture of a volume; the same call gives the same bytes in any process.

    Parameters
    ----------
    volume : Volume, sequence of Volume, or path
        Of a 4-D set all volumes: the state says which is seen, without one the first. Of what
        :func:`viewer3d.load` takes (a folder, a file, a series, ...), the volume that it loads.
    path : path-like, optional
        Where to write it, whole or not at all: ``.png``, ``.jpg``, ``.tif`` or ``.webp``. The file carries the
        :class:`~viewer3d.recipes.record.Recipe` that made it.
    view : {"quad", "mpr", "axial", "coronal", "sagittal", "3d"}
    window : Window, pair of float, or str, optional
        A window, ``(center, width)``, a name (``"bone"`` for HU, ``"0-5"`` for SUV, ``"0-99%"`` of any) or
        ``"center/width"``; ``"file"`` for the files' own (``"file:2"`` for their second), ``"auto"`` for one from the
        percentiles of the voxels. Without it ``volume.default_window``. PET is inverted unless a state says otherwise.
    at : array_like of shape (3,) or str, optional
        The point the slices go through: LPS mm, ``"ras:x,y,z"``, ``"index:i,j,k"``, ``"center"``, ``"max"`` or
        ``"auto"``, see :func:`viewer3d.render.cursor.find_place`; without it the centre of the middle voxel.
    size : tuple of int
        Width and height in pixels.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest: volumes, or :class:`~viewer3d.core.layers.Layer` where
        they lie elsewhere or look other than usual. The single choices are those of the base.
    state : ViewState, optional
        Everything at once, instead of the single choices; overlays that it has no look for get their first one.
    rendering : str, optional
        Name of a transfer function of the 3D pane, see :func:`viewer3d.render.volume.transfer.choose_preset`.
    couch_hidden : bool, optional
        Whether the 3D pane leaves out couch and head-holder. Without it, it does in a CT where what is found is plainly
        one, see :func:`viewer3d.render.couch.removal.begins_hidden`; True takes values in HU.
    face_hidden : bool, optional
        Whether the 3D pane leaves out the front of a face, from above the brows to below the chin; slices stay. There
        must be one. Without it all is shown, and who it is. It protects a picture, and de-identifies no data.
    inverted : bool, optional
        Whether slices show black what they would show white; without it as the volume has it.
    colors : str, optional
        Name of the colour map of slices, see ``presets/colors.toml``; without it grey.
    slab : Slab, float or str, optional
        How thick slices are: mm, or mm and how they are blended, as in ``"10,mean"``; without it the planes alone.
    interpolation : {"linear", "nearest"}, optional
        Whether slices are interpolated between voxels, as without it, or show each voxel as a box.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)

    Raises
    ------
    ViewError
        When the size, view, place or transfer function is none that can be drawn, the couch of a volume that is not in
        HU or a face that is not found is to be hidden, or an overlay cannot be placed.
    WindowError
        When there is no such window.
    OutputError
        When the picture cannot be written there.
    RenderError
        When the view is 3D alone and no OpenGL works here; in other views that pane says so itself.
    DicomError
        When there is no volume at a path, or several could be meant.
    """
    size = check_size(size)
    target = None if path is None else check_path(path)
    placed = place_layers(as_volumes(shown_data(volume)), overlays)
    members = placed.layers[0].members
    looks = (face_hidden, inverted, colors, slab, interpolation)
    if state is None:
        first = first_state(
            *(members[0], view, window, rendering or AUTO),
            couch_hidden=couch_hidden,
            face_hidden=bool(face_hidden),
            at=at,
            colors=colors,
        )
        state = with_slices(first, inverted=inverted, slab=slab, interpolation=interpolation)
    elif view != "quad" or any(one is not None for one in (window, at, rendering, couch_hidden, *looks)):
        raise ViewError("both a state and single choices were given: put the choices into the state, or leave it out")
    state = with_first_looks(state, placed)
    if state.shown == "3d":
        check_opengl()
    if target is not None:
        for member in (one for layer in placed.layers for one in layer.data):
            begin_volume_digest(member)
    with Scene(members, size, overlays=placed.overlays) as scene:
        scene.apply(state)
        pixels, not_shown = scene.screenshot(), scene.not_shown
    if target is not None:
        write_shot(pixels, target, placed, state, not_shown)
    return pixels


def write_shot(
    pixels: NDArray[np.uint8],
    path: str | os.PathLike[str],
    placed: PlacedLayers,
    state: ViewState,
    not_shown: Sequence[Note] = (),
) -> None:
    """Write the picture of a state, with its recipe and the words that are made of it.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
    path : path-like
    placed : PlacedLayers
        What it shows.
    state : ViewState
    not_shown : sequence of Note
        What of that it does not show, as the scene says that drew it.

    Raises
    ------
    OutputError
        When it cannot be written there.
    """
    size = (pixels.shape[1], pixels.shape[0])
    recipe = shot_recipe(placed.layers[0].members, state, size, placed.overlays, not_shown)
    write_picture(pixels, path, texts_of(recipe))


def check_opengl() -> None:
    """Check that a view of 3D alone can be drawn.

    Raises
    ------
    RenderError
        When no OpenGL works here; the message says why, and how to mend it.
    """
    from viewer3d.render import gl  # noqa: PLC0415 (see Scene.apply)

    if not (opengl := gl.find_opengl()).works:
        raise RenderError(f"3D cannot be drawn: {opengl.why_not}; run {gl.MEND}")
