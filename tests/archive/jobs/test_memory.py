"""The memory of a worker does not grow with the pictures that it draws."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from viewer3d.render import gl

SCRIPT = """
import sys
from pathlib import Path
from tests.archive.items import context_of, made_item
from viewer3d import phantom
from viewer3d.archive.jobs.job import job_of
out = Path(sys.argv[1])
volumes = [phantom.volume(shape=(40 + n, 32, 30 - n)) for n in range(10)]
jobs = {name: job_of(name) for name in ("thumbnail", "quad", "lightbox", "info", "statistics")}
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])
after = {}
for number in range(1, 101):
    volume = volumes[number % 10].with_info(notes=())  # nothing that was made of it is kept
    for name, job in jobs.items():
        job(volume, context_of(made_item(out), out, name))
    after[number] = resident()
print(after[100] / after[10])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how much memory is resident")
def test_a_hundred_volumes_take_no_more_than_ten(tmp_path: Path) -> None:
    if not gl.find_opengl().works:
        pytest.skip("no OpenGL works here")
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1.2
