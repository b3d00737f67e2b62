"""Explain a pixel of a picture's file: its recipe made again, and the pane that the pixel is in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.layers import place_layers, volumes_of
from viewer3d.core.progress import Progress
from viewer3d.core.vectors import vector
from viewer3d.core.view.planes import PaneName
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.dicom.objects.capture import is_dicom_file, read_capture
from viewer3d.dicom.series.scan import Scan, scan
from viewer3d.errors import RecipeError, ViewError
from viewer3d.explanations.rays import explain_ray
from viewer3d.explanations.sample import behind_flat, flattened_from
from viewer3d.explanations.slices import WithSources, explain_difference, explain_slice, mark_covers, pixel_of
from viewer3d.explanations.stored import Sources
from viewer3d.explanations.values import Explanation, LayerShare, PicturePlace, rgb
from viewer3d.figures.figure import Figure
from viewer3d.figures.pages.page import Drawn, DrawnDifference, DrawnSlice, DrawnVolume, Page
from viewer3d.recipes.embed import read_recipe
from viewer3d.recipes.find_data import find_data
from viewer3d.recipes.make import SHOT
from viewer3d.recipes.record import Recipe
from viewer3d.recipes.redraw import remake
from viewer3d.recipes.replay import DataOfPicture, data_of_picture, recipe_errors
from viewer3d.render.face.cut import FaceCut
from viewer3d.render.marks.display_list import BLACK, Color, DisplayList
from viewer3d.render.panes import PaneGeometry, Rect, pane_geometry
from viewer3d.render.scene import BORDER, Scene, drawn_of
from viewer3d.render.slices.pixels import pane_pixels
from viewer3d.render.volume.request import render_request

VECTORS_NOTE: Final = "the file is drawn in vectors: the pixel is one of the page at the size of its recipe"
LOSSY_NOTE: Final = "the file does not keep every pixel ({}): its own pixel was {}, and the picture was drawn again"

FLAT_NOTE: Final = "each voxel is the highest of all {} behind it: where it lies is told"

_EXACT: Final = ("PNG", "TIFF", "WEBP")
"""Formats, as Pillow calls them, that this package writes without loss."""


@dataclass(frozen=True, eq=False)
class PicturePanel:
    """A panel of a picture, and what it was drawn of.

    Attributes
    ----------
    name : str
        What it is called.
    rect : Rect
        Where it lies in the picture.
    marks : tuple of Mark
        What is drawn over it, in its own pixels.
    drawn : DrawnSlice, DrawnVolume or DrawnDifference, optional
    unmarked : ndarray of uint8, shape (height, width, 3), optional
        The panel without marks, where it is known.
    """

    name: str
    rect: Rect
    marks: DisplayList
    drawn: Drawn | None
    unmarked: NDArray[np.uint8] | None = None


@dataclass(frozen=True, eq=False)
class DrawnPicture:
    """A picture that was drawn again, with its panels.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (height, width, 3 or 4)
    panels : tuple of PicturePanel
        The uppermost first; the last holds all pixels that are in no other.
    page_marks : tuple of Mark
        What is drawn beside and over the panels of a page, in its pixels.
    identity : tuple of str
        Lines that name the patient.
    originals : tuple of Volume
        What was loaded: a figure may draw what it made of them.
    face : FaceCut, optional
        Where a face was cut away of them before.
    """

    pixels: NDArray[np.uint8]
    panels: tuple[PicturePanel, ...]
    page_marks: DisplayList = ()
    identity: tuple[str, ...] = ()
    originals: tuple[Volume, ...] = ()
    face: FaceCut | None = None

    def explained(self, pixel: tuple[int, int], with_sources: WithSources | None = None) -> Explanation:
        """Explain a pixel.

        Parameters
        ----------
        pixel : tuple of int
            Column and row.
        with_sources : callable, optional
            Adds what files store.

        Raises
        ------
        ViewError
            When there is no such pixel.
        """
        add = partial(_from_originals, self.originals, self.face, with_sources)
        panel = next((one for one in self.panels if one.rect.contains(*pixel)), None)
        if panel is None:
            height, width = self.pixels.shape[:2]
            raise ViewError(f"pixel {pixel[0]},{pixel[1]}: give a column from 0 to {width - 1}, a row to {height - 1}")
        rect = panel.rect
        column, row = pixel[0] - rect.left, pixel[1] - rect.top
        drawn = rgb(self.pixels[pixel[1], pixel[0], :3].tolist())
        one = _of_panel(panel, (column, row), drawn, add)
        if not isinstance(panel.drawn, DrawnSlice | DrawnDifference) and panel.unmarked is None:
            # It is not known what is below its marks: they are named, and leave what is seen.
            named = mark_covers(panel.marks, (rect.height, rect.width), (column, row), drawn, self.identity)
            return replace(one, covers=tuple(replace(mark, left=drawn) for mark in named), color=drawn)
        covers = list(one.covers)
        covers += mark_covers(panel.marks, (rect.height, rect.width), (column, row), one.color, self.identity)
        below = covers[-1].left if covers else one.color
        height, width = self.pixels.shape[:2]
        covers += mark_covers(self.page_marks, (height, width), pixel, below, self.identity)
        return replace(one, covers=tuple(covers), color=covers[-1].left if covers else one.color)


def explain_pixel(
    picture: str | os.PathLike[str],
    pixel: tuple[int, int],
    places: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    frame: int = 1,
    max_memory: int | str | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Explain a pixel of a picture that this package made, from its recipe and the data.

    Parameters
    ----------
    picture : path-like
        A picture, figure or movie.
    pixel : tuple of int
        Column and row, from 0 at the left top.
    places : path-like, or sequence of them
        Where its data are, as for :func:`viewer3d.replay`.
    frame : int
        Of a movie, from 1.
    max_memory, progress
        As for :func:`viewer3d.load`.

    Raises
    ------
    RecipeError
        When the file holds no recipe, the data are not those of the picture, or it was changed since it was made.
    ViewError
        When the picture has no such pixel or frame.
    """
    file = Path(picture)
    recipe, data, sources = loaded_as_then(picture, places, max_memory=max_memory, progress=progress)
    with recipe_errors(file):
        made = drawn_again(recipe, data, frame)
    one = made.explained(pixel, sources.explained)
    column, row = pixel
    again = rgb(made.pixels[row, column, :3].tolist())
    held, form = _own_pixel(file, pixel, frame)
    shown, notes = again, list(data.notes)
    if held is None:
        notes.append(VECTORS_NOTE if file.suffix.lower() != ".mp4" else LOSSY_NOTE.format("MP4", "not read"))
    elif form not in _EXACT:
        notes.append(LOSSY_NOTE.format(form, " ".join(map(str, held))))
    elif held != tuple(made.pixels[row, column].tolist()[: len(held)]):
        raise RecipeError(
            f"{picture}: its pixel {column},{row} is {' '.join(map(str, held))}, and its recipe makes "
            f"{' '.join(map(str, again))}: it was changed, or drawn by other versions; viewer3d replay says more"
        )
    return replace(one, picture=shown, notes=(*one.notes, *notes))


