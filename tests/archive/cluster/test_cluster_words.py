"""What is said when workers cannot be had, or a process has died."""

from __future__ import annotations

import importlib.util
import multiprocessing.process
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from viewer3d.archive import Plan
from viewer3d.archive.cluster import connect
from viewer3d.archive.cluster.on_worker import (
    UnfitWorkerError,
    Versions,
    WorkerFacts,
    check_worker,
    exit_cause,
    stack_of,
)
from viewer3d.archive.cluster.options import ClusterOptions, TLSFiles
from viewer3d.errors import ArchiveError

HERE = Versions("3.11", "0.1.0", "2026.8.0", "2026.8.0")
without_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="Dask is not installed: pip install 'viewer3d[archive]'"
)


def needs_dask(test: Any) -> Any:
    return pytest.mark.slow(without_dask(test))


def refusal(options: ClusterOptions) -> str:
    with pytest.raises(ArchiveError) as caught, connect.connect_workers(options, Plan(("info",), Path())):
        pass
    return str(caught.value)


def test_an_extra_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "pip install 'viewer3d[archive]'" in refusal(ClusterOptions())


@needs_dask
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
class TestOptions:
    """Options that cannot be followed are refused before any process is started."""

    def test_a_scheduler_and_its_file(self) -> None:
        said = refusal(ClusterOptions(scheduler="tcp://127.0.0.1:1", scheduler_file=Path("s.json")))
        assert "not both" in said

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        said = refusal(ClusterOptions(scheduler_file=tmp_path / "s.json"))
        assert "s.json: No such file or directory: `dask scheduler --scheduler-file" in said

    def test_a_file_that_is_none_of_a_scheduler(self, tmp_path: Path) -> None:
        (tmp_path / "s.json").write_text('{"id": 1}')
        said = refusal(ClusterOptions(scheduler_file=tmp_path / "s.json"))
        assert "s.json: it holds no address of a scheduler: `dask" in said

    def test_a_host_other_than_loopback_without_tls(self) -> None:
        said = refusal(ClusterOptions(host="0.0.0.0"))
        assert "--tls-ca-file, --tls-cert and --tls-key" in said

    def test_a_port_that_is_none(self) -> None:
        assert "as 10.0.0.5:8786" in refusal(ClusterOptions(host="10.0.0.5:x"))

    def test_a_scheduler_with_tls_and_no_files(self) -> None:
        said = refusal(ClusterOptions(scheduler="tls://127.0.0.1:1"))
        assert "tls://127.0.0.1:1: give the files of its TLS: --tls-ca-file" in said

    def test_a_file_of_tls_that_is_not_there(self, tmp_path: Path) -> None:
        there = tmp_path / "there.pem"
        there.touch()
        said = refusal(ClusterOptions(tls=TLSFiles(there, there, tmp_path / "key.pem")))
        assert said == f"--tls-key {tmp_path / 'key.pem'}: the file cannot be read"


class TestScript:
    """Workers import the script that starts them."""

    @needs_dask
    def test_one_of_standard_input_is_refused(self) -> None:
        code = (
            "from viewer3d.archive.cluster.connect import ClusterOptions, check_cluster\n"
            "check_cluster(ClusterOptions(scheduler='tcp://a:1'))\nprint('a scheduler elsewhere has no script')\n"
            "check_cluster(ClusterOptions())\n"
        )
        done = subprocess.run(
            [sys.executable, "-"], input=code, capture_output=True, text=True, check=False, env=dict(os.environ)
        )
        assert done.stdout.startswith("a scheduler elsewhere")
        assert "ArchiveError: the script is read from <stdin>" in done.stderr
        assert "workers=0" in done.stderr

    def test_a_worker_that_imports_an_unguarded_one_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(multiprocessing.process.current_process(), "_inheriting", True, raising=False)
        with pytest.raises(SystemExit, match="if __name__"):
            connect.check_cluster(ClusterOptions())


class TestWorkers:
    """Workers are checked for versions and threads."""

    def test_the_same_is_right(self) -> None:
        check_worker(WorkerFacts(HERE, 1, 0, 1), HERE, "tcp://a:1")

    @pytest.mark.parametrize("what", ["python", "viewer3d", "dask", "distributed"])
    def test_another_version(self, what: str) -> None:
        other = Versions(**(vars(HERE) | {what: "9.9"}))
        with pytest.raises(UnfitWorkerError) as caught:
            check_worker(WorkerFacts(other, 1, 0, 1), HERE, "tcp://a:1")
        assert f"tcp://a:1 has {what} 9.9, and this program {getattr(HERE, what)}" in str(caught.value)

    def test_several_threads(self) -> None:
        with pytest.raises(UnfitWorkerError, match=r"4 threads.*--nthreads 1"):
            check_worker(WorkerFacts(HERE, 4, 0, 1), HERE, "tcp://a:1")


CRASH = """Fatal Python error: Segmentation fault

Thread 0x00007f0 (most recent call first):
  File "/somewhere/alone.py", line 29 in wait

Current thread 0x00007f1 (most recent call first):
  File "/somewhere/jobs.py", line 31 in poison
  File "/somewhere/work.py", line 101 in run
"""


@pytest.mark.parametrize(
    ("code", "stderr", "said"),
    [
        (-11, CRASH, "SIGSEGV in poison (jobs.py:31)"),
        (-9, "", "SIGKILL, as when memory runs out"),
        (3, "Doe^Jane\n", "exit code 3"),
        ("it took 4 GiB of memory", "", "it took 4 GiB of memory"),
        (1, "", "exit code 1"),
        (-250, "", "exit code -250"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="processes end by signals")
def test_how_a_process_ended(code: int | str, stderr: str, said: str) -> None:
    assert exit_cause(code, stderr) == said


def test_only_the_stack_of_a_crash_is_kept() -> None:
    kept = stack_of(f"Doe^Jane\n{CRASH}Doe^Jane")
    assert kept == CRASH[CRASH.index("Current thread") :]
    assert stack_of("Doe^Jane\n") == ""
    assert stack_of("Current thread of Doe^Jane\n") == ""
