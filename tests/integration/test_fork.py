"""A helper process may be started at any time, also while numpy computes in another thread."""

from __future__ import annotations

import subprocess
import sys

_SCRIPT = """
import threading

import app
import numpy as np

matrix = np.ones((900, 900), dtype=np.float32)
is_over = threading.Event()


def compute():
    while not is_over.is_set():
        matrix @ matrix


threads = [threading.Thread(target=compute) for _ in range(2)]
for thread in threads:
    thread.start()

import os

for _ in range(200):
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
is_over.set()
for thread in threads:
    thread.join()
print("alive")
"""


def test_forking_while_numpy_is_busy_does_not_stop_the_server() -> None:
    """OpenBLAS with threads deadlocks in its fork handler; ``app`` gives it one thread."""
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "alive", done.stderr