def loaded_as_then(
    picture: str | os.PathLike[str],
    places: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    max_memory: int | str | None = None,
    progress: Progress | None = None,
) -> tuple[Recipe, DataOfPicture, Sources]:
    """Return the recipe of a picture, its data as they were then, and what finds stored values.

    Raises
    ------
    RecipeError
        When the file holds no recipe, or the data are not those of the picture.
    """
    recipe = read_recipe(picture)
    paths = [places] if isinstance(places, str | os.PathLike) else list(places)
    found = find_data(recipe, paths, max_memory=max_memory, progress=progress)
    data = data_of_picture(recipe, found)
    if data.reason:
        raise RecipeError(f"{picture}: {data.reason}: give the place of the data that it was made of")
    return recipe, data, Sources([scan(place) for place in paths])


def _identity(data: DataOfPicture) -> tuple[str, ...]:
    return tuple(line for volume in data.volumes for line in volume.identity)


def _own_pixel(file: Path, pixel: tuple[int, int], frame: int) -> tuple[tuple[int, ...] | None, str]:
    """Return the pixel that a file holds, and its format; None where it holds none to the digit."""
    from PIL import Image  # noqa: PLC0415 (with the picture's file)

    if file.suffix.lower() in (".pdf", ".svg", ".json", ".mp4"):
        return None, file.suffix
    if is_dicom_file(file):
        return tuple(read_capture(file)[frame - 1][pixel[1], pixel[0], :3].tolist()), "PNG"
    try:
        with Image.open(file) as picture:
            picture.seek(frame - 1)
            form = str(picture.format)
            held = picture.convert("RGBA" if "A" in picture.getbands() and form in _EXACT else "RGB").getpixel(pixel)
    except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:
        raise RecipeError(f"{file}: its pixels cannot be read ({error}): it was changed; give another") from error
    assert isinstance(held, tuple)
    return tuple(map(int, held)), form


