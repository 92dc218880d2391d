#!/bin/sh
# Makes the documentation; a public item without some, or a link that leads nowhere, is an error.
#
#   javadoc_test.sh JAVADOC RELEASE OUTPUT FOLDER...
set -eu
javadoc=$1 release=$2 output=$3
shift 3
rm -rf "$output" "$output.src"
mkdir -p "$output.src"
# As one tree: the module's package is spread over several folders.
for folder in "$@"; do
    cp -R "$folder/." "$output.src"
done
"$javadoc" -quiet -Xdoclint:all -Werror --release "$release" -encoding UTF-8 -d "$output" \
    --module-source-path "quipu=$output.src" --module quipu
test -f "$output/quipu/quipu/ChronoStore.html"
