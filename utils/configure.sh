#!/usr/bin/env bash
# configure.sh FOLDER COMMAND…: runs the CMake command unless the folder was
# configured by the same one. Ninja itself reruns CMake when a CMakeLists changes.
set -euo pipefail
folder=$1
shift
record=$folder/.configured
if [ -f "$folder/build.ninja" ] && [ -f "$folder/CMakeCache.txt" ] && [ "$(cat "$record" 2>/dev/null)" = "$*" ]; then exit 0; fi

printf '\033[1m== configuring %s\033[0m\n' "$folder"
# Another compiler needs a fresh cache; CMake would otherwise start over with defaults.
rm -f "$folder/CMakeCache.txt"
mkdir -p "$folder"
"$@"
printf '%s' "$*" >"$record"
