#!/usr/bin/env bash
# Installs what the build and the tests need, and nothing that is already there:
# Debian packages (as root or through sudo), then a virtual environment.
#
#   setup.sh packages        apt packages; says what is missing where it cannot install
#   setup.sh venv FOLDER     virtual environment from requirements.txt
#
# LLVM_PREFIX=… names another LLVM 22, and then its Debian packages are not asked for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\033[1m== %s\033[0m\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

llvm_packages=(llvm-22-dev libmlir-22-dev mlir-22-tools llvm-22-tools clang-22 lld-22
  clang-format-22 clang-tidy-22 libclang-rt-22-dev)
base_packages=(ninja-build cmake ccache git g++ libgtest-dev libgmock-dev zlib1g-dev libminizip-dev libzstd-dev
  python3-dev python3-venv ca-certificates)

packages() {
  local wanted=("${base_packages[@]}") missing=() package
  if [ -z "${LLVM_PREFIX:-}" ]; then
    wanted+=("${llvm_packages[@]}")
  elif [ ! -e "$LLVM_PREFIX/lib/cmake/mlir/MLIRConfig.cmake" ]; then
    die "LLVM_PREFIX=$LLVM_PREFIX: expected an installation of LLVM 22 with MLIR, found no lib/cmake/mlir/MLIRConfig.cmake"
  fi
  command -v dpkg-query >/dev/null || {
    say "no dpkg here: not checking packages, this build needs ${wanted[*]}"
    return
  }
  for package in "${wanted[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  local install=(apt-get install -y --no-install-recommends "${missing[@]}") as=()
  say "installing ${missing[*]}"
  if [ "$(id -u)" != 0 ]; then
    # Without a terminal sudo must not wait for a password.
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }; then
      as=(sudo)
    else
      die "missing packages, and neither root nor sudo to install them; run as root:
  apt-get update && ${install[*]}"
    fi
  fi
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q ||
    die "apt-get update failed (no network?); still missing: ${missing[*]}"
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" ||
    die "apt-get could not install: ${missing[*]}
  (LLVM 22 is in Debian 12's security archive: deb http://deb.debian.org/debian-security bookworm-security main)"
}

venv() {
  local venv=$1 python=${PYTHON:-python3} stamp
  stamp=$(cat requirements.txt requirements.lock | sha256sum | cut -d' ' -f1)
  [ "$(cat "$venv/.stamp" 2>/dev/null)" != "$stamp" ] || return 0
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    die "python 3.11 or newer expected, found $("$python" --version 2>/dev/null || echo none) (set PYTHON=…)"
  say "virtual environment in $venv (torch is large: a few minutes)"
  # Without ensurepip venv leaves an environment that has no pip; so does a run that was cut off.
  if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$venv"
    mkdir -p "$(dirname "$venv")"
    "$python" -m venv "$venv" || {
      rm -rf "$venv"
      die "$python cannot make virtual environments: on Debian they are in the package python3-venv"
    }
  fi
  # --no-compile: byte code is written when a module is first imported, not for all of torch now.
  "$venv/bin/python" -m pip install --disable-pip-version-check --no-compile --prefer-binary \
    -r requirements.txt -c requirements.lock ||
    die "pip could not install requirements.txt into $venv (no network? PIP_INDEX_URL names another index)"
  echo "$stamp" >"$venv/.stamp"
}

case "${1:-}" in
packages) packages ;;
venv) [ $# = 2 ] || die "venv expects a folder"; venv "$2" ;;
*) die "expected packages or venv, found '${1:-}'" ;;
esac
