#!/usr/bin/env python3
"""Makes one exception class per code of capi/include/quipu/error.h, and the table that picks the class of a code.

    generate_exceptions.py ERROR_H OUTPUT_FOLDER

QUIPU_E_NOT_FOUND becomes NotFoundException with the header's comment as its documentation, so a new code needs nothing
here. A library newer than the package may answer codes without a class: those are a plain QuipuException.
"""

import html
import os
import re
import sys

NOTE = "// Made by bindings/java/generate_exceptions.py from capi/include/quipu/error.h: change it there.\n"

CLASS = NOTE + """package quipu;

/** {code}: {doc}. */
public final class {name} extends QuipuException {{
    private static final long serialVersionUID = 1L;

    {name}(Details details) {{
        super(details);
    }}
}}
"""

TABLE = NOTE + """package quipu;

/** Which class stands for which code. */
final class Exceptions {{
    private Exceptions() {{}}

    static QuipuException of(QuipuException.Details details) {{
        switch (details.code()) {{
{cases}            default:
                return new QuipuException(details);
        }}
    }}
}}
"""

CASE = """            case {number}:
                return new {name}(details);
"""


def main():
    header, folder = sys.argv[1:]
    with open(header, encoding="utf-8") as file:
        codes = re.findall(r"\bQUIPU_E_(\w+) = (\d+),?\s*/\* (.*?) \*/", file.read(), re.DOTALL)
    if not codes:
        sys.exit(f"{header}: no codes found")
    files = {}
    cases = ""
    for code, number, doc in codes:
        name = "".join(part.capitalize() for part in code.split("_")) + "Exception"
        doc = html.escape(" ".join(doc.split()).rstrip("."), quote=False)
        files[name] = CLASS.format(name=name, code=code, doc=doc)
        cases += CASE.format(number=number, name=name)
    files["Exceptions"] = TABLE.format(cases=cases)
    os.makedirs(folder, exist_ok=True)
    for name, text in files.items():
        with open(os.path.join(folder, name + ".java"), "w", encoding="utf-8", newline="\n") as file:
            file.write(text)


if __name__ == "__main__":
    main()
