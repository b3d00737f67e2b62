from __future__ import annotations

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from tests.phantom_files import write_phantom
from viewer3d import figures
from viewer3d.recipes.embed import read_recipe
from viewer3d.recipes.replay import replay


@pytest.fixture
def movie(head):
    return figures.sweep(head, ["brain", "bone"], 6, size=(64, 48))


def test_progress_is_told_frame_by_frame(movie, tmp_path):
    told = []
    movie.save(tmp_path / "a.webp", lambda *step: told.append(step))
    assert told == [("frames", n, 6) for n in range(1, 7)]


@pytest.mark.parametrize("suffix", [".webp", ".gif", ".png"])
def test_the_file_carries_its_recipe(movie, tmp_path, suffix):
    recipe = read_recipe(movie.save(tmp_path / f"a{suffix}"))
    assert (recipe.figure, recipe.size, recipe.arguments) == ("sweep", (64, 48), movie.arguments)
    assert recipe.state == movie.states[0]
    assert recipe.volumes[0].voxels == movie.volumes[0].digest


def test_two_files_are_the_same_to_the_byte(movie, tmp_path):
    files = [movie.save(tmp_path / f"{name}.gif").read_bytes() for name in "ab"]
    assert files[0] == files[1]


def test_a_movie_is_replayed_from_its_file(tmp_path):
    from viewer3d.formats.load import load

    write_phantom(tmp_path / "ct", shape=(34, 30, 12), spacing=(9.0, 8.0, 6.0))
    path = figures.cine(load(tmp_path / "ct"), frames=4, size=(64, 48)).save(tmp_path / "a.png")
    made = replay(path, tmp_path / "ct", tmp_path / "b.png")
    assert made.verdict == "identical"
    assert (tmp_path / "b.png").read_bytes() == path.read_bytes()


def test_a_notebook_shows_it_moving(movie):
    html = movie._repr_html_()
    assert html is movie._repr_html_()
    data = re.fullmatch(r'<img alt="[^"]*" src="data:image/webp;base64,([^"]*)">', html)
    with Image.open(io.BytesIO(base64.b64decode(data[1]))) as picture:
        assert (picture.n_frames, picture.size) == (6, (64, 48))
        frame = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(frame - next(movie.frames())).mean() < 6


def test_a_movie_says_what_it_is(movie):
    assert repr(movie) == "Movie(sweep, 6 frames of 64 x 48 pixels, 12.5 a second)"
    assert json.loads(movie.texts["viewer3d"])["renderer"] == "none"
