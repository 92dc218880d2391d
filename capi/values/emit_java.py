"""Java: one class per value type, package quipu, over Packer and Unpacker of bindings/java/src."""

import html
import json
import textwrap

from emit_c import KIND_NOTE, NOTE

JAVA_TYPE = {"text": "String", "id": "String", "json": "String", "int64": "long", "double": "double", "bool": "boolean",
             "texts": "List<String>"}

# The method of Packer and Unpacker for a kind.
METHOD = {"text": "text", "id": "text", "json": "json", "int64": "int64", "double": "float64", "bool": "bool",
          "texts": "texts"}

# Words of the language, methods that every object has, and those that every value class has.
RESERVED = frozenset(
    "abstract assert boolean break byte case catch char class const continue default do double else enum extends final "
    "finally float for goto if implements import instanceof int interface long native new package private protected "
    "public return short static strictfp super switch synchronized this throw throws transient try void volatile while "
    "true false null _ clone equals finalize getClass hashCode notify notifyAll toString wait "
    "copy fromJson pack packPage raw toJson unpack unpackPage".split())

# What a type has beyond its fields.
EXTRAS = {
    "WalEvent": """
    /**
     * {@link #record()} as a record: fields that {@link ChronoRecord} does not know are dropped, missing ones have their
     * default.
     *
     * @return a record of the caller's own
     */
    public ChronoRecord toRecord() {
        return ChronoRecord.fromJson(record);
    }
""",
}


def emit(description):
    return {f"{type_.name}.java": class_text(description, type_) for type_ in description.types}


def camel(name):
    first, *rest = name.split("_")
    made = first + "".join(part.capitalize() for part in rest)
    return made + "_" if made in RESERVED else made


def comment(text, indent, *tags):
    """A Javadoc comment of plain text, with ready-made tag lines."""
    lines = textwrap.wrap(html.escape(text, quote=False), 112 - len(indent))
    for index, tag in enumerate(tags):
        lines += ([""] if index == 0 else []) + textwrap.wrap(tag, 112 - len(indent), subsequent_indent="    ")
    return f"{indent}/**\n" + "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines) + f"{indent} */\n"


def literal(field):
    value = field.default_value
    if field.kind == "json":
        value = field.default
    if field.kind == "texts":
        items = ", ".join(text_literal(item) for item in value)
        return f"List.of({items})"
    if field.kind == "bool":
        return "true" if value else "false"
    if field.kind == "int64":
        return f"{value}L"
    if field.kind == "double":
        return repr(float(value))
    return text_literal(value)


def text_literal(text):
    # JSON's escapes are Java's too, and its \u escapes name UTF-16 units as Java's do.
    return json.dumps(text)


def class_text(description, type_):
    name = type_.name
    note = ("Not safe for use by several threads while one of them changes it."
            if type_.settable else "Immutable.")
    out = [f"// {NOTE.format(source=description.source)}\n", "package quipu;\n\n"]
    out += [f"import java.util.{item};\n" for item in ("Collection", "List", "Objects")]
    out.append("\n" + comment(f"{type_.doc} {note}", ""))
    out.append(f"public final class {name} {{\n")
    final = "" if type_.settable else "final "
    for field in type_.fields:
        start = f" = {literal(field)}" if type_.settable else ""
        out.append(f"    private {final}{JAVA_TYPE[field.kind]} {camel(field.name)}{start};\n")
    out.append("\n    // Fields as they came in packed form where the view alone would not bring them back; see Packer.\n")
    out.append(f"    private {final}byte[][] raw;\n")
    out.append(constructors(type_))
    for field in type_.fields:
        out.append(accessors(type_, field))
    out.append(EXTRAS.get(name, ""))
    out.append(json_methods(type_))
    out.append(packing(type_))
    out.append(object_methods(type_))
    out.append("}\n")
    return "".join(out)


def constructors(type_):
    name = type_.name
    out = []
    if type_.settable:
        out.append("\n" + comment("Every field at its default.", "    "))
        out.append(f"    public {name}() {{}}\n")
        first = type_.fields[0]
        if first.kind == "id":
            field = camel(first.name)
            out.append("\n" + comment(f"Every field but {first.name} at its default.", "    ",
                                      f"@param {field} {lower_first(html.escape(first.doc, quote=False))}"))
            out.append(f"    public {name}(String {field}) {{\n"
                       f"        this.{field} = Objects.requireNonNull({field}, \"{field}\");\n    }}\n")
    out.append(f"\n    private {name}(Unpacker packed) {{\n")
    for field in type_.fields:
        out.append(f"        {camel(field.name)} = packed.{METHOD[field.kind]}({literal(field)});\n")
    out.append("        raw = packed.raw();\n    }\n")
    if type_.settable:
        out.append("\n" + comment("An object of its own with the same fields.", "    ", "@return the copy"))
        out.append(f"    public {name} copy() {{\n        {name} made = new {name}();\n")
        for field in type_.fields:
            out.append(f"        made.{camel(field.name)} = {camel(field.name)};\n")
        out.append("        made.raw = raw;\n        return made;\n    }\n")
    return "".join(out)


