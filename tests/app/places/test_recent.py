"""Folders that were opened before: kept only where the settings allow it, privately, and deleted."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from threading import Thread

import pytest

from viewer3d.app.places import recent
from viewer3d.app.places.recent import forget_recent, read_recent, recent_file, remember
from viewer3d.errors import OutputError


@pytest.fixture
def allowed(monkeypatch, tmp_path):
    """A person whose settings let paths be kept, in a folder of the test's own."""
    monkeypatch.setattr(recent, "kept_folder", lambda: tmp_path / "state" / "series")
    (tmp_path / "own.toml").write_text("[session]\nrecent = true\n")
    monkeypatch.setenv("VIEWER3D_SETTINGS", str(tmp_path / "own.toml"))
    return tmp_path


def folders(tmp_path, count):
    made = [tmp_path / f"study {n}" for n in range(count)]
    for one in made:
        one.mkdir()
    return [str(one) for one in made]


def test_nothing_is_kept_unless_the_settings_say_so(monkeypatch, tmp_path):
    monkeypatch.setattr(recent, "kept_folder", lambda: tmp_path / "state" / "series")
    assert remember(str(tmp_path)) == ()
    assert not (tmp_path / "state").exists()


def test_the_latest_comes_first_once_and_ten_are_kept(allowed):
    made = folders(allowed, 12)
    for one in made:
        remember(one)
    assert remember(made[5]) == (made[5], *[one for one in made[::-1] if one != made[5]][:9])
    assert len(read_recent()) == 10


def test_what_is_gone_is_left_out_and_comes_back_with_its_disk(allowed):
    one, other = folders(allowed, 2)
    remember(one)
    remember(other)
    Path(one).rmdir()
    assert read_recent() == (other,)
    Path(one).mkdir()
    assert read_recent() == (other, one)


@pytest.mark.skipif(os.name == "nt", reason="modes of files are of POSIX")
def test_the_file_is_private_and_what_is_damaged_is_replaced(allowed):
    (one,) = folders(allowed, 1)
    remember(one)
    assert stat.S_IMODE(recent_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(recent_file().parent.stat().st_mode) == 0o700
    for damage in (b"", b"[1, 2]", b"\xff\xfe", b"[" * 10**5):
        recent_file().write_bytes(damage)
        assert read_recent() == ()
        assert remember(one) == (one,)


def test_a_setting_that_is_taken_back_shows_nothing_and_forget_deletes(allowed):
    (one,) = folders(allowed, 1)
    remember(one)
    (allowed / "own.toml").write_text("[session]\nrecent = false\n# again\n")
    assert read_recent() == ()
    assert forget_recent()
    assert not recent_file().exists()
    assert not forget_recent()


def test_a_path_that_is_no_text_is_told_and_not_kept(allowed):
    with pytest.raises(OutputError, match="no UTF-8"):
        remember(str(allowed / "study \udcff"))
    assert read_recent() == ()


def test_windows_that_open_folders_at_once_keep_all_of_them(allowed, monkeypatch):
    made, read = folders(allowed, 6), recent._read

    def slowly():
        found = read()
        time.sleep(0.003)
        return found

    monkeypatch.setattr(recent, "_read", slowly)
    threads = [Thread(target=remember, args=(one,)) for one in made]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(read_recent()) == made
