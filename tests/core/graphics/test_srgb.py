import numpy as np
import pytest

from viewer3d.core.graphics.srgb import contrast, from_linear, legible_color, luminance, to_linear


def test_every_level_comes_back():
    levels = np.arange(256) / 255
    np.testing.assert_allclose(from_linear(to_linear(levels)), levels, atol=2e-7)
    assert to_linear(0.5) == pytest.approx(0.2140411, abs=1e-7)  # IEC 61966-2-1


def test_light_beyond_the_ends_is_the_ends():
    np.testing.assert_allclose(from_linear([-1, 2]), [0, 1])


def test_luminance_is_of_light():
    assert luminance((255, 255, 255)) == pytest.approx(1)
    assert luminance((0, 255, 0)) == pytest.approx(0.7152)


def test_contrast_is_of_both_orders():
    assert contrast((0, 0, 0), (255, 255, 255)) == contrast((255, 255, 255), (0, 0, 0)) == pytest.approx(21)


@pytest.mark.parametrize("least", [3, 4.5])
@pytest.mark.parametrize("ground", [(0, 0, 0), (8, 9, 11), (255, 255, 255)])
@pytest.mark.parametrize("color", [(255, 220, 0), (0, 0, 0), (255, 255, 255), (0, 0, 128), (90, 0, 0), (60, 60, 60)])
def test_a_legible_colour_has_contrast_and_its_hue(color, ground, least):
    found = legible_color(color, ground, least)
    assert contrast(found, ground) > least - 0.1  # whole numbers are kept
    assert np.all(np.argsort(found, kind="stable") == np.argsort(color, kind="stable"))
    if contrast(color, ground) >= least:
        assert found == color  # what is seen stays
