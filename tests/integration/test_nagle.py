"""Sockets that somebody else opened are made to send at once."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from app.stt.nagle import Opened, open_sockets, send_at_once


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        yield client


def is_prompt(connection: socket.socket) -> bool:
    return bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


def test_a_new_connection_sends_at_once_and_stays_its_owners(connection: socket.socket) -> None:
    assert not is_prompt(connection)
    send_at_once(opened for opened in open_sockets() if opened[0] == connection.fileno())
    assert is_prompt(connection)
    connection.sendall(b"still open")


def test_a_number_that_is_used_again_is_another_socket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        first = socket.create_connection(server.getsockname())
        number, known = first.fileno(), open_sockets()
        first.close()
        with socket.create_connection(server.getsockname()) as second:
            assert second.fileno() == number
            assert [descriptor for descriptor, _ in open_sockets() - known] == [number]


def test_what_is_no_connection_or_gone_is_left_alone(connection: socket.socket) -> None:
    here, there = socket.socketpair()
    reading, writing = os.pipe()
    gone: Opened = (1 << 20, "socket:[0]")
    send_at_once([gone, (here.fileno(), "socket:[1]"), (reading, "pipe:[2]")])
    for end in (reading, writing):
        os.close(end)
    here.close()
    there.close()
    assert not is_prompt(connection)
