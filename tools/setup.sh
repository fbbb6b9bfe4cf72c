#!/usr/bin/env bash
# Makes .venv: this package, what its tests need, and a MongoDB server program.
# With the argument "browser" only the browser that tests of the App want.
# PYTHON=... chooses another interpreter (3.11 or newer).
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

# Installs Debian packages where that is possible, and says what to do where it is not.
debian_install() {
    local as_root=()
    if ! command -v apt-get >/dev/null; then
        fail "Expected what Debian packs as: $*. Install it with this system's package manager."
    fi
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || fail "System packages are missing. Run: sudo apt-get install $*"
        as_root=(sudo -n)
    fi
    echo "setup: installing the system packages $*"
    "${as_root[@]}" apt-get update -qq || fail "apt-get update failed; $* are wanted."
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
        --no-install-recommends "$@" >/dev/null || fail "apt-get could not install $*; see above."
}

# A version manager's stand-in may exist and yet not run: look at what each one answers.
find_python() {
    local candidate
    for candidate in ${PYTHON:-python3.11 python3 python3.12 python3.13}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Expected Python 3.11 or newer (${PYTHON:-python3.11, python3}), found none. Install it, \
or name one: make setup PYTHON=/path/to/python3.11"
}

have_venv() {
    .venv/bin/python -c 'import pip' 2>/dev/null
}

# What no wheel carries: venv's pip, which Debian packs apart, and a library mongod is linked to.
missing_packages() {
    local python=$1
    if ! have_venv && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
    fi
    if [ "$(uname -s)" = Linux ] &&
        ! "$python" -c 'import ctypes; ctypes.CDLL("libcurl.so.4")' 2>/dev/null; then
        echo libcurl4
    fi
}

# For the tests of the App. Nothing else needs a browser, so a system without one is no failure:
# those tests are then skipped and say why.
install_browser() {
    local name
    for name in chromium chromium-browser google-chrome; do
        if command -v "$name" >/dev/null; then
            return 0
        fi
    done
    (debian_install chromium fonts-dejavu-core) ||
        echo "setup: no chromium can be had here: the browser tests will be skipped." >&2
}

make_venv() {
    local python packages
    python=$(find_python)
    packages=$(missing_packages "$python")
    if [ -n "$packages" ]; then
        # shellcheck disable=SC2086
        debian_install $packages
    fi
    if ! have_venv; then
        "$python" -m venv --clear .venv
    fi
}

# uv links its cache into .venv, and warns where that can't be done: then it is told to copy.
choose_link_mode() {
    local cache probe
    [ -z "${UV_LINK_MODE:-}" ] || return 0
    cache=$(.venv/bin/uv cache dir)
    probe=.link-probe.$$
    if mkdir -p "$cache" && : >"$cache/$probe" && ! ln "$cache/$probe" ".venv/$probe" 2>/dev/null; then
        export UV_LINK_MODE=copy
    fi
    rm -f "$cache/$probe" ".venv/$probe"
}

if [ "${1:-}" = browser ]; then
    install_browser
    exit
fi
make_venv
export PIP_DISABLE_PIP_VERSION_CHECK=1 UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-300}"
.venv/bin/python -m pip install --quiet -c constraints.txt uv
choose_link_mode
.venv/bin/uv pip install --python .venv/bin/python -e '.[test]' -c constraints.txt
.venv/bin/python tools/mongod.py
