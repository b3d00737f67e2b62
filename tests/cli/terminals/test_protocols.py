from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import viewer3d
from tests.cli.terminals.decoding import block_colors, iterm2_pixels, kitty_pixels, sixel_pixels
from viewer3d import phantom
from viewer3d.cli.terminals.protocols import block_bytes, encode_for, iterm2_bytes, kitty_bytes, sixel_bytes

LEVELS = (0, 95, 135, 175, 215, 255)
CUBE = {16 + 36 * r + 6 * g + b: [LEVELS[r], LEVELS[g], LEVELS[b]] for r, g, b in np.ndindex(6, 6, 6)}
XTERM = CUBE | {232 + n: [8 + 10 * n] * 3 for n in range(24)}  # of 256 colours those that are everywhere the same


@pytest.fixture(scope="module")
def picture() -> NDArray[np.uint8]:
    return viewer3d.screenshot(phantom.volume(shape=(48, 40, 30)), view="mpr", size=(301, 128))


@pytest.mark.parametrize("size", [(1, 1), (301, 128), (200, 7)])
def test_png_comes_whole_by_kitty_and_iterm2(picture: NDArray[np.uint8], size: tuple[int, int]) -> None:
    pixels = np.resize(picture, (size[1], size[0], 3))
    np.testing.assert_array_equal(kitty_pixels(kitty_bytes(pixels)), pixels)
    np.testing.assert_array_equal(iterm2_pixels(iterm2_bytes(pixels, None)), pixels)
    assert b";width=80;height=23;" in iterm2_bytes(pixels, (80, 23))


@pytest.mark.parametrize("height", [6, 7, 128])
def test_sixels_have_each_pixel_in_percent(picture: NDArray[np.uint8], height: int) -> None:
    pixels = np.ascontiguousarray(np.broadcast_to(picture[:height, :, :1], (height, 301, 3)))  # greys: 101 in percent
    np.testing.assert_array_equal(sixel_pixels(sixel_bytes(pixels, 256)), np.rint(pixels / 2.55))


def test_sixels_of_few_colors_are_near(picture: NDArray[np.uint8]) -> None:
    shown = sixel_pixels(sixel_bytes(picture, 16))
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) <= 16
    assert np.abs(shown * 2.55 - picture).mean() < 4
    noise = np.random.default_rng(1).integers(0, 256, (30, 40, 3), np.uint8)
    assert (sixel_pixels(sixel_bytes(noise, 256)) >= 0).all()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("sixel2png") is None, reason="libsixel's sixel2png is not installed")
def test_libsixel_reads_the_same(picture: NDArray[np.uint8], tmp_path: Path) -> None:
    sent = sixel_bytes(picture, 256)
    (tmp_path / "a.six").write_bytes(sent)
    subprocess.run(["sixel2png", "-i", tmp_path / "a.six", "-o", tmp_path / "a.png"], check=True)
    read = np.asarray(Image.open(tmp_path / "a.png").convert("RGB")).astype(int)
    assert np.abs(read - sixel_pixels(sent) * 2.55).max() <= 1


@pytest.mark.parametrize("rows", [127, 128])
def test_blocks_have_the_colors_of_the_pixels(picture: NDArray[np.uint8], rows: int) -> None:
    pixels = picture[:rows, :90]
    shown = block_colors(block_bytes(pixels, 1 << 24))
    np.testing.assert_array_equal(shown[:rows], pixels)
    assert not shown[rows:].any()


def test_blocks_of_256_colors_are_the_nearest(picture: NDArray[np.uint8]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (12, 20, 3), np.uint8)
    pixels[:6] = pixels[:6, :, :1]
    numbers = block_colors(block_bytes(pixels, 256))[..., 0]
    colors = np.array(list(XTERM.values()))
    least = ((pixels[..., None, :].astype(int) - colors) ** 2).sum(-1).min(-1)
    shown = np.array([XTERM[n] for n in numbers.ravel()]).reshape(pixels.shape)
    np.testing.assert_array_equal(((shown - pixels) ** 2).sum(-1), least)


def test_the_kind_says_how(picture: NDArray[np.uint8]) -> None:
    pixels = picture[:6, :8]
    begins = {"kitty": b"\x1b_G", "iterm2": b"\x1b]1337;", "sixel": b"\x1bP0;1;0q", "blocks": b"\x1b[38;5;"}
    for kind, begin in begins.items():
        assert encode_for(kind, pixels, colors=256).startswith(begin)  # type: ignore[arg-type]
