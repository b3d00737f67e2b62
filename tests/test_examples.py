"""Every example runs as it stands, without a screen, and writes its picture."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from viewer3d import phantom
from viewer3d.render.gl import find_opengl

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.parametrize("script", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_example(script: Path, tmp_path: Path) -> None:
    opengl = find_opengl()
    if not opengl.works:
        pytest.skip(opengl.why_not)
    phantom.write(tmp_path / "body", shape=(60, 50, 40))
    done = subprocess.run(
        [sys.executable, script, tmp_path / "body", tmp_path / "out.png"],
        env={**os.environ, "VTK_DEFAULT_OPENGL_WINDOW": opengl.window_class},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "out.png") as picture:
        assert max(high for _, high in picture.getextrema()) > 100  # type: ignore[misc]
