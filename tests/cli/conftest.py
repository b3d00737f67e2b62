"""What the tests of the program share: how it is run, and a patient on two grids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from pydicom import dcmread

from tests.app.conftest import desktop  # noqa: F401 (a fixture)
from tests.phantom_files import write_phantom
from viewer3d.cli import main

SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}
COARSE = {"shape": (20, 24, 9), "spacing": (15.0, 10.0, 8.0)}


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def rewrite(folder: Path, **values: object) -> None:
    """Give all files of a folder other values of some attributes."""
    for path in folder.iterdir():
        dataset = dcmread(path)
        for name, value in values.items():
            setattr(dataset, name, value)
        dataset.save_as(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ct")
    write_phantom(folder, shape=(24, 20, 8), spacing=(14.0, 12.0, 20.0))
    return folder


@pytest.fixture
def ct(tmp_path: Path) -> Path:
    write_phantom(tmp_path / "ct", **SMALL)
    return tmp_path / "ct"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Return the folder of the same patient on another grid, in the same frame of reference."""
    write_phantom(tmp_path / "other", **COARSE)
    rewrite(tmp_path / "other", SeriesInstanceUID="1.2.3", SeriesNumber=7)
    return tmp_path / "other"
