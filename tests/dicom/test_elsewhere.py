"""Compressed series in the processes that others run: workers of Dask, and the kernel of a notebook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.dicom import encoded
from tests.dicom.processes import wait_until_gone

PLACE = Path(__file__).parents[2]
SLICES = 8
SYNTAXES = ("RLE", "JPEG-LS", "JPEG 2000", "JPEG XL lossless")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc"),
]

DASK = """
import json, os, sys
from distributed import Client, LocalCluster

def load(folder):
    import multiprocessing, threading
    import viewer3d
    from viewer3d.dicom.pixels.workers import WORKERS
    voxels = viewer3d.load(folder).voxels
    main = threading.current_thread() is threading.main_thread()
    return {
        "process": os.getpid(), "daemonic": multiprocessing.current_process().daemon, "main thread": main,
        "workers": [one.id for one in WORKERS._idle], "shape": voxels.shape, "sum": int(voxels.astype("i8").sum()),
        "voxels": voxels[::7, ::5].ravel().tolist(),
    }

if __name__ == "__main__":
    how = json.loads(sys.argv[1])
    with LocalCluster(dashboard_address=None, **how) as cluster, Client(cluster) as client:
        futures = client.map(load, sys.argv[2:], pure=False)
        print(json.dumps(client.gather(futures)), flush=True)
"""


@pytest.fixture
def folders(tmp_path: Path) -> dict[Path, np.ndarray]:
    """Return compressed series and what must be read from them, (columns, rows, slices)."""
    return {
        tmp_path / name: encoded.write_series(tmp_path / name, name, SLICES).transpose(2, 1, 0) for name in SYNTAXES
    }


@pytest.mark.parametrize(
    "how",
    [
        {"processes": True, "n_workers": 2, "threads_per_worker": 1},
        {"processes": True, "n_workers": 2, "threads_per_worker": 2},
        {"processes": False, "n_workers": 1, "threads_per_worker": 2},
    ],
    ids=["two processes", "two processes of two threads", "threads"],
)
def test_in_workers_of_dask(how: dict[str, object], folders: dict[Path, np.ndarray], tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="distributed is not installed: pip install '.[bench]'")
    script = tmp_path / "with_dask.py"
    script.write_text(DASK)
    words = [sys.executable, str(script), json.dumps(how), *map(str, folders)]
    environment = {**os.environ, "PYTHONPATH": str(PLACE)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    for one, truth in zip(told, folders.values(), strict=True):
        assert one["shape"] == list(truth.shape)
        assert one["sum"] == truth.sum()
        assert one["voxels"] == truth[::7, ::5].ravel().tolist()
    # Workers of Dask are daemonic processes, and run their tasks in threads.
    assert {one["daemonic"] for one in told} == {how["processes"]}
    assert len({one["process"] for one in told}) == how["n_workers"]
    assert not any(one["main thread"] for one in told)
    ours = {number for one in told for number in one["workers"]}
    assert ours
    wait_until_gone(ours, seconds=10)


CELLS = [
    "import viewer3d\nvolume = viewer3d.load({folder!r})",
    "from viewer3d.dicom.pixels.workers import WORKERS\nprint(*[one.id for one in WORKERS._idle])",
    "print(volume.shape, volume.voxels.astype('i8').sum(), volume.voxels[3, 5].tolist())",
    "volume",
    "viewer3d.screenshot(volume, view='axial', size=(60, 60)).shape",
    "viewer3d.load({damaged!r})",
    "import os\nfrom tests.dicom.processes import below\nprint(*below(os.getpid()))",
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_in_a_notebook(folders: dict[Path, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reason = "nbclient and ipykernel are not installed: pip install '.[bench]'"
    nbclient = pytest.importorskip("nbclient", reason=reason)
    pytest.importorskip("ipykernel", reason=reason)
    nbformat = pytest.importorskip("nbformat", reason=reason)
    monkeypatch.setenv("PYTHONPATH", str(PLACE))
    folder, truth = next(iter(folders.items()))
    damaged = tmp_path / "damaged"
    encoded.write_series(damaged, "RLE", 1)
    whole = (damaged / "0000.dcm").read_bytes()
    (damaged / "0000.dcm").write_bytes(whole[:-900] + bytes(892) + whole[-8:])
    cells = [cell.format(folder=str(folder), damaged=str(damaged)) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True)
    client.execute()
    _, workers, numbers, shown, size, refused, left = [cell.outputs for cell in notebook.cells]
    assert numbers[0].text.split(maxsplit=3) == [
        *f"{truth.shape}".split(), f"{truth.sum()} {truth[3, 5].tolist()}\n"
    ]  # fmt: skip
    assert "<img" in shown[0].data["text/html"]
    assert f"{truth.shape[0]} x {truth.shape[1]} x {truth.shape[2]} voxels" in shown[0].data["text/html"]
    assert size[0].data["text/plain"] == "(60, 60, 3)"
    assert (refused[0].ename, "0000.dcm" in refused[0].evalue) == ("BadFileError", True)
    ours, all_there = ({int(word) for word in one[0].text.split()} for one in (workers, left))
    assert ours
    assert all_there
    wait_until_gone(ours | all_there, seconds=10)
