#!/bin/sh
# Bring Chromium for the tests of the pages. Without it they are skipped, so this never fails.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

for program in chromium chromium-browser google-chrome; do
    if command -v "$program" >/dev/null 2>&1; then exit 0; fi
done
# Ubuntu's package of that name only fetches a snap.
if ! grep -q '^ID=debian' /etc/os-release 2>/dev/null; then
    say "warning: no Chromium, so the tests of the pages are skipped; install it from your distribution"
    exit 0
fi
say "installing Chromium for the tests of the pages"
if apt_install chromium; then
    say_done "Chromium is ready"
else
    say "warning: no Chromium, so the tests of the pages are skipped. As root: apt-get install chromium"
fi
