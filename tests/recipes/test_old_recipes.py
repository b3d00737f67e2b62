"""Pictures and states of earlier versions are made again, to the byte, from the words they were written in.

The texts below are what viewer3d wrote before states had layers: of version 3 in most pictures, of 4 where voxels were
shown as boxes, of 5 in states alone, which hold the series too. Their pixels are those that were drawn then; slices are
the same on every machine.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.dicom.small import image, save
from viewer3d import ImageLook, Measurement, Slab, SlicePane, ViewState, Volume, Window, load, screenshot
from viewer3d.app.show import read_state
from viewer3d.core.view.camera import Camera
from viewer3d.recipes.embed import read_recipe
from viewer3d.recipes.make import shot_recipe
from viewer3d.recipes.record import RECIPE_VERSION, TEXT_KEY
from viewer3d.recipes.replay import replay
from viewer3d.render.output import write_picture

SIZE: Final = (600, 200)
SERIES: Final = "684fd1c9de4d0c16faf1e6fef9964b5020aa2f103de59e8a89ba351ab5beccfa"

RECIPE: Final = (
    '{"figure":"shot","volumes":[{"voxels":"7e4614dc2163a3711b765e7ed977f7973c4981e30fb8a6f5c26742656bef0b17",'
    '"shape":[24,20,8],"affine":[[0.75,0.0,0.0,-9.0],[0.0,1.5,0.0,-15.0],[0.0,0.0,4.0,0.0],[0.0,0.0,0.0,1.0]],'
    f'"unit":"HU","provenance":{{"series":"{SERIES}","irregular":"resample","skip_bad":false,"spacing":null}}}}],'
    '"size":[600,200],"arguments":{},"state":@STATE@,"identified":false,"versions":@VERSIONS@,"renderer":"none",'
    '"version":1}'
)

STATE_3: Final = (
    '{"cursor":[0.0,0.0,16.0],"window":{"center":-100.0,"width":900.0,"function":"LINEAR"},"camera":{"position":'
    '[-0.375,-90.21231446079655,37.97135491278958],"focal_point":[-0.375,-0.75,14.0],"up":[0.0,0.0,1.0],"angle":30.0},'
    '"view":"mpr","axial":{"zoom":1.5,"pan":[2.0,-1.0]},"coronal":{"zoom":1.0,"pan":[0.0,0.0]},"sagittal":{"zoom":1.0,'
    '"pan":[0.0,0.0]},"rendering":"ct-bone","inverted":true,"enlarged":null,"pointer":null,"axes":[[1.0,0.0,0.0],'
    '[0.0,1.0,0.0],[0.0,0.0,1.0]],"slab":{"thickness":9.0,"blend":"mean"},"colors":"viridis","value_bar":true,'
    '"rendering_shift":25.5,"crop":null,"couch_hidden":false,"planes_shown":true,"measurements":[{"kind":"distance",'
    '"points":[[-5.0,-10.0,12.0],[6.0,5.0,12.0]],"right":[1.0,0.0,0.0],"down":[0.0,1.0,0.0],"name":"width"}],'
    '"member":0,"version":3}'
)
STATE_4: Final = (
    '{"cursor":[0.0,0.0,16.0],"window":{"center":-100.0,"width":900.0,"function":"LINEAR"},"camera":{"position":'
    '[-0.375,-90.21231446079655,37.97135491278958],"focal_point":[-0.375,-0.75,14.0],"up":[0.0,0.0,1.0],"angle":30.0},'
    '"view":"quad","axial":{"zoom":1.0,"pan":[0.0,0.0]},"coronal":{"zoom":1.0,"pan":[0.0,0.0]},"sagittal":{"zoom":1.0,'
    '"pan":[0.0,0.0]},"rendering":"auto","inverted":false,"enlarged":"coronal","pointer":null,"axes":[[0.8,0.6,0.0],'
    '[-0.6,0.8,0.0],[0.0,0.0,1.0]],"slab":{"thickness":0.0,"blend":"maximum"},"colors":"grey","value_bar":false,'
    '"rendering_shift":0.0,"crop":null,"couch_hidden":false,"planes_shown":false,"measurements":[],"member":0,'
    '"version":4,"interpolation":"nearest"}'
)
STATE_5: Final = STATE_4.replace('"version":4', '"version":5').replace('st"}', f'st","series":["{SERIES}"]}}')

PIXELS: Final = {
    3: "c1a2d5fd17c685661428f645c4750438efd82977742c99e6ccc136eb46a4ade9",
    4: "ee5afae61506143115731cb5f41ec06a43d17f36dde3270bfc4bfc74aded6bd0",
}

CAMERA: Final = Camera((-0.375, -90.21231446079655, 37.97135491278958), (-0.375, -0.75, 14.0), (0.0, 0.0, 1.0), 30.0)
ACROSS: Final[Any] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
MEANT: Final = {
    3: ViewState(
        cursor=(0.0, 0.0, 16.0),
        camera=CAMERA,
        layers=(
            ImageLook(
                Window(-100.0, 900.0),
                "viridis",
                inverted=True,
                value_bar=True,
                rendering="ct-bone",
                rendering_shift=25.5,
            ),
        ),
        view="mpr",
        axial=SlicePane(1.5, (2.0, -1.0)),
        slab=Slab(9.0, "mean"),
        planes_shown=True,
        measurements=(Measurement("distance", ((-5.0, -10.0, 12.0), (6.0, 5.0, 12.0)), *ACROSS, "width"),),
    ),
    4: ViewState(
        cursor=(0.0, 0.0, 16.0),
        camera=CAMERA,
        layers=(ImageLook(Window(-100.0, 900.0)),),
        enlarged="coronal",
        axes=((0.8, 0.6, 0.0), (-0.6, 0.8, 0.0), (0.0, 0.0, 1.0)),
        interpolation="nearest",
    ),
}
"""What the texts say, in today's words."""


