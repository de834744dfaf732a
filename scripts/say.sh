# shellcheck shell=sh
# Sourced by the other scripts: how they speak, and how they get root.

started=$(date +%s)

say() { printf '==> %s\n' "$*"; }

say_done() { printf '==> %s (%s s)\n' "$*" "$(($(date +%s) - started))"; }

fail() {
    printf 'error: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '       %s\n' "$line" >&2; done
    exit 1
}

# Run a command as root: directly, or by sudo, which may ask for a password only where someone can answer.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        if [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi
    else
        return 1
    fi
}

# Install Debian packages with the lists that are there; where those are old or absent, refresh them and try again.
apt_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    apt_get install -y --no-install-recommends "$@" || { apt_get update && apt_get install -y --no-install-recommends "$@"; }
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" >/dev/null 2>&1
}
