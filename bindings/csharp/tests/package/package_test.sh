#!/usr/bin/env bash
# Uses the NuGet package as a stranger would: a fresh project that refers to it from a folder, built and run twice, with the
# assembly that its framework picks and with the one for netstandard2.0.
#
#   package_test.sh PACKAGE VERSION FRAMEWORK
set -euo pipefail

package=$1 version=$2 framework=$3
dotnet=${QUIPU_DOTNET:-dotnet}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/quipu-package.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# ---- what is inside -------------------------------------------------------------------------------------------------

list=$(python3 -m zipfile -l "$package" | awk '{print $1}')
for entry in lib/ "runtimes/.*/native/libquipu_csharp.so" "runtimes/.*/native/libsimdjson.so" "lib/.*/Quipu.dll" \
  "lib/.*/Quipu.xml" README.md THIRD-PARTY-NOTICES.txt; do
  grep -q "^$entry" <<<"$list" || fail "the package has no $entry:"$'\n'"$list"
done

# What the system has to bring, as README.md says: no other library of its own may be needed.
unzipped=$work/native
mkdir "$unzipped"
(cd "$unzipped" && python3 -m zipfile -e "$package" .)
for library in "$unzipped"/runtimes/*/native/*.so*; do
  needed=$(objdump -p "$library" | awk '$1 == "NEEDED" {print $2}')
  for name in $needed; do
    case $name in
      libcrypto.so.3 | libz.so.1 | libsqlite3.so.0)
        grep -q "\`$name\`" "$unzipped/README.md" || fail "README.md does not name $name, which $(basename "$library") needs"
        ;;
      libsimdjson.so.* | libstdc++.so.6 | libgcc_s.so.1 | libm.so.6 | libc.so.6 | ld-linux*) ;;
      *) fail "$(basename "$library") needs $name" ;;
    esac
  done
done

# ---- a consumer -----------------------------------------------------------------------------------------------------

# A folder of its own for packages: a version that was packed again stays hidden behind the one in the common cache.
export NUGET_PACKAGES=$work/packages
mkdir "$work/source" "$work/consumer"
cp "$package" "$work/source"
cp "$here/Consumer.cs" "$work/consumer/Program.cs"
cat >"$work/consumer/consumer.csproj" <<END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>$framework</TargetFramework>
    <Nullable>enable</Nullable>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
    <InvariantGlobalization>true</InvariantGlobalization>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Quipu" Version="$version" />
  </ItemGroup>
</Project>
END

cd "$work/consumer"
"$dotnet" build --source "$work/source" -p:UseSharedCompilation=false -v quiet -nologo -o "$work/out"
answer=$("$dotnet" "$work/out/consumer.dll" "$work/store")
echo "$answer"
check_answer() {
  grep -q "^records=2 valid=True version=$version$" <<<"$answer" && grep -q "^hits=Rate limits$" <<<"$answer" ||
    fail "$1the consumer answered: $answer"
}
check_answer ""

standard=$NUGET_PACKAGES/quipu/$version/lib/netstandard2.0/Quipu.dll
if [[ -f $standard ]]; then
  cp "$standard" "$work/out/Quipu.dll"
  answer=$("$dotnet" "$work/out/consumer.dll" "$work/store2")
  check_answer "with netstandard2.0 "
  echo "and with netstandard2.0: $answer"
fi
