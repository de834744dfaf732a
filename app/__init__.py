"""Puente: an interpreter for telephone calls."""

import os

# numpy's OpenBLAS stops its threads when the process forks, and waits for ever for one that another thread of ours
# keeps busy: the whole server would stand still at the first helper process that is started while somebody speaks. With
# one thread it has none to stop. It has to be said before numpy is loaded, by whichever module.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
