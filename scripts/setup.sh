#!/bin/sh
# Makes a fresh Debian machine ready: system packages (apt, through sudo when not root), .venv, locked Python packages.
# Does nothing, and quickly, when all is there already.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

missing=""
for package in $(grep -v '^#' scripts/packages.txt); do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
    as_root=""
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { say "These packages are missing and there is no sudo:$missing"; exit 1; }
        as_root="sudo"
    fi
    say "Installing system packages:$missing"
    # The program starts a private cluster of its own, so Debian's default cluster is not made.
    $as_root mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" | $as_root tee /etc/postgresql-common/createcluster.d/no-main.conf >/dev/null
    $as_root apt-get update -qq
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    # Orthanc is the peer of tests and bench, started by them; Debian's package would also run it as a service.
    case "$missing" in *orthanc*)
        if command -v systemctl >/dev/null; then $as_root systemctl disable --now orthanc >/dev/null 2>&1 || true; fi ;;
    esac
fi

# Debian's own Python first: a Python under root's home cannot be read by the user that runs the cluster.
python=/usr/bin/python3
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || python=python3
stamp=".venv/.installed-$(cat requirements.lock setup.cfg | sha256sum | cut -c1-16)"
if [ ! -e "$stamp" ]; then
    say "Installing Python packages into .venv (a minute or two)"
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    rm -f .venv/.installed-*
    touch "$stamp"
fi
