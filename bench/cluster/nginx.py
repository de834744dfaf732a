"""The nginx of the repository (nginx/puente.conf), on local ports and without a certificate."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from app.config import PROJECT_ROOT

CONFIGURATION = PROJECT_ROOT / "nginx" / "puente.conf"

_SERVERS = re.compile(r"(?:^    server bridge-\d+:8000 resolve( max_fails=0);\n)+", re.MULTILINE)
_REDIRECT = re.compile(r"^server \{\n    listen 80;.*?^\}\n", re.MULTILINE | re.DOTALL)
_TLS = re.compile(r"^    (?:ssl_\w+|http2|add_header Strict-Transport-Security) .*\n", re.MULTILINE)


def local_configuration(servers: Sequence[str], port: int, folder: Path) -> str:
    """Return a whole nginx.conf for these servers, without root; everything it writes is in the folder."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    text = _replace(_SERVERS, "".join(f"    server {server}\\1;\n" for server in servers), text, times=2)
    text = _replace(_REDIRECT, "", text)
    text = _replace(_TLS, "", text, times=7)
    text = _replace(r"^    listen 443 ssl;\n    listen \[::\]:443 ssl;\n", f"    listen 127.0.0.1:{port};\n", text)
    text = _replace(r"^resolver .*\n", "", text)
    text = _replace(r"/var/log/nginx/", f"{folder}/", text)
    user = "user root;\n" if os.geteuid() == 0 else ""  # Else the workers could not enter the folder.
    temporary = "".join(
        f"    {kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"{user}pid {folder}/nginx.pid;\nerror_log {folder}/nginx-error.log notice;\nworker_processes 1;\ndaemon off;\n"
        "events {\n    worker_connections 2048;\n}\n"
        f"http {{\n{temporary}{text}}}\n"
    )


def _replace(pattern: str | re.Pattern[str], replacement: str, text: str, times: int = 1) -> str:
    """Replace what has to be there so often."""
    result, count = re.subn(pattern, replacement, text, flags=0 if isinstance(pattern, re.Pattern) else re.MULTILINE)
    if count != times:
        raise ValueError(f"{CONFIGURATION} has {count} and not {times} of {pattern}")
    return result
