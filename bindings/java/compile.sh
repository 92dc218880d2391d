#!/bin/sh
# Compiles all .java files below some folders, every warning an error.
#
#   compile.sh JAVAC RELEASE CLASSES CLASSPATH FOLDER...
#
# A script, because the generated files are known only once they are there. CLASSES is made anew, so that a class whose source
# is gone does not stay.
set -eu
javac=$1 release=$2 classes=$3 classpath=$4
shift 4
list=$classes.files
mkdir -p "$(dirname "$classes")"
# One quoted path per line; javac takes a backslash as an escape in such a file.
find "$@" -name '*.java' | sort | sed 's/[\\"]/\\&/g; s/.*/"&"/' >"$list"
rm -rf "$classes"
"$javac" --release "$release" -encoding UTF-8 -Xlint:all -Werror -parameters -d "$classes" \
    ${classpath:+-classpath "$classpath"} @"$list"