@pytest.fixture
def ct(tmp_path: Path) -> Path:
    slices = (
        image(60 * k, (-9, -15, 4 * k), Rows=20, Columns=24, RescaleIntercept=-500, RescaleSlope=1) for k in range(8)
    )
    return save(tmp_path / "ct", slices)


def digest(pixels: NDArray[np.uint8]) -> str:
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def old_picture(volume: Volume, path: Path, state: str, pixels: NDArray[np.uint8]) -> Path:
    """Write a picture with a recipe in the words of then, drawn by the packages that are here."""
    here = shot_recipe(volume, MEANT[4], SIZE).versions
    text = RECIPE.replace("@STATE@", state).replace("@VERSIONS@", json.dumps(here, separators=(",", ":")))
    return write_picture(pixels, path, {TEXT_KEY: text})


@pytest.mark.parametrize(("version", "state"), [(3, STATE_3), (4, STATE_4)])
def test_a_picture_of_each_older_version_is_the_same(version: int, state: str, ct: Path, tmp_path: Path) -> None:
    volume = load(ct)
    assert volume.provenance is not None
    assert volume.provenance.series == SERIES
    pixels = screenshot(volume, state=MEANT[version], size=SIZE)
    assert digest(pixels) == PIXELS[version]
    picture = old_picture(volume, tmp_path / "old.png", state, pixels)
    recipe = read_recipe(picture)
    assert (recipe.state, recipe.overlays, recipe.version) == (MEANT[version], (), RECIPE_VERSION)
    made = replay(picture, ct, tmp_path / "again.png")
    # The words that are made of the recipe, and the modality that they tell, were not there then.
    assert (made.verdict, made.reason, made.notes) == ("same", "in every pixel; the rest of the file differs", ())
    then, now = (read_recipe(one) for one in (picture, tmp_path / "again.png"))
    assert [one.modality for one in (*then.volumes, *now.volumes)] == ["", "CT"]
    assert then == now


def test_a_recipe_whose_view_has_its_series_differs_in_that_alone(ct: Path, tmp_path: Path) -> None:
    """No viewer3d wrote one: a recipe's volumes say their series."""
    volume = load(ct)
    picture = old_picture(volume, tmp_path / "a.png", STATE_5, screenshot(volume, state=MEANT[4], size=SIZE))
    made = replay(picture, ct)
    assert (made.verdict, made.reason, made.notes) == ("same", "in every pixel; the rest of the file differs", ())


@pytest.mark.parametrize(("version", "text"), [(3, STATE_3), (4, STATE_4), (4, STATE_5)])
def test_a_saved_state_of_each_older_version_draws_what_it_drew(
    version: int, text: str, ct: Path, tmp_path: Path
) -> None:
    (tmp_path / "state.json").write_text(text)
    state = read_state(tmp_path / "state.json")
    assert state == MEANT[version]
    assert state.series == ((SERIES,) if "series" in text else ())
    assert digest(screenshot(load(ct), state=state, size=SIZE)) == PIXELS[version]
    assert json.dumps(json.loads(state.to_json()), separators=(",", ":")) == text


def test_pixels_that_differ_are_said(ct: Path, tmp_path: Path) -> None:
    """As they would be where a later viewer3d drew an older view otherwise."""
    volume = load(ct)
    pixels = screenshot(volume, state=MEANT[3], size=SIZE)
    pixels[90:110, 40:60] = 255 - pixels[90:110, 40:60]
    made = replay(old_picture(volume, tmp_path / "old.png", STATE_3, pixels), ct)
    assert made.verdict == "different"
    assert "around column" in made.reason
    assert "400 pixels differ at all" in made.reason
