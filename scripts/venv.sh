#!/bin/sh
# Make .venv and install a requirements file into it: scripts/venv.sh requirements.txt
#
# Needs only Python 3.11, 3.12 or 3.13. Debian and Ubuntu ship Python without venv; it is installed by apt where we may,
# else virtualenv takes its place.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

requirements=$1
venv=.venv

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if fits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11, 3.12 or 3.13 is needed; python3 here is $(python3 --version 2>/dev/null || echo missing)." \
        "Install one (Debian 12, Ubuntu 24.04 and later: apt-get install python3 python3-venv)" \
        "or name one: make PYTHON=/path/to/python3.12 setup"
}

make_venv() {
    python=$1
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    say "making $venv with Python $version"
    rm -rf "$venv"
    if "$python" -c 'import ensurepip' >/dev/null 2>&1 && "$python" -m venv "$venv"; then return; fi
    say "this Python has no venv; installing python$version-venv"
    if apt_install "python$version-venv" && "$python" -m venv "$venv"; then return; fi
    say "apt cannot; trying virtualenv"
    bootstrap=$(mktemp -d)
    trap 'rm -rf "$bootstrap"' EXIT
    if "$python" -m pip install --quiet --target "$bootstrap" virtualenv >/dev/null 2>&1 &&
        PYTHONPATH="$bootstrap" "$python" -m virtualenv --quiet "$venv"; then return; fi
    rm -rf "$venv"
    fail "no virtual environment can be made with $python." "As root: apt-get install python$version-venv"
}

# uv installs the whole set in a fifth of pip's time; pip is there for where uv is not.
install() {
    count=$(grep -c '==' "$requirements")
    say "installing $count packages of $requirements"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv >/dev/null 2>&1 || true
    if [ -x "$venv/bin/uv" ] &&
        VIRTUAL_ENV="$PWD/$venv" "$venv/bin/uv" pip install --quiet -r "$requirements" 2>"$venv/uv.log"; then
        return
    fi
    say "uv could not; installing with pip, which takes about a minute"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --progress-bar off -r "$requirements" ||
        fail "the packages could not be installed." "Is the package index reachable? The lines above say more."
}

if ! fits "$venv/bin/python"; then
    python=$(find_python)
    make_venv "$python"
fi
install
# No start shall wait for Python's compiler: it takes twice as long as the rest, every time where PYTHONDONTWRITEBYTECODE
# is set.
env -u PYTHONDONTWRITEBYTECODE "$venv/bin/python" -c "import app.cli.serve, app.composition"
say_done "$venv is ready"
