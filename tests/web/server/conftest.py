"""Certificates and addresses for tests of the server."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def make_certificate(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Path]]:
    """Return what writes a certificate and its key with openssl; skip where that is not."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificates")

    def make(name: str = "a") -> tuple[Path, Path]:
        certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
        if not certificate.exists():
            made = ("-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost")
            names = ("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
            kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
            subprocess.run(["openssl", "req", "-x509", *kind, *made, *names], check=True, capture_output=True)
        return certificate, key

    return make


@pytest.fixture(scope="session")
def expired(make_certificate: Callable[..., tuple[Path, Path]]) -> tuple[Path, Path]:
    """Return a certificate of one day in 2020, and its key: ``openssl req`` has no dates in the past."""
    certificate, key = make_certificate("expired")
    folder = certificate.parent
    asks, made, rules = folder / "asks.csr", folder / "expired-2020.pem", folder / "rules.cnf"
    (folder / "index.txt").write_text("")
    rules.write_text(
        f"[ca]\ndefault_ca = c\n[c]\nnew_certs_dir = {folder}\ndatabase = {folder / 'index.txt'}\nrand_serial = yes\n"
        "default_md = sha256\npolicy = p\n[p]\ncommonName = supplied\n"
    )
    dates = ("-startdate", "20200101000000Z", "-enddate", "20200102000000Z")
    for command in (
        ["req", "-new", "-key", key, "-subj", "/CN=localhost", "-out", asks],
        ["ca", "-batch", "-config", rules, "-selfsign", "-keyfile", key, "-in", asks, "-out", made, "-notext", *dates],
    ):
        subprocess.run(["openssl", *command], check=True, capture_output=True)
    return made, key
