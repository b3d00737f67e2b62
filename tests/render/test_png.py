from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from viewer3d.render import png
from viewer3d.render.png import encode_png

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("channels", "mode"), [((), "L"), ((3,), "RGB"), ((4,), "RGBA")])
@pytest.mark.parametrize("shape", [(20, 31), (1, 7), (5, 1)])
def test_every_pixel_comes_back(shape, channels, mode):
    pixels = RNG.integers(0, 256, (*shape, *channels), np.uint8)
    with Image.open(io.BytesIO(encode_png(pixels))) as picture:
        assert picture.mode == mode
        np.testing.assert_array_equal(np.asarray(picture), pixels)


def test_a_part_of_a_picture_is_written_as_it_lies():
    pixels = RNG.integers(0, 256, (20, 30, 3), np.uint8)[2:9, 4:20:2]
    with Image.open(io.BytesIO(encode_png(pixels))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), pixels)


def test_texts_and_the_size_on_paper_come_back():
    pixels = np.zeros((4, 5, 3), np.uint8)
    with Image.open(io.BytesIO(encode_png(pixels, {"viewer3d": "Läsion\n山", "b": ""}, 300))) as picture:
        picture.load()
        assert picture.text == {"viewer3d": "Läsion\n山", "b": ""}
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.02)


def test_pixels_of_a_huge_picture_are_in_several_chunks(monkeypatch):
    pixels = RNG.integers(0, 256, (20, 30, 3), np.uint8)
    monkeypatch.setattr(png, "_LARGEST", 500)
    content = encode_png(pixels)
    lengths = [struct.unpack(">I", content[at - 4 : at])[0] for at in _places(content, b"IDAT")]
    assert len(lengths) == 4
    assert max(lengths) == 500
    with Image.open(io.BytesIO(content)) as picture:
        picture.verify()  # the check sums
    with Image.open(io.BytesIO(content)) as picture:
        np.testing.assert_array_equal(np.asarray(picture), pixels)


def test_smooth_pictures_are_no_larger_than_those_of_pillow():
    y, x = np.mgrid[:200, :300]
    grey = (127 + 100 * np.sin(x / 40) * np.cos(y / 30) + RNG.normal(0, 2, x.shape)).astype(np.uint8)
    pixels = np.repeat(grey[..., None], 3, 2)
    other = io.BytesIO()
    Image.fromarray(pixels).save(other, "PNG", compress_level=1)
    assert len(encode_png(pixels)) < len(other.getvalue())


def _places(content, name):
    at = content.find(name)
    while at >= 0:
        yield at
        at = content.find(name, at + 1)
