"""Go: one struct per value type, with its defaults, its packed form and its way to and from JSON. gofmt-clean."""

import os
import re
import textwrap

GO_MOD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bindings", "go", "go.mod")

INITIALISMS = {"id": "ID", "json": "JSON", "url": "URL", "uri": "URI", "uuid": "UUID", "http": "HTTP", "api": "API",
               "sql": "SQL", "ttl": "TTL"}

GO_TYPES = {"text": "string", "id": "string", "int64": "int64", "double": "float64", "bool": "bool",
            "json": "json.RawMessage", "texts": "[]string"}

PACKED_METHODS = {"text": "Text", "id": "Text", "int64": "Int64", "double": "Double", "bool": "Bool", "json": "JSON",
                  "texts": "Texts"}

KIND_NOTE = {"json": " As JSON text.", "id": " An id that is no text shows as its JSON text."}


def module_path():
    """The publisher may have replaced it (set-module-path.sh)."""
    with open(GO_MOD, encoding="utf-8") as file:
        return re.search(r"^module (\S+)$", file.read(), re.MULTILINE).group(1)


def go_name(name):
    return "".join(INITIALISMS.get(part, part.capitalize()) for part in name.split("_"))


def lower_first(name):
    return name[0].lower() + name[1:]


def quoted(text):
    """A Go string literal."""
    out = []
    for character in text:
        if character in '"\\':
            out.append("\\" + character)
        elif character.isprintable():
            out.append(character)
        else:
            out.append(f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}")
    return '"' + "".join(out) + '"'


def default(field):
    """The Go expression of the field's default, or None where Go's zero value is it."""
    value = field.default_value
    if field.kind == "json":
        return f"json.RawMessage({quoted(field.default)})"
    if field.kind == "texts":
        return "[]string{" + ", ".join(quoted(text) for text in value) + "}" if value else None
    if not value:
        return None
    if field.kind in ("text", "id"):
        return quoted(value)
    return "true" if value is True else repr(value)


def missing(field):
    """What a field that is absent reads as."""
    if field.kind == "json":
        return quoted(field.default)
    return default(field) or {"text": '""', "id": '""', "bool": "false", "texts": "nil"}.get(field.kind, "0")


def comment(text, indent=""):
    return "".join(f"{indent}// {line}\n" for line in textwrap.wrap(text, 110 - 4 * len(indent)))


def struct(type_):
    out = [comment(f"{type_.name} is a plain value. {type_.doc}")]
    if type_.settable:
        out.append("//\n" + comment(f"The zero {type_.name} is not the default one and is refused by every write, since "
                                    "its JSON fields are empty."))
    out.append(f"type {type_.name} struct {{\n")
    for field in type_.fields:
        out.append(comment(field.doc + KIND_NOTE.get(field.kind, ""), "\t"))
        out.append(f"\t{go_name(field.name)} {GO_TYPES[field.kind]}\n\n")
    out.append("\traws []packed.Raw // what the fields above cannot show of the value in the file\n}\n")
    return "".join(out)


def functions(type_):
    native = type_.name.capitalize()
    short = lower_first(type_.name)
    defaults = [(go_name(field.name), default(field)) for field in type_.fields]
    defaults = [(name, value) for name, value in defaults if value is not None]
    width = max((len(name) for name, _ in defaults), default=0) + 1
    literal = "".join(f"\t\t{name + ':':<{width}} {value},\n" for name, value in defaults)
    literal = f"{{\n{literal}\t}}" if literal else "{}"

    writes = "".join(f"\tw.{PACKED_METHODS[field.kind]}(v.{go_name(field.name)})\n" for field in type_.fields)
    reads = "".join(f"\tv.{go_name(field.name)} = r.{PACKED_METHODS[field.kind]}({missing(field)})\n" for field in type_.fields)
    made = f"""func default{type_.name}() {type_.name} {{
	return {type_.name}{literal}
}}

""" if type_.settable else ""

    out = [f"""
var {short}Functions = valueFunctions{{
	unpack:   capi.{native}Unpack,
	pack:     capi.{native}Pack,
	toJSON:   capi.{native}ToJson,
	fromJSON: capi.{native}FromJson,
	free:     capi.{native}Free,
}}

{made}func (v *{type_.name}) pack(to []byte) ([]byte, error) {{
	w := packed.NewWriter(to, {len(type_.fields)}, v.raws)
{writes}	return w.Bytes()
}}

func (v *{type_.name}) unpack(data []byte) (err error) {{
	var r packed.Reader
	r.Begin(data)
{reads}	v.raws, err = r.Finish()
	return err
}}

// ToJSON is the whole value as one JSON object, each field as it stands in the file.
func (v *{type_.name}) ToJSON() (json.RawMessage, error) {{
	return toJSON(v, &{short}Functions)
}}

// MarshalJSON makes encoding/json write what ToJSON gives.
func (v {type_.name}) MarshalJSON() ([]byte, error) {{
	return toJSON(&v, &{short}Functions)
}}
"""]
    if type_.settable:
        out.append(f"""
// {type_.name}FromJSON makes a value from one JSON object: missing fields get their default, unknown ones are dropped.
// ErrInvalid, with the offset, if it does not parse.
func {type_.name}FromJSON(text []byte) (*{type_.name}, error) {{
	return fromJSON[{type_.name}](text, &{short}Functions)
}}

// UnmarshalJSON makes encoding/json read as {type_.name}FromJSON does.
func (v *{type_.name}) UnmarshalJSON(text []byte) error {{
	made, err := {type_.name}FromJSON(text)
	if err == nil {{
		*v = *made
	}}
	return err
}}
""")
    return "".join(out)


def emit(description):
    module = module_path()
    out = [f"""// Code generated by capi/values/generate.py from {description.source}. DO NOT EDIT.

package quipu

import (
	"encoding/json"

	"{module}/internal/capi"
	"{module}/internal/packed"
)
"""]
    for type_ in description.types:
        out.append("\n" + struct(type_) + functions(type_))
    return "".join(out)