def drawn_again(recipe: Recipe, data: DataOfPicture, frame: int = 1) -> DrawnPicture:
    """Draw the picture of a recipe again, and return it with its panels.

    Parameters
    ----------
    recipe : Recipe
    data : DataOfPicture
    frame : int
        Of a movie, from 1.

    Raises
    ------
    RecipeError
        When the recipe says nothing that can be drawn.
    ViewError
        When there is no such frame.
    """
    identity = tuple(line for volume in data.volumes for line in volume.identity)
    if recipe.figure == SHOT:
        if recipe.state is None or not data.volumes:
            raise RecipeError(f"recipe of {len(data.volumes)} volumes and no view: a shot has both; it was changed")
        _check_frame(frame, 1)
        return replace(_scene_again(data, recipe.state, recipe.size), identity=identity)
    made = remake(recipe, data.volumes, data.overlays)
    if isinstance(made, Figure):
        _check_frame(frame, 1)
        placed = volumes_of(made.overlays)
        face = _hidden_face(made)
        return replace(_page_again(made), identity=identity, originals=(*made.volumes, *placed), face=face)
    _check_frame(frame, len(made.states))
    return replace(_scene_again(data, made.states[frame - 1], made.size), identity=identity)


def _hidden_face(made: Figure) -> FaceCut | None:
    # Where a face was cut away before maxima were taken.
    if made.name != "mips":
        return None
    from viewer3d.render.face.removal import face_of  # noqa: PLC0415 (few figures hide one)

    hiding = [one.face_hidden for one in made.state.layers]
    volumes = (*made.volumes, *volumes_of(made.overlays))
    return face_of(volumes[hiding.index(True)]) if True in hiding else None


def _check_frame(frame: int, count: int) -> None:
    if not 1 <= frame <= count:
        raise ViewError(f"frame {frame}: the picture has {count}, from 1 on")


def _from_originals(
    originals: Sequence[Volume],
    face: FaceCut | None,
    with_sources: WithSources | None,
    volume: Volume,
    layer: LayerShare,
) -> LayerShare:
    """Return a layer with what files store, its flat voxels led back to where their maxima lie."""
    flat = flattened_from(volume, originals)
    if flat is not None:
        volume, axis = flat
        samples = tuple(
            replace(one, voxels=tuple(behind_flat(voxel, volume, axis, face) for voxel in one.voxels))
            for one in layer.samples
        )
        layer = replace(
            layer, samples=samples, notes=(*layer.notes, FLAT_NOTE.format(("columns", "rows", "slices")[axis]))
        )
    return layer if with_sources is None else with_sources(volume, layer)


def _page_again(figure: Figure) -> DrawnPicture:
    page: Page = figure.page
    panels = [
        PicturePanel(f"panel {number} of {figure.name}", one.rect, one.marks, one.drawn, one.pixels)
        for number, one in enumerate(page.panels, 1)
    ]
    beside = PicturePanel(f"beside the panels of {figure.name}", Rect(0, 0, *page.size), (), None, _ground(page))
    return DrawnPicture(figure.pixels, (*reversed(panels), beside), page.marks)


