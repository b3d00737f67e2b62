from __future__ import annotations

import numpy as np
import pytest

from viewer3d import Image2D
from viewer3d.core.images.image2d import first_view, flat_of, flat_volume
from viewer3d.core.volume import Volume
from viewer3d.errors import GeometryError, ViewError

RGB = np.arange(2 * 5 * 4 * 3, dtype=np.uint8).reshape(2, 5, 4, 3)


def test_a_grid_has_the_frames_of_the_image_as_slices() -> None:
    grey = np.arange(40, dtype=np.int16).reshape(2, 5, 4)
    flat = flat_volume(Image2D(grey, spacing=(0.5, 0.25), unit="HU"))
    np.testing.assert_array_equal(flat.voxels, grey.transpose(2, 1, 0))
    assert flat.spacing == (0.5, 0.25, 1.0)
    assert (flat.length_unit, flat.unit, flat.image_kind) == ("mm", "HU", "mm")
    assert flat_of(flat) is flat
    assert flat_of(flat.plain) is None


def test_colours_are_channels_and_their_brightness() -> None:
    image = Image2D(RGB)
    flat = flat_volume(image)
    assert flat_volume(image) is flat
    assert flat.color_at((1, 2, 1)) == tuple(RGB[1, 2, 1])
    assert flat.color_at((9, 2, 1)) is None
    assert flat.voxels[1, 2, 1] == np.rint(RGB[1, 2, 1] @ (0.299, 0.587, 0.114))
    assert flat.image_kind == "px, colour"
    other = RGB.copy()
    other[0, 0, 0] = other[0, 0, 0, ::-1]
    assert flat_volume(Image2D(other)).digest != flat.digest == flat_volume(Image2D(RGB.copy())).digest


def test_pixels_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Image2D(RGB.copy()).pixels[0] = 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"pixels": np.zeros((5, 4))},
        {"pixels": np.zeros((2, 5, 4, 3))},
        {"pixels": RGB[:0]},
        {"pixels": RGB, "spacing": (1.0, 0.0)},
        {"pixels": RGB, "aspect": float("nan")},
        {"pixels": RGB, "sides": (("L", "F"),)},
    ],
)
def test_what_is_no_image_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(GeometryError, match="give"):
        Image2D(**wrong)  # type: ignore[arg-type]


def test_an_image_has_one_pane() -> None:
    flat = flat_volume(Image2D(RGB))
    assert [first_view(flat, one) for one in ("quad", "axial")] == ["axial", "axial"]  # type: ignore[arg-type]
    with pytest.raises(ViewError, match="neither other planes nor 3D"):
        first_view(flat, "3d")
    assert first_view(Volume.from_array(np.zeros((2, 2, 2)), np.eye(4)), "3d") == "3d"
