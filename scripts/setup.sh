#!/bin/sh
# Makes a fresh Debian machine ready: system packages (apt, through sudo when not root), .venv, locked Python packages.
# Does nothing, and quickly, when all is there already.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

as_root=""
apt_install() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }

# What pip works with goes in first: everything else is installed beside pip.
first="" rest=""
for package in $(grep -v '^#' scripts/packages.txt); do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' && continue
    case "$package" in python3-venv|gcc|libc6-dev) first="$first $package" ;; *) rest="$rest $package" ;; esac
done
system=""
if [ -n "$first$rest" ]; then
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { say "These packages are missing and there is no sudo:$first$rest"; exit 1; }
        as_root="sudo"
    fi
    say "Installing system packages:$first$rest"
    # The program starts a private cluster of its own, so Debian's default cluster is not made.
    $as_root mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" | $as_root tee /etc/postgresql-common/createcluster.d/no-main.conf >/dev/null
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 -- a list
    [ -z "$first" ] || apt_install $first
    # shellcheck disable=SC2086 -- a list
    [ -z "$rest" ] || { apt_install $rest & system=$!; trap wait EXIT; }
fi

# Debian's own Python first: a Python under root's home cannot be read by the user that runs the cluster.
python=/usr/bin/python3
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || python=python3
stamp=".venv/.installed-$(cat requirements.lock setup.cfg | sha256sum | cut -c1-16)"
if [ ! -e "$stamp" ]; then
    say "Installing Python packages into .venv (a minute or two)"
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    # Each is compiled when first used: most of their modules never are.
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --no-build-isolation -e .
    rm -f .venv/.installed-*
fi

if [ -n "$system" ]; then
    wait "$system" || { say "apt-get could not install:$rest"; exit 1; }
    # Orthanc is the peer of tests and bench, started by them; Debian's package would also run it as a service.
    case "$rest" in *orthanc*)
        if command -v systemctl >/dev/null; then $as_root systemctl disable --now orthanc >/dev/null 2>&1 || true; fi ;;
    esac
fi
touch "$stamp"
