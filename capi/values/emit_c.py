"""C: the public declarations of the value types, their implementation over capi/src/value_handle.h, and the
table of their fields for the core."""

import textwrap

NOTE = "Made by capi/values/generate.py from {source}: change it there."

KIND_NOTE = {
    "json": " As JSON text.",
    "id": " An id that is no text shows as its JSON text.",
}


def comment(text, indent=""):
    lines = textwrap.wrap(text, 118 - len(indent))
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    return f"{indent}/** " + f"\n{indent} *  ".join(lines) + " */\n"


def getters(kind, c_type, field):
    """(return type, name suffix, extra parameters, helper) for each getter of the field."""
    value = f"const {c_type} *value"
    if kind in ("text", "id", "json"):
        return [("const char *", field, f"{value}, size_t *len", "text")]
    if kind == "texts":
        return [("size_t ", f"{field}_count", value, "texts_count"),
                ("const char *", f"{field}_at", f"{value}, size_t index, size_t *len", "texts_at")]
    scalar = {"int64": ("int64_t ", "int64"), "double": ("double ", "double"), "bool": ("int ", "bool")}[kind]
    return [(scalar[0], field, value, scalar[1])]


def setters(kind, c_type, field):
    """(name suffix, parameters, helper) for each setter of the field."""
    value = f"{c_type} *value"
    end = "quipu_error **err"
    if kind in ("text", "id"):
        return [(f"set_{field}", f"{value}, const char *text, size_t text_len, {end}", "text")]
    if kind == "json":
        return [(f"set_{field}", f"{value}, const char *json, size_t json_len, {end}", "json")]
    if kind == "texts":
        return [(f"{field}_add", f"{value}, const char *text, size_t text_len, {end}", "texts_add"),
                (f"{field}_clear", f"{value}, {end}", "texts_clear")]
    c_kind = {"int64": "int64_t", "double": "double", "bool": "int"}[kind]
    return [(f"set_{field}", f"{value}, {c_kind} {field}, {end}", kind)]


def arguments(parameters):
    """Names only, without value and err, for a call."""
    names = [part.split()[-1].lstrip("*") for part in parameters.split(", ")]
    return [name for name in names if name not in ("value", "err")]


COMMON = [  # suffix, parameters, doc; status functions that every type has
    ("copy", "const {t} *value, {t} **out, quipu_error **err", "A value of its own with the same fields."),
    ("to_json", "const {t} *value, char **out, size_t *out_len, quipu_error **err",
     "The whole value as one JSON object, each field as it stands in the file. *out: quipu_free()."),
    ("from_json", "const char *json, size_t json_len, {t} **out, quipu_error **err",
     "A value from one JSON object: missing fields get their default, unknown ones are dropped. "
     "QUIPU_E_INVALID with the offset if it does not parse."),
    ("field_json", "const {t} *value, const char *name, size_t name_len, char **out, size_t *out_len, quipu_error **err",
     "One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out: "
     "quipu_free()."),
    ("pack", "const {t} *value, uint8_t **out, size_t *out_len, quipu_error **err",
     "The value in packed form (docs/formats/packed.md). *out: quipu_free()."),
    ("unpack", "const void *data, size_t len, {t} **out, quipu_error **err",
     "A value from its packed form. QUIPU_E_INVALID if it is none."),
]

PLAIN = ("to_json", "field_json", "pack")  # the same function for all types

SETTABLE = [
    ("create", "{t} **out, quipu_error **err", "A value with every field at its default."),
    ("set_field_json",
     "{t} *value, const char *name, size_t name_len, const char *json, size_t json_len, quipu_error **err",
     "Sets one field to any JSON value, whatever its kind."),
]


def header(description):
    guard = f"QUIPU_{description.area.upper()}_VALUES_H"
    out = [f"""/* quipu/{description.area}_values.h - the value types of quipu/{description.area}.h, with their fields.
 *
 * {NOTE.format(source=description.source)}
 *
 * A value belongs to the caller and is released with its _free. It is a snapshot: later writes to the store, and closing
 * it, do not change it. One thread at a time.
 *
 * Getters accept NULL (then: the field's default). Text and JSON text they hand out are borrowed, end in a NUL that is not
 * counted, and stay valid until the value is changed or freed; len may be NULL. A field that holds a JSON value of another
 * kind in the file (a number as label) shows its default through the getter, and itself through _field_json; it is
 * written back as it was unless a setter changes it. Where a text holds a lone surrogate the getter shows U+FFFD. An index
 * past the end of a list of texts gives an empty text.
 *
 * Setters copy what they are given. QUIPU_E_INVALID for text that is not UTF-8, JSON that does not parse or nests deeper than 256
 * levels; the value is unchanged then. Since 0.1 (experimental), all of them.
 */
#ifndef {guard}
#define {guard}

#include <quipu/base.h>
#include <quipu/error.h>

#ifdef __cplusplus
extern "C" {{
#endif
"""]
    for type_ in description.types:
        t = type_.c_name
        title = f"/* ---- {type_.name} "
        out.append("\n" + title + "-" * (119 - len(title)) + " */\n\n")
        out.append(comment(type_.doc))
        out.append(f"typedef struct {t} {t};\n\n")
        for suffix, parameters, doc in (SETTABLE[:1] if type_.settable else []) + COMMON:
            out.append(comment(doc))
            out.append(declaration(f"quipu_status {t}_{suffix}", parameters.format(t=t)))
        out.append(f"QUIPU_API void {t}_free({t} *value); /* NULL is fine */\n")
        for field in type_.fields:
            out.append("\n" + comment(field.doc + KIND_NOTE.get(field.kind, "")))
            for c_type, suffix, parameters, _ in getters(field.kind, t, field.name):
                out.append(declaration(f"{c_type}{t}_{suffix}", parameters))
            if type_.settable:
                for suffix, parameters, _ in setters(field.kind, t, field.name):
                    out.append(declaration(f"quipu_status {t}_{suffix}", parameters))
        if type_.settable:
            suffix, parameters, doc = SETTABLE[1]
            out.append("\n" + comment(doc))
            out.append(declaration(f"quipu_status {t}_{suffix}", parameters.format(t=t)))
    out.append("\n#ifdef __cplusplus\n}\n#endif\n#endif\n")
    return "".join(out)


