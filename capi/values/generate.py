#!/usr/bin/env python3
"""Makes code for the value types from their one description (core/<area>/values.toml).

    generate.py --emit KIND --description FILE --output PATH

KIND          PATH    what
c-header      file    declarations for capi/include/quipu/<area>_values.h (committed)
c-source      file    their implementation, a C++ source of the library (build time)
core-fields   file    tables of the fields for the core, <area>/value_fields.h (build time)
go            file    structs and packed form of the Go package (committed)
java          folder  classes of the Java package (build time)
csharp        folder  classes of the C# package (build time)

Each KIND is one emitter in a module beside this one; each gets the same model (class Type, class Field below).
"""

import argparse
import importlib
import json
import os
import sys
import tomllib
from dataclasses import dataclass

KINDS = ("text", "id", "int64", "double", "bool", "json", "texts")


@dataclass(frozen=True)
class Field:
    name: str     # snake_case, as in the file format and in C
    kind: str     # one of KINDS
    default: str  # JSON text
    doc: str

    @property
    def default_value(self):
        return json.loads(self.default)


@dataclass(frozen=True)
class Type:
    name: str       # CamelCase: ChronoRecord
    doc: str
    fields: tuple   # of Field, in the order of the packed form
    settable: bool  # can be made and changed by the user

    @property
    def c_name(self):  # quipu_chronorecord
        return "quipu_" + self.name.lower()


@dataclass(frozen=True)
class Description:
    area: str       # chronostore
    types: tuple    # of Type
    source: str     # path as it may appear in a comment


def load(path):
    with open(path, "rb") as file:
        raw = tomllib.load(file)
    types = []
    for entry in raw["type"]:
        # fields_of: begins with the fields of a type before it.
        fields = [field for type_ in types if type_.name == entry.get("fields_of") for field in type_.fields]
        if "fields_of" in entry and not fields:
            sys.exit(f"{path}: {entry['name']}: there is no type {entry['fields_of']} before it")
        for field in entry["fields"]:
            made = Field(field["name"], field["kind"], field["default"], field["doc"])
            if made.kind not in KINDS:
                sys.exit(f"{path}: {entry['name']}.{made.name}: unknown kind {made.kind}")
            json.loads(made.default)
            fields.append(made)
        if len({field.name for field in fields}) != len(fields):
            sys.exit(f"{path}: {entry['name']}: a field is listed twice")
        types.append(Type(entry["name"], entry["doc"], tuple(fields), entry.get("settable", False)))

    area = os.path.basename(os.path.dirname(os.path.abspath(path)))
    return Description(area, tuple(types), f"core/{area}/values.toml")


def write_if_changed(path, text):
    """Leaves the time of an unchanged file alone, so that nothing is rebuilt for it."""
    if os.path.dirname(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    except FileNotFoundError:
        pass
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


EMITTERS = {
    "c-header": ("emit_c", "header"),
    "c-source": ("emit_c", "source"),
    "core-fields": ("emit_c", "core_fields"),
    "go": ("emit_go", "emit"),
    "java": ("emit_java", "emit"),
    "csharp": ("emit_csharp", "emit"),
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--emit", choices=sorted(EMITTERS), required=True)
    arguments.add_argument("--description", required=True)
    arguments.add_argument("--output", required=True)
    options = arguments.parse_args()
    module, function = EMITTERS[options.emit]
    # An emitter answers the text of one file, or a dict of file name to text for a folder.
    made = getattr(importlib.import_module(module), function)(load(options.description))
    if isinstance(made, dict):
        for name, text in made.items():
            write_if_changed(os.path.join(options.output, name), text)
    else:
        write_if_changed(options.output, made)


if __name__ == "__main__":
    main()
