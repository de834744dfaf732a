#!/bin/sh
# Bring nginx and Redis for `make cluster` and its tests, which are skipped without them; so this never fails.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
by_hand="as root: apt-get install nginx redis-server"
if command -v nginx >/dev/null 2>&1 && command -v redis-server >/dev/null 2>&1; then exit 0; fi
# On a machine with services the packages would start theirs, nginx on port 80: that is for its owner to decide.
if [ -d /run/systemd/system ]; then
    say "warning: no nginx or no Redis, so the tests of several processes are skipped; $by_hand"
    exit 0
fi
say "installing nginx and Redis for the tests of several processes"
if apt_install nginx redis-server; then
    say_done "nginx and Redis are ready"
else
    say "warning: no nginx or no Redis, so the tests of several processes are skipped; $by_hand"
fi
