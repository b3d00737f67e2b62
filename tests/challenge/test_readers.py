"""viewer3d answers all; so does nothing else, as the table in the docs says."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.challenge.readers import READERS, Read, answer, answers_of, by_viewer3d, table
from viewer3d.errors import OutputError
from viewer3d.phantom import write_challenge
from viewer3d.phantom.challenge import questions
from viewer3d.phantom.challenge.cases import CASES
from viewer3d.phantom.challenge.score import score_answers

QUICK = ("slopes", "pet")


def marks(read: Read, name: str) -> dict[str, bool]:
    case = next(case for case in CASES if case.name == name)
    score = score_answers({(name, question): given for question, given in answers_of(read, case).items()})
    return {mark.question: mark.is_right for mark in score.by_case[name]}


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("few")
    for case in CASES:
        if case.name in QUICK:
            (folder / case.name).mkdir()
            case.make(folder / case.name)
    return folder


@pytest.mark.parametrize("name", QUICK)
def test_viewer3d_answers_right(few: Path, name: str) -> None:
    assert all(marks(by_viewer3d(few / name), name).values())


def test_a_reader_that_is_wrong_is_found(few: Path) -> None:
    read = by_viewer3d(few / "slopes")
    stretched, mirrored = read.affine.copy(), read.affine.copy()
    stretched[2, 2] *= 1.1
    mirrored[0] *= -1
    assert not marks(replace(read, affine=stretched), "slopes")["distance"]
    assert not marks(replace(read, affine=mirrored), "slopes")["side"]
    assert not marks(replace(read, slices=70), "slopes")["slices"]
    doubled = marks(replace(read, voxels=read.voxels * np.float32(2)), "slopes")
    assert (doubled["value_a"], doubled["value_b"], doubled["distance"]) == (False, False, True)


def test_a_folder_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = [replace(case, make=lambda folder: (folder / "IM0001.dcm").write_bytes(b"")) for case in CASES[:2]]
    monkeypatch.setattr(questions, "CASES", tuple(small))
    begun: list[str] = []
    paths = write_challenge(tmp_path / "new", begin=begun.append)
    assert (
        [path.name for path in paths]
        == ["questions.csv", "README.md", "plain", "shuffled"]
        == [*(p.name for p in paths[:2]), *begun]
    )
    assert "| `plain` |" in paths[1].read_text(encoding="utf-8")
    with pytest.raises(OutputError, match="plain: is not empty"):
        write_challenge(tmp_path / "new")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        write_challenge(tmp_path / "file")


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("challenge")
    write_challenge(folder)
    return folder


@pytest.mark.slow
def test_viewer3d_answers_all_right(series: Path) -> None:
    score, refused = answer("viewer3d", series)
    assert refused == {}
    assert [mark for mark in score.marks if not mark.is_right] == []


@pytest.mark.slow
def test_the_table_in_the_docs_is_true(series: Path) -> None:
    for peer in ("SimpleITK", "dcm2niix", "highdicom"):
        pytest.importorskip(peer)
    page = (Path(__file__).parents[2] / "docs" / "challenge.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?:`|series|right).*$|^\|---.*$", page, re.MULTILINE)
    made = table(series).splitlines()
    assert len(made) == len(CASES) + 3
    assert [row for row in made if row not in rows] == []
    assert f"| series | {' | '.join(READERS)} |" in page