def declaration(name, parameters, prefix="QUIPU_API ", end=";"):
    """One declaration, broken at a comma where it is too long."""
    start = f"{prefix}{name}("
    lines = [start]
    for part in parameters.split(", "):
        if len(lines[-1]) + len(part) > 117:
            lines[-1] = lines[-1].rstrip()
            lines.append(" " * len(start))
        lines[-1] += part + ", "
    return "\n".join(lines)[:-2] + f"){end}\n"


def table(type_, indent="    "):
    rows = []
    for field in type_.fields:
        default = field.default.replace("\\", "\\\\").replace('"', '\\"')
        kind = "k" + field.kind.capitalize()
        rows.append(f'{indent}{{"{field.name}", FieldKind::{kind}, "{default}"}},\n')
    return "".join(rows)


def source(description):
    out = [f"""// {NOTE.format(source=description.source)}
#include <quipu/{description.area}_values.h>

#include "{description.area}/value_fields.h"
#include "value_handle.h"

using namespace quipu::capi;
using namespace quipu::{description.area};
"""]
    for type_ in description.types:
        t = type_.c_name
        out.append(f"\n// {type_.name}\n\n")
        fields = f"{type_.name.lower()}_fields()"
        out.append('extern "C" {\n')
        if type_.settable:
            out.append(f"quipu_status {t}_create({t} **out, quipu_error **err) {{\n"
                       f"  return value_create({fields}, out, err);\n}}\n")
        for suffix, parameters, _ in COMMON:
            parameters = parameters.format(t=t)
            names = [part.split()[-1].lstrip("*") for part in parameters.split(", ")]
            table_first = [fields] if suffix in ("from_json", "unpack") else []
            out.append(declaration(f"quipu_status {t}_{suffix}", parameters, "", " {"))
            if suffix in PLAIN:
                names[0] = "handle_of(value)"
            out.append(f"  return value_{suffix}({', '.join(table_first + names)});\n}}\n")
        out.append(f"void {t}_free({t} *value) {{ value_free(value); }}\n")
        for index, field in enumerate(type_.fields):
            for c_type, suffix, parameters, helper in getters(field.kind, t, field.name):
                call = ", ".join(["handle_of(value)", fields, str(index)] + arguments(parameters))
                out.append(f"{c_type}{t}_{suffix}({parameters}) {{ return get_{helper}({call}); }}\n")
            if type_.settable:
                for suffix, parameters, helper in setters(field.kind, t, field.name):
                    call = ", ".join(["handle_of(value)", str(index)] + arguments(parameters) + ["err"])
                    out.append(declaration(f"quipu_status {t}_{suffix}", parameters, "", " {"))
                    out.append(f"  return set_{helper}({call});\n}}\n")
        if type_.settable:
            parameters = SETTABLE[1][1].format(t=t)
            out.append(declaration(f"quipu_status {t}_set_field_json", parameters, "", " {"))
            out.append("  return value_set_field_json(handle_of(value), name, name_len, json, json_len, err);\n}\n")
        out.append('}  // extern "C"\n')
    return "".join(out)


def core_fields(description):
    out = [f"""// {NOTE.format(source=description.source)}
#pragma once

#include <cstddef>

#include "json/row.h"

namespace quipu::{description.area} {{
"""]
    for type_ in description.types:
        names = "".join(f"    {field.name},\n" for field in type_.fields)
        out.append(f"""
struct {type_.name}Field {{
  enum : std::size_t {{
{names}    count,
  }};
}};

inline const json::FieldTable& {type_.name.lower()}_fields() {{
  using json::FieldKind;
  static const json::FieldTable kTable{{{{
{table(type_, "      ")}  }}}};
  return kTable;
}}
""")
    out.append(f"\n}}  // namespace quipu::{description.area}\n")
    return "".join(out)
