"""C#: one class per value type, with its defaults and its packed form (bindings/csharp/Quipu/Runtime reads and writes it)."""

import json
import textwrap

NOTE = "// Made by capi/values/generate.py from {source}: change it there."

KIND_NOTE = {
    "json": " As JSON text.",
    "id": " An id that is no text in the file shows as its JSON text.",
}

METHODS = {"text": "Text", "id": "Text", "int64": "Int64", "double": "Double", "bool": "Bool", "json": "Json", "texts": "Texts"}
C_SHARP_TYPES = {"text": "string", "id": "string", "json": "string", "int64": "long", "double": "double", "bool": "bool"}
REFERENCES = ("text", "id", "json", "texts")


def pascal(name):
    return "".join(part.capitalize() for part in name.split("_"))


def camel(name):
    name = pascal(name)
    return name[0].lower() + name[1:]


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def summary(text, indent="        "):
    lines = textwrap.wrap(f"<summary>{escape(text)}</summary>", 115 - len(indent))
    return "".join(f"{indent}/// {line}\n" for line in lines)


def literal(field):
    """The default of a field that is no list, as C# writes it."""
    if field.kind == "json":
        return json.dumps(field.default)
    value = field.default_value
    if field.kind == "bool":
        return "true" if value else "false"
    if field.kind == "double":
        return repr(float(value))
    return json.dumps(value)


def list_of(texts):
    if not texts:
        return "new List<string>()"
    return "new List<string> { " + ", ".join(json.dumps(text) for text in texts) + " }"


def field_type(type_, field):
    if field.kind == "texts":
        return "IList<string>" if type_.settable else "IReadOnlyList<string>"
    return C_SHARP_TYPES[field.kind]


def default(field):
    return list_of(field.default_value) if field.kind == "texts" else literal(field)


def read(field):
    if field.kind == "texts":
        return f"reader.Texts() ?? {default(field)}"
    return f"reader.{METHODS[field.kind]}({default(field)})"


def write(field):
    # Where text can be refused, the message names the property.
    name = f"nameof({pascal(field.name)}), " if field.kind in REFERENCES else ""
    return f"writer.{METHODS[field.kind]}({name}this.{camel(field.name)});"


def properties(type_):
    out = []
    for field in type_.fields:
        name, stored = pascal(field.name), camel(field.name)
        out.append("\n" + summary(field.doc + KIND_NOTE.get(field.kind, "")))
        head = f"        public {field_type(type_, field)} {name}"
        if not type_.settable:
            out.append(f"{head} => this.{stored};\n")
            continue
        value = "value ?? throw new ArgumentNullException(nameof(value))" if field.kind in REFERENCES else "value"
        out.append(f"{head}\n        {{\n            get => this.{stored};\n            set => this.{stored} = {value};\n        }}\n")
    return "".join(out)


def constructor(type_):
    """Public, for types that the user can make: the id where there is one, every other field at its default."""
    if not type_.settable:
        return ""
    first = type_.fields[0]
    parameter = f"string {camel(first.name)}" if first.kind == "id" else ""
    out = ["\n" + summary("A value with every " + ("other " if parameter else "") + "field at its default.")]
    if parameter:
        out.append(f'        /// <param name="{camel(first.name)}">{escape(first.doc)}</param>\n')
    out.append(f"        public {type_.name}({parameter})\n        {{\n")
    for field in type_.fields:
        stored = camel(field.name)
        value = default(field)
        if parameter and field is first:
            value = f"{stored} ?? throw new ArgumentNullException(nameof({stored}))"
        out.append(f"            this.{stored} = {value};\n")
    out.append("        }\n")
    return "".join(out)


def clone(type_):
    if not type_.settable:
        return ""
    copies = "".join(
        f"            copy.{camel(field.name)} = new List<string>(this.{camel(field.name)});\n"
        for field in type_.fields if field.kind == "texts")
    return f"""
{summary("A value of its own with the same fields.")}        public {type_.name} Clone()
        {{
            var copy = ({type_.name})MemberwiseClone();
{copies}            return copy;
        }}
"""


def class_text(description, type_):
    native = type_.name.lower().capitalize()
    names = ", ".join(f'"{field.name}"' for field in type_.fields)
    names = "\n".join(textwrap.wrap(names, 108, initial_indent=" " * 12, subsequent_indent=" " * 12))
    const = "" if type_.settable else "readonly "
    fields = "".join(f"        private {const}{field_type(type_, field)} {camel(field.name)};\n" for field in type_.fields)
    reads = "".join(f"            this.{camel(field.name)} = {read(field)};\n" for field in type_.fields)
    writes = "".join(f"            {write(field)}\n" for field in type_.fields)
    return f"""{NOTE.format(source=description.source)}
#nullable enable

using System;
using System.Collections.Generic;

namespace Quipu
{{
{summary(type_.doc, "    ")}    public sealed partial class {type_.name} : IPackable
    {{
        // The names in the file format, in the order of the packed form.
        internal static readonly string[] FieldNames =
        {{
{names},
        }};

        private readonly byte[]?[]? rawFields;
{fields}{constructor(type_)}
        private {type_.name}(ref PackedReader reader)
        {{
            reader.BeginValue({len(type_.fields)});
{reads}            this.rawFields = reader.EndValue();
        }}
{properties(type_)}
{summary("A value from one JSON object: missing fields get their default, unknown ones are dropped.")}        /// <param name="json">The JSON text of one object.</param>
        /// <exception cref="InvalidException">The text does not parse; <see cref="QuipuException.Offset"/> says where.</exception>
        public static {type_.name} FromJson(string json)
        {{
            NativeLoader.Ensure();
            return QuipuNative.{native}FromJson(json);
        }}

{summary("The whole value as one JSON object, each field as it stands in the file.")}        public string ToJson()
        {{
            NativeLoader.Ensure();
            return QuipuNative.{native}ToJson(this);
        }}
{clone(type_)}
        void IPackable.Pack(PackedWriter writer)
        {{
            writer.BeginValue({len(type_.fields)}, this.rawFields);
{writes}        }}

        internal static {type_.name} Take(NativeView view)
        {{
            try
            {{
                var reader = new PackedReader(view);
                return new {type_.name}(ref reader);
            }}
            finally
            {{
                view.Free();
            }}
        }}

        internal static {type_.name}? TakeOptional(NativeView view) => view.IsAbsent ? null : Take(view);

        internal static List<{type_.name}>? TakePage(NativeView view)
        {{
            if (view.IsAbsent)
            {{
                return null;
            }}

            try
            {{
                var reader = new PackedReader(view);
                int count = reader.BeginPage();
                var page = new List<{type_.name}>(count);
                for (int i = 0; i < count; i++)
                {{
                    page.Add(new {type_.name}(ref reader));
                }}

                return page;
            }}
            finally
            {{
                view.Free();
            }}
        }}
    }}
}}
"""


def emit(description):
    return {f"{type_.name}.cs": class_text(description, type_) for type_ in description.types}
