#!/bin/sh
# Runs a command and fails, too, when the virtual machine warned about a use of JNI (-Xcheck:jni).
set -u
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ "$@" 2>&1; echo $? >"$log.code"; } | tee "$log"
code=$(cat "$log.code")
rm -f "$log.code"
if grep -E '^(WARNING|FATAL ERROR) in native method' "$log" || grep -E '^WARNING: JNI' "$log"; then
    echo "the virtual machine warned about a use of JNI" >&2
    exit 1
fi
exit "$code"
