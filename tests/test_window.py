"""Windows: PS3.3 C.11.2.1.2 to the grey level, and the names."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.pixels.processing import apply_windowing

from viewer3d import window
from viewer3d.errors import WindowError
from viewer3d.window import Window, auto_window, named_windows, parse_window

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
INT16 = np.arange(-(1 << 15), 1 << 15).astype(np.int16)


def by_pydicom(values: np.ndarray, center: float, width: float, function: str) -> np.ndarray:
    ds = Dataset()
    ds.PhotometricInterpretation, ds.BitsStored, ds.PixelRepresentation = "MONOCHROME2", 8, 0
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = center, width, function
    return apply_windowing(values.astype(np.float64), ds)  # over the range of the stored bits: 0 to 255


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("center", "width"), [(40, 400), (-600, 1500), (40.5, 3.5), (0, 65536), (2048, 1), (7, 2), (-1000, 0.5)]
)
def test_every_int16_is_as_pydicom_has_it(center: float, width: float, function: str) -> None:
    if function == "LINEAR" and width < 1:
        pytest.skip("LINEAR needs a width of at least 1 (PS3.3 C.11.2.1.2.1)")
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        theirs = by_pydicom(INT16, center, width, function)
    ours = Window(center, width, function).apply(INT16)  # type: ignore[arg-type]
    assert np.allclose(ours * 255, theirs, atol=1e-9)
    assert np.array_equal(np.rint(ours * 255), np.rint(theirs))


@pytest.mark.parametrize(
    ("function", "at_40", "at_239"),
    [("LINEAR", 0.501253, 1.0), ("LINEAR_EXACT", 0.5, 0.9975), ("SIGMOID", 0.5, 0.879743)],
)
def test_known_values(function: str, at_40: float, at_239: float) -> None:
    grey = Window(40, 400, function).apply([40, 239])  # type: ignore[arg-type]
    assert grey == pytest.approx([at_40, at_239], abs=1e-6)


def test_values_without_a_place_are_black() -> None:
    assert Window(0, 10).apply([np.nan, -np.inf, np.inf]).tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("center", "width", "function"),
    [(0, 0, "LINEAR"), (0, 0.5, "LINEAR"), (0, 0, "SIGMOID"), (0, -1, "LINEAR_EXACT"), (np.nan, 1, "LINEAR"),
     (0, np.inf, "LINEAR"), (0, 1, "CUBIC")],
)  # fmt: skip
def test_a_window_that_means_nothing_is_refused(center: float, width: float, function: str) -> None:
    with pytest.raises(WindowError):
        Window(center, width, function)  # type: ignore[arg-type]


def test_names_in_the_order_of_their_digits() -> None:
    assert list(named_windows())[:5] == ["soft-tissue", "lung", "liver", "bone", "brain"]
    assert named_windows()["bone"] == Window(400, 1800)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("bone", Window(400, 1800)), ("Soft Tissue", Window(40, 400)), ("temporal_bone", Window(600, 2800)),
     ("40/400", Window(40, 400)), (" -600 / 1500.5 ", Window(-600, 1500.5))],
)  # fmt: skip
def test_parse(text: str, meant: Window) -> None:
    assert parse_window(text) == meant


@pytest.mark.parametrize("text", ["bones", "", "40", "40/400/3", "a/b"])
def test_parse_refuses_with_the_names(text: str) -> None:
    with pytest.raises(WindowError, match=r"center/width.*soft-tissue.*bone"):
        parse_window(text)


def test_auto_leaves_out_background_and_outliers() -> None:
    values = np.concatenate([np.zeros(5000), np.linspace(100, 1100, 5000), [1e6]])
    low, high = auto_window(values).bounds
    assert 100 <= low < 110
    assert 1090 < high <= 1100


@pytest.mark.parametrize("values", [[5, 5, 5], [np.nan, np.nan], [], [1, 2], [np.inf, 3.0]])
def test_auto_of_what_has_no_spread(values: list[float]) -> None:
    assert auto_window(np.array(values)).width > 0


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_scaled_window_does_the_same_to_scaled_values(function: str) -> None:
    window = Window(300, 1200, function)  # type: ignore[arg-type]
    values = np.linspace(-1000, 2000, 301)
    assert np.allclose(window.scaled(0.00042).apply(values * 0.00042), window.apply(values), atol=1e-9)


def test_examples() -> None:
    assert doctest.testmod(window).failed == 0
