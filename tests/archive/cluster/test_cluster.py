"""Items worked on by workers of Dask, which are killed, run out of memory, or lose their scheduler."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.archive.cluster.few import plan_of, write_items
from tests.archive.cluster.processes import children
from tests.dicom.processes import is_running, wait_until_gone
from viewer3d.archive import Item, Plan
from viewer3d.archive.cluster import connect
from viewer3d.archive.cluster.dispatch import cluster_outcomes
from viewer3d.archive.cluster.options import ClusterOptions, TLSFiles, WorkersSeen
from viewer3d.dicom.memory import MemoryLeft
from viewer3d.errors import ArchiveError

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'viewer3d[archive]'")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]
TWO = ClusterOptions(workers=2)

WITH_TESTS = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
"""The environment of scripts that import these tests, which are not installed."""


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    return write_items(tmp_path_factory.mktemp("series"), 30)


@contextmanager
def poisoned(item: Item) -> Iterator[str]:
    path = Path(item.place) / "poison"
    path.touch()
    try:
        yield item.key
    finally:
        path.unlink()


def files_of(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_a_poison_is_lost_and_no_other(items: list[Item], tmp_path: Path) -> None:
    seen: list[WorkersSeen] = []
    with poisoned(items[3]) as key:
        found = list(cluster_outcomes(items, plan_of(tmp_path / "out", "poison"), TWO, seen.append))
    assert sorted(one.key for one in found) == sorted(item.key for item in items)
    lost = [one for one in found if one.status != "done"]
    assert [(one.key, one.status, one.deaths) for one in lost] == [(key, "lost", 4)]
    kept = f"{key[:2]}/{key}-lost.txt"
    assert lost[0].why == (
        "3 workers died of it, and a process of its own too: SIGSEGV in poison (jobs.py:29) "
        f"(what it wrote is kept: {kept})"
    )
    files = files_of(tmp_path / "out")
    stack = files.pop(kept).decode().splitlines()
    assert stack[0].startswith("Current thread")
    assert "jobs.py" in stack[1]
    assert len(files) == 29
    assert {one.asked for one in seen} == {2}
    assert [one.note for one in seen if one.note] == []


def test_what_kills_only_workers_is_made_in_a_process_of_its_own(items: list[Item], tmp_path: Path) -> None:
    with poisoned(items[1]) as key:
        found = list(cluster_outcomes(items[:6], plan_of(tmp_path / "out", "kill_workers"), TWO))
    assert {one.key: one.deaths for one in found if one.deaths} == {key: 3}
    assert [one.status for one in found] == ["done"] * 6
    assert len(files_of(tmp_path / "out")) == 6


def test_a_job_that_ends_the_program_is_bad_and_ends_no_worker(items: list[Item], tmp_path: Path) -> None:
    with poisoned(items[1]) as key:
        found = {one.key: one for one in cluster_outcomes(items[:6], plan_of(tmp_path / "out", "leave"), TWO)}
    assert found[key].status == "bad"
    assert found[key].why == "a job wanted to end the program (exit code 3)"
    assert [one.deaths for one in found.values()] == [0] * 6


def test_what_takes_too_much_memory_is_lost_with_that_word(items: list[Item], tmp_path: Path) -> None:
    plan = replace(plan_of(tmp_path / "out", "swell"), max_memory=400 << 20)
    with poisoned(items[2]) as key:
        found = {one.key: one for one in cluster_outcomes(items[:4], plan, TWO)}
    assert sorted(one.status for one in found.values()) == ["done", "done", "done", "lost"]
    assert found[key].why.endswith("MiB of memory, more than the 486 MiB allowed")


def test_two_that_do_not_fit_into_the_memory_together_run_after_each_other(
    items: list[Item], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "memory_left", lambda: MemoryLeft(10 << 30, "this machine"))
    monkeypatch.setattr(connect, "MEMORY_SHARE", 1.0)
    big = {item.key for item in items[:4]}
    given = [replace(item, needed=6 << 30) if item.key in big else item for item in items[:16]]
    plan = replace(plan_of(tmp_path / "out", "interval"), max_memory=8 << 30)
    found = list(cluster_outcomes(given, plan, TWO))
    assert len(found) == 16
    times = {one.key: (one.numbers["interval.began"], one.numbers["interval.ended"]) for one in found}
    in_turn = sorted(times[key] for key in big)
    assert all(before[1] <= after[0] for before, after in pairwise(in_turn))
    # Others do not wait for them; whether beside or between them depends on when the second worker has started.
    assert min(times[key][0] for key in times.keys() - big) < in_turn[-1][1]


@contextmanager
def elsewhere(folder: Path, *threads: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Run a scheduler and workers with so many threads as programs of their own; yield its file and all of them."""
    file = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    commands = [[*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file)]]
    commands += [
        [*dask, "worker", "--scheduler-file", str(file), "--nthreads", f"{count}", "--local-directory", str(folder)]
        for count in threads
    ]
    environment = {**os.environ, "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": "[]"}
    with ExitStack() as stack:
        processes = []
        for number, command in enumerate(commands):
            log = stack.enter_context((folder / f"{number}.log").open("wb"))
            process = subprocess.Popen([*command, "--no-dashboard"], stdout=log, stderr=log, env=environment)
            processes.append(process)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
            wait_for(lambda: file.exists() and file.stat().st_size > 0, folder)
        for number in range(len(threads)):
            wait_for(lambda number=number: b"Registered to" in (folder / f"{number + 1}.log").read_bytes(), folder)
        yield str(file), processes


