#!/usr/bin/env python3
"""Compiles and runs the programs in README.md: every block of c, cpp, go, java and csharp, as it stands.

They share one folder `project`, in the order of the page, so each must see what those before it wrote. ctest sets the
environment (CMakeLists.txt); QUIPU_GO, QUIPU_JAVA and QUIPU_DOTNET are empty where the binding was left out.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing is written into the source tree
from cases import Skip, run

SOURCE = pathlib.Path(os.environ["QUIPU_SOURCE_DIR"])
BUILD = pathlib.Path(os.environ["QUIPU_BUILD_DIR"])
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="quipu-readme."))
WRITERS = {"c": "written in C", "go": "written in Go", "java": "written in Java", "csharp": "written in C#"}

written = []  # the languages that have written to the folder so far


def sh(*command, **options):
    print("$", *map(str, command), flush=True)
    done = subprocess.run(
        list(map(str, command)), cwd=options.pop("cwd", SCRATCH), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL, text=True, **options)
    print(done.stdout, end="", flush=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}")
    return done.stdout


def pkg_config():
    environment = dict(os.environ, PKG_CONFIG_PATH=str(BUILD / "pkgconfig"))
    return sh("pkg-config", "--cflags", "--libs", "quipu", env=environment).split()


def c(program):
    (SCRATCH / "program.c").write_text(program, encoding="utf-8")
    sh(os.environ.get("CC", "cc"), "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "program.c", "-o", "c_program",
       *pkg_config())
    return sh("./c_program")


def cpp(program):
    (SCRATCH / "program.cpp").write_text(program, encoding="utf-8")
    sh(os.environ.get("CXX", "c++"), "-std=c++11", "-Wall", "-Wextra", "-pedantic", "-Werror", "program.cpp", "-o",
       "cpp_program", *pkg_config())
    return sh("./cpp_program")


def go(program):
    command = toolchain("QUIPU_GO", "Go")
    folder = SCRATCH / "go"
    folder.mkdir()
    (folder / "main.go").write_text(program, encoding="utf-8")
    binding = SOURCE / "bindings/go"
    module = re.search(r"^module (\S+)", (binding / "go.mod").read_text(encoding="utf-8"), re.MULTILINE).group(1)
    (folder / "go.mod").write_text(
        f"module readme\n\ngo 1.19\n\nrequire {module} v0.0.0\n\nreplace {module} => {binding}\n", encoding="utf-8")
    # with-build.sh goes into the binding's folder; the program is elsewhere.
    sh(binding / "with-build.sh", BUILD, "sh", "-c", 'cd "$1" && exec "$2" build -o program .', "sh", folder, command)
    return sh(folder / "program")


def java(program):
    command = toolchain("QUIPU_JAVA", "Java")
    jar = built("bindings/java/quipu.jar")
    (SCRATCH / "Main.java").write_text(program, encoding="utf-8")
    return sh(command, "-cp", jar, "Main.java")


def csharp(program):
    command = toolchain("QUIPU_DOTNET", "C#")
    package = built("bindings/csharp/package")
    framework = "net" + sh(command, "--version", env=dotnet_environment()).split(".")[0] + ".0"
    folder = SCRATCH / "csharp"
    folder.mkdir()
    (folder / "Program.cs").write_text(program, encoding="utf-8")
    (folder / "program.csproj").write_text(
        f"""<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>{framework}</TargetFramework>
    <UseAppHost>false</UseAppHost>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Quipu" Version="{version()}" />
  </ItemGroup>
</Project>
""", encoding="utf-8")
    sh(command, "build", "--source", package, "-p:UseSharedCompilation=false", "-v", "quiet", "-nologo", "-o", folder / "out",
       cwd=folder, env=dotnet_environment())
    return sh(command, folder / "out/program.dll", env=dotnet_environment())


def dotnet_environment():
    # A folder of its own for packages: one that was packed again stays hidden behind the one in the common cache.
    return dict(os.environ, DOTNET_CLI_HOME=str(BUILD / "dotnet"), NUGET_PACKAGES=str(SCRATCH / "packages"), DOTNET_NOLOGO="1",
                DOTNET_CLI_TELEMETRY_OPTOUT="1", DOTNET_GENERATE_ASPNET_CERTIFICATE="false", MSBUILDDISABLENODEREUSE="1",
                DOTNET_CLI_USE_MSBUILD_SERVER="0", NUGET_CERT_REVOCATION_MODE="offline")


def version():
    text = (SOURCE / "capi/include/quipu/version.h").read_text(encoding="utf-8")
    return re.search(r'#define QUIPU_VERSION "(.*)"', text).group(1)


def toolchain(variable, language):
    command = os.environ.get(variable, "")
    if not command:
        raise Skip(f"the package for {language} was left out of this build")
    return command


def built(path):
    if not (BUILD / path).exists():
        raise RuntimeError(f"{path} was not built")
    return BUILD / path


def check(language, program):
    printed = globals()[language](program)
    if language in WRITERS:
        written.append(language)
    if language == "c":
        expected = "c is on disk\n"
    else:
        expected = "".join(f"{each}: {WRITERS[each]}\n" for each in written)
    if printed != expected:
        raise RuntimeError(f"it printed {printed!r}, expected {expected!r}")


def main():
    readme = (SOURCE / "README.md").read_text(encoding="utf-8")
    programs = re.findall(r"^```(c|cpp|go|java|csharp)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    cases = [(f"README.md: {language}", lambda l=language, p=program: check(l, p)) for language, program in programs]

    def complete():
        languages = [language for language, _ in programs]
        if languages != ["c", "cpp", "go", "java", "csharp"]:
            raise RuntimeError(f"the programs on the page are {languages}")

    try:
        sys.exit(run([("README.md has one program per language", complete)] + cases))
    finally:
        shutil.rmtree(SCRATCH, ignore_errors=True)


if __name__ == "__main__":
    main()
