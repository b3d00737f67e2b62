"""Where the workers of a run are, and what is told of them; no Dask is needed for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class TLSFiles:
    """Certificates with which a scheduler of Dask and its workers know each other, in PEM.

    Attributes
    ----------
    ca_file, cert : path
        ``--tls-ca-file`` and ``--tls-cert`` of ``dask scheduler`` and ``dask worker``.
    key : path, optional
        ``--tls-key``; where there is none the file of the certificate has it.
    """

    ca_file: Path
    cert: Path
    key: Path | None = None


@dataclass(frozen=True)
class ClusterOptions:
    """Where the workers of a run are.

    Attributes
    ----------
    workers : int, optional
        How many to start on this machine; as many as it has cores unless given.
    scheduler : str, optional
        Address of a scheduler that runs already: ``"tcp://10.0.0.5:8786"``, ``"tls://..."``.
    scheduler_file : Path, optional
        The file in which a scheduler wrote its address (``dask scheduler --scheduler-file``).
    host : str
        Where a scheduler that is started here listens, as ``"10.0.0.5"`` or ``"10.0.0.5:8786"``, so that workers of
        other machines join: other than on loopback only with TLS, for whoever reaches a scheduler of Dask can run
        programs.
    tls : TLSFiles, optional
        Without it Dask's own configuration counts (``distributed.comm.tls``).
    """

    workers: int | None = None
    scheduler: str | None = None
    scheduler_file: Path | None = None
    host: str = LOOPBACK
    tls: TLSFiles | None = None

    @property
    def is_local(self) -> bool:
        """Whether workers are started on this machine."""
        return self.scheduler is None and self.scheduler_file is None


@dataclass(frozen=True)
class WorkersSeen:
    """How many workers there are, for whoever watches a run.

    Attributes
    ----------
    alive : int
    asked : int
        How many were asked for, or of a scheduler elsewhere the most that there have been.
    note : str
        What is to be said, in words; empty unless it is new.
    """

    alive: int
    asked: int
    note: str = ""


Watch = Callable[[WorkersSeen], None]
"""Is called when the number of workers has changed, and when there is something to say about them."""
