"""Every format: what comes back, and what is left when it cannot be written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from viewer3d.errors import OutputError
from viewer3d.figures.movies.files import MOVIE_FORMATS, check_movie, write_movie
from viewer3d.figures.movies.picture_stream import PictureStream
from viewer3d.recipes.embed import embedded_text

TEXTS = {"viewer3d": '{"figure": "µ"}'}


def pictures(count=4, size=(40, 30)):
    """A grey ramp with a coloured square that moves."""
    ground = np.zeros((size[1], size[0], 3), np.uint8)
    ground[...] = np.linspace(0, 200, size[0])[None, :, None]
    for n in range(count):
        frame = ground.copy()
        frame[5:12, 3 + 5 * n : 9 + 5 * n] = (230, 96, 82)
        yield frame


def stream(frames, rate=12.5, texts=TEXTS):
    frames = list(frames)
    return PictureStream(iter(frames), len(frames), (frames[0].shape[1], frames[0].shape[0]), rate, texts)


def read(path):
    with Image.open(path) as picture:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)], picture.info


@pytest.mark.parametrize("suffix", [".webp", ".gif", ".png", ".apng", ".PNG"])
@pytest.mark.parametrize("size", [(40, 30), (41, 29)])
def test_frames_come_back_to_the_pixel_and_loop(tmp_path, suffix, size):
    frames = list(pictures(size=size))
    path = write_movie(stream(frames), tmp_path / f"a{suffix}")
    found, about = read(path)
    np.testing.assert_array_equal(found, frames)
    assert about["loop"] == 0
    assert about["duration"] == 80
    assert embedded_text(path) == TEXTS["viewer3d"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".webp", ".png"])
def test_frames_of_noise_and_a_frame_like_the_one_before(tmp_path, suffix):
    frames = list(np.random.default_rng(0).integers(0, 255, (3, 33, 47, 3), np.uint8))
    frames.insert(1, frames[0])
    found, _ = read(write_movie(stream(frames, texts={}), tmp_path / f"a{suffix}"))
    np.testing.assert_array_equal(found, frames)


def test_an_apng_is_a_png_of_its_first_frame(tmp_path):
    path = write_movie(stream(pictures()), tmp_path / "a.png")
    with Image.open(path) as picture:
        assert (picture.format, picture.mode, picture.default_image) == ("PNG", "RGB", False)
        np.testing.assert_array_equal(np.asarray(picture), next(pictures()))


def test_what_is_refused_before_anything_is_drawn(tmp_path):
    with pytest.raises(OutputError, match=r"no movie format.*'\.avi'.*\.webp, \.gif"):
        check_movie(tmp_path / "a.avi", (64, 48))
    with pytest.raises(OutputError, match="no folder"):
        check_movie(tmp_path / "none" / "a.gif", (64, 48))
    with pytest.raises(OutputError, match="even sides"):
        check_movie(tmp_path / "a.mp4", (65, 48))


def test_mp4_without_its_extra_names_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(OutputError, match=r"viewer3d\[movie\]"):
        check_movie(tmp_path / "a.mp4", (64, 48))


@pytest.mark.slow  # with the extra, which only the long tests have
def test_mp4_is_near_and_carries_its_texts(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="the extra movie is not installed").get_ffmpeg_exe()
    frames = list(pictures(size=(64, 48)))
    paths = [write_movie(stream(frames), tmp_path / f"{name}.mp4") for name in "ab"]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert embedded_text(paths[0]) == TEXTS["viewer3d"]
    words = [ffmpeg, "-i", paths[0], "-vf", "scale=in_color_matrix=bt709", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(words, capture_output=True, check=True)
    assert b"64x48" in done.stderr
    assert b"12.50 fps" in done.stderr
    found = np.frombuffer(done.stdout, np.uint8).reshape(4, 48, 64, 3).astype(int)
    assert np.abs(found - frames)[:, 20:].max() <= 4  # where there is no colour


@pytest.mark.parametrize(
    "suffix", [pytest.param(one, marks=pytest.mark.slow if one == ".mp4" else ()) for one in MOVIE_FORMATS]
)
def test_a_full_disk_leaves_the_earlier_file_and_nothing_else(tmp_path, suffix):
    resource = pytest.importorskip("resource", reason="no limit of a file's size on this system")
    if suffix == ".mp4":
        pytest.importorskip("imageio_ffmpeg", reason="the extra movie is not installed")
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"earlier")
    noise = np.random.default_rng(0).integers(0, 255, (6, 120, 160, 3), np.uint8)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(OutputError, match="cannot be written") as raised:
            write_movie(stream(noise), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(raised.value)
    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_in_drawing_leaves_nothing(tmp_path):
    def broken():
        yield from pictures(2)
        raise KeyboardInterrupt

    for suffix in (".webp", ".gif", ".png"):
        with pytest.raises(KeyboardInterrupt):
            write_movie(PictureStream(broken(), 4, (40, 30), 12.5, {}), Path(tmp_path, f"a{suffix}"))
    assert not list(tmp_path.iterdir())
