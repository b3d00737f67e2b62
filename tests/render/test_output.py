from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from viewer3d.errors import OutputError
from viewer3d.render import output
from viewer3d.render.output import FORMATS, check_path, write_picture

PIXELS = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)


@pytest.mark.parametrize("suffix", [*FORMATS, ".PNG"])
def test_a_picture_comes_back(tmp_path, suffix):
    path = write_picture(PIXELS, tmp_path / f"a{suffix}")
    with Image.open(path) as picture:
        back = np.asarray(picture.convert("RGB"))
    assert back.shape == PIXELS.shape
    if not suffix.startswith(".jp"):
        np.testing.assert_array_equal(back, PIXELS)
    assert [path.name for path in tmp_path.iterdir()] == [f"a{suffix}"]


def test_a_png_carries_texts(tmp_path):
    path = write_picture(PIXELS, tmp_path / "a.png", {"viewer3d": '{"unit": "µ"}'})
    with Image.open(path) as picture:
        assert picture.text["viewer3d"] == '{"unit": "µ"}'


def test_unknown_suffixes_are_refused_with_the_known(tmp_path):
    with pytest.raises(OutputError, match=r"'\.gif'.*\.png.*\.webp"):
        check_path(tmp_path / "a.gif")
    with pytest.raises(OutputError, match="suffix ''"):
        write_picture(PIXELS, tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_and_a_folder_are_refused(tmp_path):
    with pytest.raises(OutputError, match="no folder"):
        check_path(tmp_path / "not" / "a.png")
    (tmp_path / "b.png").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        check_path(tmp_path / "b.png")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failed_write_leaves_the_earlier_file_and_nothing_else(tmp_path, monkeypatch, error):
    path = tmp_path / "a.png"
    path.write_bytes(b"earlier")

    def fail(*_given):
        raise error

    monkeypatch.setattr(output, "encode_png", fail)
    with pytest.raises(OutputError if isinstance(error, OSError) else KeyboardInterrupt) as raised:
        write_picture(PIXELS, path)
    if isinstance(error, OSError):
        assert "no space left" in str(raised.value)
        assert "\n" not in str(raised.value)
    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_an_unwritable_folder_is_one_line(tmp_path, monkeypatch):
    def refuse(self, *args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(output.Path, "open", refuse)
    with pytest.raises(OutputError, match="permission denied") as raised:
        write_picture(PIXELS, tmp_path / "a.png")
    assert "\n" not in str(raised.value)
