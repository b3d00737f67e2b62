from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageSequence

from viewer3d.figures.movies.gif import write_gif
from viewer3d.figures.movies.picture_stream import PictureStream
from viewer3d.render.marks.display_list import EMPTY


def through_gif(frames, path, rate=12.5):
    frames = np.asarray(frames)
    with path.open("wb") as file:
        write_gif(file, PictureStream(iter(frames), len(frames), frames.shape[2:0:-1], rate, {}))
    with Image.open(path) as picture:
        return np.array([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)])


@pytest.fixture
def greys():
    """Two frames of all greys, each in another order."""
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2).repeat(40, 0)
    return np.stack([ramp, ramp[:, ::-1]])


def test_all_greys_are_exact(greys, tmp_path):
    np.testing.assert_array_equal(through_gif(greys, tmp_path / "a.gif"), greys)


def test_beside_colours_greys_are_off_by_one_at_most(greys, tmp_path):
    drawn = greys.copy()
    for n, color in enumerate(((230, 96, 82), (118, 182, 96), (228, 200, 92))):
        drawn[:, 4 * n, :, :] = np.linspace(0, 1, 256)[:, None] * color  # lines over all that is under them
    found = through_gif(drawn, tmp_path / "a.gif").astype(int)
    assert np.abs(found[:, 12:] - drawn[:, 12:]).max() == 1
    assert np.abs(found[:, :12] - drawn[:, :12]).max() <= 24
    assert np.abs(found[:, :12] - drawn[:, :12]).mean() < 4


def test_one_palette_serves_all_frames(greys, tmp_path):
    # What stays the same looks the same, whatever else is in the frame.
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 255, (3, 40, 256, 3), np.uint8)
    frames[:, :10] = greys[0, :10] // 2
    frames[:, 10:12] = EMPTY
    found = through_gif(frames, tmp_path / "a.gif")
    np.testing.assert_array_equal(found[0, :12], found[1, :12])
    np.testing.assert_array_equal(found[0, :12], found[2, :12])
    assert (found[:, 10:12] == EMPTY).all()
    content = (tmp_path / "a.gif").read_bytes()
    with Image.open(tmp_path / "a.gif") as picture:
        assert len(picture.global_palette.palette) == 3 * 256
    assert content.count(b"\x2c") >= 3


@pytest.mark.parametrize(("rate", "hundredths"), [(12.5, 8), (15, 7), (50, 2), (0.5, 200)])
def test_frames_stay_as_long_as_hundredths_of_a_second_can_say(greys, tmp_path, rate, hundredths):
    through_gif(greys, tmp_path / "a.gif", rate)
    with Image.open(tmp_path / "a.gif") as picture:
        assert picture.info["duration"] == 10 * hundredths