def lower_first(text):
    """The first word in lower case, unless it is an abbreviation."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def accessors(type_, field):
    field_name = camel(field.name)
    java_type = JAVA_TYPE[field.kind]
    doc = field.doc + KIND_NOTE.get(field.kind, "")
    what = {"texts": "the texts, not to be changed", "json": "JSON text"}.get(field.kind, "the value")
    out = ["\n", comment(doc, "    ", f"@return {what}"),
           f"    public {java_type} {field_name}() {{\n        return {field_name};\n    }}\n"]
    if type_.settable:
        value = {"texts": f"List.copyOf({field_name})", "text": None, "id": None, "json": None}.get(field.kind, field_name)
        if value is None:
            value = f'Objects.requireNonNull({field_name}, "{field_name}")'
        parameter = "Collection<String>" if field.kind == "texts" else java_type
        what = {"texts": "copied", "json": "JSON text; checked when the record is written"}.get(field.kind, "the value")
        out += ["\n", comment(doc, "    ", f"@param {field_name} {what}", "@return this"),
                f"    public {type_.name} {field_name}({parameter} {field_name}) {{\n"
                f"        this.{field_name} = {value};\n        return this;\n    }}\n"]
    return "".join(out)


def json_methods(type_):
    name = type_.name
    native = name.lower()
    return ("\n" + comment("The whole value as one JSON object, each field as it stands in the file.", "    ",
                           "@return JSON text", "@throws InvalidException a field that holds JSON text does not parse")
            + f"    public String toJson() {{\n        NativeLoader.require();\n"
            f"        return QuipuNative.{native}ToJson(this);\n    }}\n\n"
            + comment("A value from one JSON object: missing fields get their default, unknown ones are dropped.", "    ",
                      "@param json JSON text", "@return the value",
                      "@throws InvalidException the text does not parse; the offset says where")
            + f"    public static {name} fromJson(String json) {{\n        NativeLoader.require();\n"
            f"        return QuipuNative.{native}FromJson(json);\n    }}\n")


def packing(type_):
    name = type_.name
    out = [f"""
    static {name} unpack(byte[] packed) {{
        return new {name}(new Unpacker(packed, {len(type_.fields)}));
    }}

    static List<{name}> unpackPage(byte[] packed) {{
        return Unpacker.page(packed, {len(type_.fields)}, {name}::new);
    }}

    byte[] pack() {{
        Packer packer = new Packer();
        pack(packer);
        return packer.bytes();
    }}

    static byte[] packPage(Collection<{name}> values) {{
        return Packer.page(values, {name}::pack);
    }}

    private void pack(Packer packer) {{
        packer.begin({len(type_.fields)}, raw);
"""]
    for field in type_.fields:
        out.append(f"        packer.{METHOD[field.kind]}({camel(field.name)});\n")
    out.append("    }\n")
    return "".join(out)


def object_methods(type_):
    name = type_.name
    equal = []
    for field in type_.fields:
        one = camel(field.name)
        if field.kind in ("int64", "bool"):
            equal.append(f"{one} == that.{one}")
        elif field.kind == "double":
            equal.append(f"Double.compare({one}, that.{one}) == 0")
        else:
            equal.append(f"{one}.equals(that.{one})")
    names = [camel(field.name) for field in type_.fields]
    equals = "\n                && ".join(equal)
    hashed = ",\n                ".join(names)
    shown = "\n                + \", ".join(f"{one}=\" + {one}" for one in names)
    return f"""
    /** Equal when every field is. */
    @Override
    public boolean equals(Object other) {{
        return other instanceof {name} that
                && {equals};
    }}

    @Override
    public int hashCode() {{
        return Objects.hash(
                {hashed});
    }}

    /** For humans; {{@link #toJson()}} is for programs. */
    @Override
    public String toString() {{
        return "{name}[{shown}
                + "]";
    }}
"""
