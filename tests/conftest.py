"""What all tests share: where the real series are, and the phantom as files."""

from __future__ import annotations

import gc
import json
import os
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.own_settings import OWN

# A busy machine makes an example late, and nothing of it wrong.
settings.register_profile("viewer3d", deadline=None)
settings.load_profile("viewer3d")

# The file of settings of who runs the tests is not theirs to see.
os.environ["VIEWER3D_SETTINGS"] = ""

# Nor what windows kept on this machine, nor in another test.
_KEPT = tempfile.TemporaryDirectory(prefix="viewer3d-tests-", ignore_cleanup_errors=True)
_TESTS = count()

SHARED = Path(__file__).parents[2] / "shared" / "data"


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over all that was imported and collected: it takes 0.3 s for it each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def kept_folder() -> Path:
    """Return the folder in which windows of this test keep what they do; it need not be there."""
    home = Path(_KEPT.name) / str(next(_TESTS))
    os.environ["XDG_STATE_HOME"] = str(home)
    return home / "viewer3d" / "series"


@pytest.fixture
def real() -> Callable[[str], Path]:
    """Return the folder of a real series; skip where they are not."""

    def folder(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"no real series {name}: ../shared/data is not beside the project")
        return path

    return folder


@pytest.fixture
def case() -> Callable[[str], Path]:
    """Return the files of a case made after a public report; skip where they are not."""

    def folder(name: str) -> Path:
        path = SHARED.parent / "cases" / name / "files"
        if not path.exists():
            pytest.skip(f"no case {name}: ../shared/cases is not beside the project")
        return path

    return folder


@pytest.fixture
def expected(real: Callable[[str], Path]) -> Callable[[str], dict[str, Any]]:
    """Return the true values of a real series."""

    def values(name: str) -> dict[str, Any]:
        series = json.loads(real("expected.json").read_text())["series"]
        return next(one for one in series if one["name"] == name)

    return values


@pytest.fixture
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return what writes a person's file of settings, or with None takes it away."""
    path, times = tmp_path / "own" / "settings.toml", count(1)

    def write(text: str | None = OWN) -> Path:
        path.parent.mkdir(exist_ok=True)
        if text is None:
            path.unlink(missing_ok=True)
            monkeypatch.setenv("VIEWER3D_SETTINGS", "")
            return path
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(now := next(times), now))
        monkeypatch.setenv("VIEWER3D_SETTINGS", str(path))
        return path

    return write
