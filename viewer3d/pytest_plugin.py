"""The pytest plugin with the fixture ``assert_figure``; pytest finds it where viewer3d is installed.

::

    def test_report(assert_figure):
        assert_figure(viewer3d.load("series"), window="lung")

``pytest --viewer3d-baselines=make`` draws the baselines into ``baselines/`` beside the test file; from then on the same
call without the option checks against them. Nothing of viewer3d is imported before a test asks for the fixture.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_MADE = pytest.StashKey[list[Path]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that check or make baselines and say where differences are left."""
    group = parser.getgroup("viewer3d")
    group.addoption(
        "--viewer3d-baselines",
        choices=("check", "make"),
        default="check",
        help="check pictures against their baselines (default), or make the baselines",
    )
    group.addoption(
        "--viewer3d-differences",
        metavar="FOLDER",
        help="where pictures that fail, and their differences, are left (default: the test's tmp_path)",
    )


@pytest.fixture(name="assert_figure")
def assert_figure_fixture(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., None]:
    """Check a picture as :func:`viewer3d.testing.assert_figure` does, against a baseline beside the test.

    The baseline is ``baselines/NAME.png`` beside the test's file, NAME that of the test; a test of several pictures
    gives each a name of its own: ``assert_figure(volume, "lung.png", window="lung")``.
    """
    from viewer3d import testing  # noqa: PLC0415 (only tests that ask for it pay for it)

    folder = request.path.parent / "baselines"
    differences = Path(request.config.getoption("--viewer3d-differences") or tmp_path)
    name = re.sub(r"[^\w.-]+", "-", request.node.name).strip("-")  # parameters may hold what no file name may
    making = request.config.getoption("--viewer3d-baselines") == "make"

    def check(subject: testing.Subject, baseline: str | os.PathLike[str] | None = None, **choices: Any) -> None:
        path = folder / (baseline or f"{name}.png")
        if making:
            drawing = {name: value for name, value in choices.items() if name not in ("tolerance", "folder")}
            made = request.config.stash.setdefault(_MADE, [])
            made.append(testing.make_baseline(subject, path, **drawing))
        else:
            testing.assert_figure(subject, path, **{"folder": differences, **choices})

    return check


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which baselines were made, for somebody to look at."""
    made = config.stash.get(_MADE, [])
    if made:
        terminalreporter.section("viewer3d: baselines made, look at them")
        for path in made:
            terminalreporter.line(str(path))
