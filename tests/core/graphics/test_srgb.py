import numpy as np
import pytest

from viewer3d.core.graphics.srgb import from_linear, luminance, to_linear


def test_every_level_comes_back():
    levels = np.arange(256) / 255
    np.testing.assert_allclose(from_linear(to_linear(levels)), levels, atol=2e-7)
    assert to_linear(0.5) == pytest.approx(0.2140411, abs=1e-7)  # IEC 61966-2-1


def test_light_beyond_the_ends_is_the_ends():
    np.testing.assert_allclose(from_linear([-1, 2]), [0, 1])


def test_luminance_is_of_light():
    assert luminance((255, 255, 255)) == pytest.approx(1)
    assert luminance((0, 255, 0)) == pytest.approx(0.7152)