def _ground(page: Page) -> NDArray[np.uint8]:
    ground = np.empty((page.size[1], page.size[0], 3), np.uint8)
    ground[...] = page.ground or BLACK
    return ground


def _scene_again(data: DataOfPicture, state: ViewState, size: tuple[int, int]) -> DrawnPicture:
    placed = place_layers(data.volumes, data.overlays)
    with Scene(data.volumes, size, overlays=placed.overlays) as scene:
        scene.apply(state)
        return DrawnPicture(scene.screenshot(), panels_of_scene(scene))


def explain_shown(scene: Scene, pixel: tuple[int, int], files: Scan | None = None) -> Explanation:
    """Explain a pixel of the picture that a scene has drawn.

    Parameters
    ----------
    scene : Scene
    pixel : tuple of int
        Column and row.
    files : Scan, optional
        What its volumes were loaded from; without it the voxels are where it ends.

    Raises
    ------
    ViewError
        When there is no such pixel, or files have other values than the voxels.
    BadFileError
        When a file cannot be read.
    """
    sources = None if files is None else partial(Sources([files]).explained)
    return DrawnPicture(scene.picture, panels_of_scene(scene)).explained(pixel, sources)


def panels_of_scene(scene: Scene) -> tuple[PicturePanel, ...]:
    """Return the panels of the state that was applied to a scene."""
    state = scene.state
    assert state is not None
    border = np.empty((scene.size[1], scene.size[0], 3), np.uint8)
    border[...] = BORDER
    panes = [
        PicturePanel(f"{name} pane", rect, drawn_of(scene, name)[1], _drawn_of_scene(scene, state, name, rect))
        for name, rect in scene.rects().items()
    ]
    return (*panes, PicturePanel("the line between panes", Rect(0, 0, *scene.size), (), None, border))


def _drawn_of_scene(scene: Scene, state: ViewState, name: PaneName, rect: Rect) -> DrawnSlice | DrawnVolume:
    """Return what a pane of a scene is drawn of."""
    volume = scene.volume
    if name == "3d":
        request = render_request(scene.volumes[0], state, rect.size, scene.layers[1:], scene.regions)
        return DrawnVolume(volume, request, request.look.ground)
    pane: PaneGeometry = pane_geometry(volume.geometry, state, name, rect.size)
    names = tuple(layer.name for layer, look in zip(scene.layers, state.layers, strict=True) if look.shown)
    return DrawnSlice(drawn_of(scene, name)[0], names, pane_pixels(state, pane), BLACK)


def _of_panel(
    panel: PicturePanel, pixel: tuple[int, int], color: Color, with_sources: WithSources | None
) -> Explanation:
    """Explain a pixel of a panel without its marks; `color` is what the picture has there."""
    drawn, (column, row) = panel.drawn, pixel
    place = PicturePlace(panel.name, "", (float(column), float(row)), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.0)
    if drawn is None:
        below = color if panel.unmarked is None else rgb(panel.unmarked[row, column])
        return Explanation(place, (), below, below, (), below, notes=("no value of a volume is drawn here",))
    if isinstance(drawn, DrawnVolume):
        below = color if panel.unmarked is None else rgb(panel.unmarked[row, column])
        return explain_ray(drawn, place, below, with_sources)
    shown = drawn.before if isinstance(drawn, DrawnDifference) else drawn
    pane = shown.pixels.pane
    where = replace(
        place,
        plane=pane.plane.name,
        world=vector(pane.to_world((column, row))),
        normal=vector(pane.plane.normal),
        mm_per_pixel=pane.mm_per_pixel,
    )
    if isinstance(drawn, DrawnDifference):
        return explain_difference(drawn, where, (column, row), color, with_sources)
    found = explain_slice(pixel_of(drawn, column, row), with_sources)
    return Explanation(where, found.layers, drawn.ground, found.values, found.covers, found.color)
