"""How jobs are found, and what they may return."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.archive.items import KEY, context_of, made_item
from viewer3d.archive.jobs.job import BUILT_IN, Made, as_made, job_of, jobs_of
from viewer3d.errors import ArchiveError


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_built_in_job_is_there(name: str) -> None:
    assert callable(job_of(name))


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "jobs_of_mine.py").write_text(
        "from viewer3d.archive import Made\n"
        "def mean(volume, context):\n    return [], {'mean': float(volume.voxels.mean())}\n"
        "def alone(volume):\n    return Made()\n"
        "NUMBER = 3\n"
    )
    (tmp_path / "broken_job.py").write_text("import math\nmath.nothing\n")
    (tmp_path / "other_jobs.py").write_text("def mean(volume, context):\n    return [], {}\n")
    (tmp_path / "needs_more.py").write_text("import no_such_package_at_all\n")
    monkeypatch.chdir(tmp_path)  # as the shell, whose folder is not in the program's path
    monkeypatch.setattr(sys, "path", [one for one in sys.path if one])
    yield tmp_path
    for name in ("jobs_of_mine", "broken_job", "other_jobs", "needs_more"):
        sys.modules.pop(name, None)


def test_own_jobs_are_found_in_the_current_folder(own: Path) -> None:
    before = list(sys.path)
    assert job_of("jobs_of_mine:mean").__module__ == "jobs_of_mine"
    assert sys.path == before
    assert str(own) not in sys.path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("thumb", "'thumb': no job: give some of thumbnail, mpr"),
        ("package.module", "no job"),
        ("jobs_of_mine:", "no job"),
        ("jobs_of_mine:a b", "no job"),
        ("../jobs:mean", "no job"),
        ("no_such_module:mean", "there is no module no_such_module: install it where the workers run"),
        (
            "needs_more:mean",
            "its module cannot be imported (ModuleNotFoundError: No module named 'no_such_package_at_all'",
        ),
        ("broken_job:mean", "its module cannot be imported (AttributeError: module 'math' has no attribute 'nothing'"),
        ("jobs_of_mine:median", "there is no median in jobs_of_mine"),
        ("jobs_of_mine:NUMBER", "is int and no function"),
        ("jobs_of_mine:alone", "too many positional arguments): it takes a volume and a context"),
    ],
)
def test_what_is_no_job_is_refused_in_words(own: Path, name: str, words: str) -> None:
    with pytest.raises(ArchiveError) as error:
        job_of(name)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_two_jobs_of_one_label_are_refused(own: Path) -> None:
    assert list(jobs_of(["info", "jobs_of_mine:mean", "info"])) == ["info", "jobs_of_mine:mean"]
    with pytest.raises(ArchiveError, match="other_jobs:mean: jobs_of_mine:mean has files of the same name"):
        jobs_of(["jobs_of_mine:mean", "other_jobs:mean"])


def test_what_jobs_return_becomes_plain(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"1")
    numbers = {
        "a": np.float32(0.5),
        "b": np.int16(3),
        "c": math.nan,
        "d": True,
        "e": "x\ny",
        "f": None,
        "g": np.bool_(1),
    }
    made = as_made("mine", ([str(file)], numbers), tmp_path)
    assert made == Made((file,), {"a": 0.5, "b": 3, "c": None, "d": True, "e": r"x\ny", "f": None, "g": True})
    assert [type(made.numbers[name]) for name in "abg"] == [float, int, bool]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "mine: returned None: a job returns files and numbers"),
        ({"mean": 1}, "a job returns files and numbers"),
        (("a.png", {}), "a job returns files and numbers"),
        (([], [1, 2]), "a job returns files and numbers"),
        (([3], {}), "returned 3 among its files"),
        (([], {"a": [1]}), "returned [1] as a: give a number, text"),
        (([], {1: 2}), "a number called 1"),
        ((["/etc/hostname"], {}), "not below the item's folder"),
        ((["{folder}/../x"], {}), "not below the item's folder"),
        ((["{folder}/none.png"], {}), "none.png, and there is no such file"),
    ],
)
def test_what_else_jobs_return_is_refused_in_words(tmp_path: Path, given: object, words: str) -> None:
    if isinstance(given, tuple) and given[0] and isinstance(given[0][0], str) and given[0] != "a.png":
        given = ([given[0][0].format(folder=tmp_path)], given[1])
    with pytest.raises(ArchiveError) as error:
        as_made("mine", given, tmp_path)
    assert words in str(error.value)


def test_files_are_called_by_key_and_job(tmp_path: Path) -> None:
    context = context_of(made_item(tmp_path), tmp_path, "package.module:peaks")
    assert context.file("-left.png") == tmp_path / f"{KEY}-peaks-left.png"