def wait_for(happens: Callable[[], bool], folder: Path) -> None:
    deadline = time.monotonic() + 40
    while not happens():
        logs = "\n".join(path.read_text(errors="replace")[-400:] for path in folder.glob("*.log"))
        assert time.monotonic() < deadline, logs
        time.sleep(0.05)


def with_quad(plan: Plan) -> Plan:
    """Return a plan with pictures of slices and in 3D too."""
    return replace(plan, jobs=("quad", *plan.jobs))


def test_the_same_bytes_by_one_worker_by_two_and_by_those_of_a_scheduler(
    items: list[Item], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {}
    for count in (1, 2):
        plan = with_quad(plan_of(tmp_path / f"{count}", "mean"))
        found = list(cluster_outcomes(items[:8], plan, ClusterOptions(workers=count)))
        assert len({one.numbers["mean.process"] for one in found}) == count
        made[count] = files_of(plan.out)
    plan = with_quad(plan_of(tmp_path / "scheduler", "mean"))
    (tmp_path / "logs").mkdir()
    with elsewhere(tmp_path / "logs", 1, 1) as (file, processes):
        options = ClusterOptions(scheduler_file=Path(file))
        found = list(cluster_outcomes(items[:8], plan, options))
        assert len({one.numbers["mean.process"] for one in found}) == 2
        assert made[1] == made[2] == files_of(plan.out)
        assert sorted(Path(name).suffix for name in made[1]) == [".png"] * 8 + [".txt"] * 8

        def killing() -> Iterator[Item]:
            yield from items[:12]
            processes[0].kill()
            yield from items[12:]

        gone = r"the scheduler of the workers \(tcp://.*has gone.*the same run goes on"
        with pytest.raises(ArchiveError, match=gone):
            list(cluster_outcomes(killing(), plan, options))
        monkeypatch.setattr(connect, "CONNECT_SECONDS", 1)
        with pytest.raises(ArchiveError, match="no scheduler of Dask answers there"):
            list(cluster_outcomes(items, plan, options))


def test_workers_of_two_threads_are_refused(items: list[Item], tmp_path: Path) -> None:
    with elsewhere(tmp_path, 2) as (file, _):
        options = ClusterOptions(scheduler_file=Path(file))
        with pytest.raises(ArchiveError, match="has 2 threads, and OpenGL is for one: start workers with --nthreads 1"):
            list(cluster_outcomes(items, plan_of(tmp_path / "out", "mean"), options))


@pytest.fixture
def certificate(tmp_path: Path) -> TLSFiles:
    """Return a certificate that vouches for itself, as a small cluster may have it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl, which makes certificates")
    files = TLSFiles(tmp_path / "cert.pem", tmp_path / "cert.pem", tmp_path / "key.pem")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    subprocess.run([*command, "-keyout", str(files.key), "-out", str(files.cert)], check=True, capture_output=True)
    return files


def test_with_certificates_all_is_encrypted(items: list[Item], tmp_path: Path, certificate: TLSFiles) -> None:
    plan = plan_of(tmp_path / "out", "mean")
    options = ClusterOptions(workers=1, tls=certificate)
    with connect.connect_workers(options, plan) as cluster:
        assert cluster.client.scheduler.address.startswith("tls://127.0.0.1:")
        assert all(address.startswith("tls://127.0.0.1:") for address in cluster.client.nthreads())
        address = cluster.client.scheduler.address
        found = list(cluster_outcomes(items[:3], plan, ClusterOptions(scheduler=address, tls=certificate)))
        assert [one.status for one in found] == ["done"] * 3
        with pytest.raises(ArchiveError, match="give the files of its TLS"):
            list(cluster_outcomes(items, plan, ClusterOptions(scheduler=address)))


ADAPTIVE = """
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=0, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster:
        cluster.adapt(minimum=0, maximum=2, target_duration="100ms")
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


def test_an_adaptive_cluster_grows_from_nothing(items: list[Item], tmp_path: Path) -> None:
    script = tmp_path / "adaptive.py"
    script.write_text(ADAPTIVE)
    command = [sys.executable, str(script)]
    seen: list[WorkersSeen] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        options = ClusterOptions(scheduler=process.stdout.readline().strip())
        found = list(cluster_outcomes(items, plan_of(tmp_path / "out", "interval"), options, seen.append))
        process.communicate("", timeout=20)
    assert [one.status for one in found] == ["done"] * 30
    assert (seen[0].alive, seen[0].asked) == (0, 0)
    assert len({one.worker for one in found}) == 2
    assert [one.note for one in seen if one.note] == []


DRIVER = """
import sys
from pathlib import Path
from tests.archive.cluster.few import plan_of, write_items
from viewer3d.archive.cluster.options import ClusterOptions
from viewer3d.archive.cluster.dispatch import cluster_outcomes

def drive(folder, job):
    items, options = write_items(folder / "in", 12), ClusterOptions(workers=2)
    for one in cluster_outcomes(items, plan_of(folder / "out", job), options):
        print(one.key, one.numbers, flush=True)

GUARD
    drive(Path(sys.argv[1]), "wait")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_driver_that_is_ended_leaves_no_process(number: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER.replace("GUARD", 'if __name__ == "__main__":'))
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=WITH_TESTS,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline(), process.stderr.read()  # the first is done, and others have begun
    started = children(process.pid)
    assert len(started) >= 2
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    said = process.communicate(timeout=20)[1]
    expected = {signal.SIGINT: -2, signal.SIGTERM: 143, signal.SIGKILL: -9}
    assert process.returncode == expected[number]
    wait_until_gone(started, seconds=15)
    assert "distributed" not in said.replace("site-packages/distributed", "")
    assert said.count("Traceback") == (number == signal.SIGINT)
    assert not is_running(process.pid)


def test_an_unguarded_script_is_told_how_to_be_written(tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER.replace("GUARD\n    ", ""))
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=WITH_TESTS,
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "ArchiveError: none of 2 workers could be started on this machine" in last
    assert 'put what runs in it under `if __name__ == "__main__":`' in last
