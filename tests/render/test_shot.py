"""A picture in one call: its file, its recipe, and what is refused."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.render.markers import DIRECTIONS, MARKER, marker_volume
from viewer3d import phantom
from viewer3d.core.window import Window, named_windows
from viewer3d.errors import OutputError, RenderError, ViewError, WindowError
from viewer3d.recipes.embed import read_recipe
from viewer3d.render.first_state import first_state
from viewer3d.render.shot import screenshot
from viewer3d.render.slices.sample import Sampler


@pytest.fixture
def volume():
    return marker_volume(DIRECTIONS["oblique"])


def test_3d_alone_without_opengl_is_an_error_and_no_file(volume, no_opengl, tmp_path):
    with pytest.raises(RenderError, match="apt-get install"):
        screenshot(volume, tmp_path / "a.png", view="3d")
    assert not list(tmp_path.iterdir())


def test_a_ct_is_shown_without_its_couch_unless_that_is_asked_for(opengl, tmp_path):
    body = phantom.volume(shape=(120, 100, 60))
    pictures = [
        screenshot(body, tmp_path / f"{hidden}.png", view="3d", rendering="skin", size=(200, 160), couch_hidden=hidden)
        for hidden in (None, True, False)
    ]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert (pictures[0] != pictures[2]).any()
    # A recipe says what was drawn, whatever was asked for.
    states = [read_recipe(tmp_path / f"{hidden}.png").state for hidden in (None, True, False)]
    assert [state.look.couch_hidden for state in states] == [True, True, False]


def test_the_same_call_in_two_processes_gives_the_same_bytes(tmp_path, opengl):
    code = (
        "import sys, numpy as np; from viewer3d.core.volume import Volume; from viewer3d.render.shot import screenshot;"
        "v = np.random.default_rng(0).integers(-1000, 1500, (40, 40, 30)).astype(np.int16);"
        "screenshot(Volume.from_array(v, np.diag([1, 1, 2, 1.0]), unit='HU'), sys.argv[1], size=(640, 480))"
    )
    digests = set()
    for n in range(2):
        path = tmp_path / f"{n}.png"
        subprocess.run([sys.executable, "-c", code, str(path)], check=True)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_the_png_carries_its_state(volume, tmp_path):
    path = tmp_path / "a.png"
    pixels = screenshot(volume, path, view="coronal", window="bone", at=volume.geometry.center, size=(80, 60))
    with Image.open(path) as picture:
        np.testing.assert_array_equal(np.asarray(picture), pixels)
    state = read_recipe(path).state
    assert state.look.window == named_windows()["bone"]
    np.testing.assert_array_equal(screenshot(volume, state=state, size=(80, 60)), pixels)


@pytest.mark.parametrize("at", [(0, 0, 1e5), (1, 2), (np.nan, 0, 0), None])
def test_places_outside_are_refused_with_the_bounds(volume, at):
    if at is None:
        assert screenshot(volume, view="axial", size=(16, 16)).shape == (16, 16, 3)
        return
    low = f"{volume.geometry.bounds[0][0]:.1f}"
    with pytest.raises(ViewError, match=low) as raised:
        screenshot(volume, view="axial", at=at)
    assert "\n" not in str(raised.value)


def test_the_place_is_where_the_slices_go(volume):
    world = volume.geometry.index_to_world(MARKER)
    there = screenshot(volume, view="axial", window=Window(0, 2000), at=world, size=(200, 200))
    elsewhere = screenshot(volume, view="axial", window=Window(0, 2000), size=(200, 200))
    assert (there[30:170, 30:170] == 255).any()
    assert not (elsewhere[30:170, 30:170] == 255).any()


def test_impossible_wishes_are_refused_before_anything_is_drawn(volume, tmp_path, monkeypatch):
    monkeypatch.setattr(Sampler, "values", lambda *_: pytest.fail("drew"))
    for wish, error in (
        ({"size": (8, 8)}, ViewError),
        ({"view": "oblique"}, ViewError),
        ({"rendering": "gold"}, ViewError),
        ({"window": "x"}, WindowError),
        ({"path": tmp_path / "a.bmp"}, OutputError),
        ({"path": tmp_path / "no" / "a.png"}, OutputError),
        ({"state": first_state(volume), "window": "bone"}, ViewError),
    ):
        with pytest.raises(error):
            screenshot(volume, **wish)
