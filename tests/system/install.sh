#!/usr/bin/env bash
# Installs what the system tests need beyond Python: a real redis-server, Prometheus' promtool, bubblewrap. Needs root only where
# one of them is missing. Nothing of it is left running.
set -euo pipefail

missing=()
command -v redis-server >/dev/null || missing+=(redis-server)
command -v promtool >/dev/null || missing+=(prometheus)
command -v bwrap >/dev/null || missing+=(bubblewrap)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "make check-system needs: ${missing[*]} (as root with apt-get it would install them itself)" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 # no daemon of a fresh package starts in runlevel 1
apt-get update -qq </dev/null
apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
