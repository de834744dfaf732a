"""The ring is nginx's own, and the configuration of the repository is one that nginx takes."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from app.fleet.placement import OnRing, Ring
from bench.cluster.cluster import free_ports
from bench.cluster.nginx import CONFIGURATION, local_configuration
from bench.cluster.programs import Program, find

nginx = find("nginx")
pytestmark = pytest.mark.skipif(nginx is None, reason="needs nginx (`make test` installs it on Debian)")

KEYS = [f"session-{number}_{number * 7919}" for number in range(400)]
LOG_LINE = re.compile(r"POST /voice/status/(\S+) \S+ .* (\S+)$", re.MULTILINE)


async def chosen_by_nginx(folder: Path, servers: list[str], keys: list[str]) -> dict[str, str]:
    """Return which server nginx sent each key to; nobody has to be there."""
    (port,) = free_ports(1)
    configuration = folder / "nginx.conf"
    configuration.write_text(local_configuration(servers, port, folder))
    assert nginx is not None
    program = Program("nginx", (nginx, "-p", str(folder), "-c", str(configuration)), folder)
    await program.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as http:
            async with asyncio.timeout(30):
                while not await answers(http):  # noqa: ASYNC110 - a program of its own
                    await asyncio.sleep(0.02)
            for key in keys:
                assert (await http.post(f"/voice/status/{key}")).status_code == httpx.codes.BAD_GATEWAY
    finally:
        await program.stop()
    return dict(LOG_LINE.findall((folder / "access.log").read_text()))


async def answers(http: httpx.AsyncClient) -> bool:
    try:
        return bool(await http.get("/metrics"))
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("count", [2, 4])
async def test_nginx_chooses_as_the_ring_says(tmp_path: Path, count: int) -> None:
    servers = [f"127.0.0.1:{port}" for port in free_ports(count)]
    own = [OnRing(servers, servers[-1]).new_session_id() for _ in range(50)]
    chosen = await chosen_by_nginx(tmp_path, servers, KEYS + own)
    ring = Ring(servers)
    assert chosen == {key: ring.find(key) for key in KEYS + own}
    assert {chosen[key] for key in own} == {servers[-1]}
    assert set(chosen.values()) == set(servers)


def test_nginx_takes_the_configuration_with_its_certificate(tmp_path: Path) -> None:
    """All but what nginx of this distribution is too old for."""
    certificate = tmp_path / "ssl"
    certificate.mkdir()
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "1", "-subj", "/CN=bridge.example.com"),
            *("-keyout", str(certificate / "privkey.pem"), "-out", str(certificate / "fullchain.pem")),
        ],
        check=True,
        capture_output=True,
    )
    text = CONFIGURATION.read_text(encoding="utf-8")
    local = {"bridge-1:": "127.0.0.1:", "bridge-2:": "[::1]:"}
    for unknown, instead in {" resolve": "", "    http2 on;\n": "", **local}.items():
        assert unknown in text
        text = text.replace(unknown, instead)
    text = text.replace("/etc/nginx/ssl", str(certificate)).replace("/var/log/nginx", str(tmp_path))
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid;\nerror_log {tmp_path}/error.log;\nevents {{}}\nhttp {{\n{text}}}\n")
    assert nginx is not None
    checked = subprocess.run([nginx, "-t", "-q", "-c", str(whole)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
