#!/usr/bin/env bash
# Installs the library into a temporary prefix, moves it, and uses it from there: a program in C through pkg-config, one in
# C++ through find_package, one that loads it at run time. ctest sets the environment (tests/install/CMakeLists.txt).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d --tmpdir quipu-install.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/moved
libdir=$prefix/$QUIPU_LIBDIR
store=$scratch/store
passed=0
failures=()

# step NAME FUNCTION: one case. The function runs in a subshell of its own, in which the first failing command ends it.
step() {
  local name=$1 status=0
  echo "--- $name"
  set +e
  (set -e; "$2")
  status=$?
  set -e
  if ((status == 0)); then passed=$((passed + 1)); else failures+=("$name"); fi
}

install_and_move() {
  "$CMAKE" --install "$QUIPU_BUILD_DIR" --prefix "$scratch/first"
  mv "$scratch/first" "$prefix"
}

files_are_there() {
  local header major=${QUIPU_WANTED_VERSION%%.*}
  for header in "$QUIPU_SOURCE_DIR"/capi/include/quipu/*.h; do
    cmp "$header" "$prefix/$QUIPU_INCLUDEDIR/quipu/$(basename "$header")"
  done
  test "$(readlink -f "$libdir/libquipu.so")" = "$(readlink -f "$libdir/libquipu.so.$QUIPU_WANTED_VERSION")"
  test "$(readlink -f "$libdir/libquipu.so.$major")" = "$(readlink -f "$libdir/libquipu.so.$QUIPU_WANTED_VERSION")"
  objdump -p "$libdir/libquipu.so" >"$scratch/dynamic"
  grep -Eq "SONAME +libquipu\.so\.$major\$" "$scratch/dynamic"
  if grep -E 'RPATH|RUNPATH' "$scratch/dynamic"; then
    echo "the installed library has a run path"
    return 1
  fi
}

modules_are_there() {
  local module name
  for module in "$QUIPU_BUILD_DIR"/quipu/*.so; do
    [[ -e $module ]] || continue
    name=$libdir/quipu/$(basename "$module")
    test -f "$name"
    objdump -p "$name" >"$scratch/dynamic_module"
    if grep -E 'RPATH|RUNPATH' "$scratch/dynamic_module"; then
      echo "$name has a run path"
      return 1
    fi
  done
}

nothing_internal_is_installed() {
  local found
  found=$(find "$prefix" -name '*.a' -o -name '*.hpp' -o -name '*gtest*' -o -name '*quipu_static*')
  test -z "$found" || { echo "not for users: $found"; return 1; }
  if grep -RIlF -e "$QUIPU_SOURCE_DIR" -e "$QUIPU_BUILD_DIR" -e "$scratch" "$prefix"; then
    echo "the files above name a folder of the build"
    return 1
  fi
}

c_through_pkg_config() {
  export PKG_CONFIG_PATH=$libdir/pkgconfig
  test "$("$PKG_CONFIG" --modversion quipu)" = "$QUIPU_WANTED_VERSION"
  # shellcheck disable=SC2046
  "$CC" -std=c99 -Wall -Wextra -pedantic -Werror "$here/consumer.c" -o "$scratch/consumer_c" \
      $("$PKG_CONFIG" --cflags --libs quipu)
  LD_LIBRARY_PATH=$libdir "$scratch/consumer_c" "$store" "$QUIPU_WANTED_VERSION"
}

cpp_through_find_package() {
  "$CMAKE" -G Ninja -S "$here/cpp" -B "$scratch/cpp" -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_PREFIX_PATH="$prefix" \
      -DQUIPU_WANTED_VERSION="$QUIPU_WANTED_VERSION"
  "$CMAKE" --build "$scratch/cpp"
  "$scratch/cpp/consumer" "$store"
}

loaded_at_run_time() {
  "$CC" -std=c99 -Wall -Wextra -pedantic -Werror -I"$prefix/$QUIPU_INCLUDEDIR" "$here/loader.c" -o "$scratch/loader" -ldl
  "$scratch/loader" "$libdir/libquipu.so.${QUIPU_WANTED_VERSION%%.*}" "$store" "$QUIPU_WANTED_VERSION"
}

step "installs, and may be moved" install_and_move
step "all files are there" files_are_there
step "the modules are there" modules_are_there
step "nothing internal is installed" nothing_internal_is_installed
step "a program in C through pkg-config" c_through_pkg_config
step "a program in C++ through find_package" cpp_through_find_package
step "a program that loads the library at run time" loaded_at_run_time

{
  echo "$passed ${#failures[@]} 0"
  for name in "${failures[@]}"; do echo "fail: $name"; done
} | tee "${QUIPU_COUNTS_FILE:-/dev/null}"
((${#failures[@]} == 0))
