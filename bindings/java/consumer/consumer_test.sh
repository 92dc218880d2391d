#!/bin/sh
# Runs Consumer with only the jar: on the class path, then as modules. Nothing in the environment or beside the jar helps it.
#
#   consumer_test.sh JAVA JAR CONSUMER_CLASSES VERSION
set -eu
java=$1 jar=$2 classes=$3 version=$4
unset QUIPU_LIBRARY_PATH LD_LIBRARY_PATH LD_PRELOAD JAVA_TOOL_OPTIONS CLASSPATH || true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tmp" "$work/elsewhere"
cp "$jar" "$work/elsewhere/quipu.jar"
cd "$work/elsewhere"

expected="sky: is blue
valid: true
version: $version"

run() {
    name=$1
    shift
    printed=$("$java" "-Djava.io.tmpdir=$work/tmp" "$@" "$work/store $name")
    if [ "$printed" != "$expected" ]; then
        printf '%s printed:\n%s\n' "$name" "$printed" >&2
        exit 1
    fi
    if [ -n "$(ls -A "$work/tmp")" ]; then
        echo "$name left files in the temporary folder: $(ls -A "$work/tmp")" >&2
        exit 1
    fi
    test -s "$work/store $name/.chronomemory/events.wal"
    echo "$name: fine"
}

run classpath -cp "quipu.jar:$classes" Consumer
# The consumer's class is in the unnamed module, the package in its own.
run modules -p quipu.jar --add-modules quipu -cp "$classes" Consumer

# What the jar's native files need beyond each other must be Debian's, and no path of this machine may be in them.
mkdir unpacked
cd unpacked
python3 -m zipfile -e ../quipu.jar .
for file in natives/*/*.so*; do
    if readelf -d "$file" | grep -E 'R(UN)?PATH' | grep -v '\[\$ORIGIN\]'; then
        echo "$file has a run path of the build machine" >&2
        exit 1
    fi
done
echo "natives: $(ls natives/*/*)"
