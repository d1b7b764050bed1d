#!/usr/bin/env bash
# check.sh SUITE…: runs the test suites named (format docs lit unit python), all of
# them even when one fails, and ends with one line each. Fails if any failed.
# BUILD, JOBS and TC_PYTHON come from the Makefile; TESTS picks pytest tests.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$(realpath "$BUILD")

suite_format() {
  git ls-files -z '*.cpp' '*.h' '*.c' | grep -zv /Inputs/ | xargs -0r clang-format --dry-run -Werror &&
    echo "clang-format: nothing to change"
}

suite_docs() { "$TC_PYTHON" utils/gen_docs.py --build "$build" --check; }

suite_lit() { cmake --build "$build" --target check-lit -j "$JOBS"; }

suite_unit() {
  ctest --test-dir "$build" -j "$JOBS" --output-on-failure --progress --no-tests=error
}

suite_python() {
  local folders=() folder
  for folder in test/python test/models; do [ ! -d $folder ] || folders+=("$folder"); done
  # shellcheck disable=SC2086 — TESTS holds several words.
  PYTHONPATH=$build/python "$TC_PYTHON" -m pytest -p no:cacheprovider "${folders[@]}" ${TESTS:-}
}

failed=0 summary=""
for suite in "$@"; do
  printf '\033[1m== %s\033[0m\n' "$suite"
  start=$SECONDS
  if "suite_$suite"; then outcome=passed; else outcome=FAILED failed=1; fi
  summary+=$(printf '  %-8s %-7s %4d s' "$suite" "$outcome" $((SECONDS - start)))$'\n'
done
printf '\033[1m== summary\033[0m\n%s' "$summary"
exit $failed
