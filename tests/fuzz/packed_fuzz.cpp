// Arbitrary bytes as the packed form of a value and of a page, and what is packed from any JSON object, read back. The first
// byte chooses the type of value; the rest is the packed form, a page, and JSON text.
#include <quipu/chronostore_values.h>

#include "base/error.h"
#include "base/utf8.h"
#include "chronostore/value_fields.h"
#include "field_text.h"
#include "json/node.h"
#include "json/parser.h"
#include "json/row.h"
#include "packed.h"
#include "support/fuzz_support.h"
#include "value_handle.h"

using namespace quipu;
using namespace quipu::fuzz;
using capi::ValueHandle;
using json::FieldKind;
using json::FieldTable;
using json::RowRef;

namespace {

const FieldTable& table_of(std::uint8_t choice) {
  switch (choice % 5) {
    case 0:
      return chronostore::chronorecord_fields();
    case 1:
      return chronostore::walevent_fields();
    case 2:
      return chronostore::chrononotice_fields();
    case 3:
      return chronostore::chronoverification_fields();
    default:
      return chronostore::chronomigration_fields();
  }
}

std::optional<RowRef> unpacked(const FieldTable& table, std::string_view bytes) {
  try {
    return capi::unpack(table, bytes);
  } catch (const Error& error) {
    FUZZ_REQUIRE(error.code() == Code::kInvalid && is_valid_utf8(error.message()), error.message());
    return std::nullopt;
  }
}

// Every field through its getter, as a binding reads it.
void read_fields(const RowRef& row) {
  const ValueHandle value(row);
  for (std::size_t i = 0; i < row->table().size(); ++i) {
    std::size_t length = 0;
    switch (row->table()[i].kind) {
      case FieldKind::kText:
      case FieldKind::kId:
      case FieldKind::kJson: {
        const char* text = capi::get_text(&value, row->table(), i, &length);
        FUZZ_REQUIRE(text[length] == '\0' && is_valid_utf8({text, length}), std::string(text, length));
        break;
      }
      case FieldKind::kInt64:
        capi::get_int64(&value, row->table(), i);
        break;
      case FieldKind::kDouble:
        capi::get_double(&value, row->table(), i);
        break;
      case FieldKind::kBool:
        FUZZ_REQUIRE((capi::get_bool(&value, row->table(), i) & ~1) == 0, "bool");
        break;
      case FieldKind::kTexts: {
        const std::size_t count = capi::get_texts_count(&value, row->table(), i);
        for (std::size_t at = 0; at <= count; ++at) {
          const char* text = capi::get_texts_at(&value, row->table(), i, at, &length);
          FUZZ_REQUIRE(text[length] == '\0' && is_valid_utf8({text, length}), std::string(text, length));
        }
        break;
      }
    }
  }
}

// The text is one object with the fields of the table; packing it and reading it back gives the very same.
void check_row(const RowRef& row) {
  const json::Value parsed = json::parse(row->text());
  FUZZ_REQUIRE(parsed.is_object() && parsed.as_object().size() == row->table().size(), std::string(row->text()));
  read_fields(row);
  std::string bytes;
  capi::pack(*row, bytes);
  const std::optional<RowRef> again = unpacked(row->table(), bytes);
  FUZZ_REQUIRE(again && (*again)->text() == row->text(), std::string(row->text()));
  const RowRef by_json = capi::row_from_json(row->table(), row->text());
  FUZZ_REQUIRE(by_json->text() == row->text(), std::string(by_json->text()));

  // Cut short it is none, nor with a byte too many.
  FUZZ_REQUIRE(!unpacked(row->table(), std::string_view(bytes).substr(0, fingerprint(bytes) % bytes.size())), "cut");
  FUZZ_REQUIRE(!unpacked(row->table(), bytes + '\0'), "a byte too many");

  capi::PageWriter page;
  page.add(*row);
  page.add(*row);
  std::size_t count = 0;
  capi::for_each_in_page(page.finish(), [&](std::string_view value) {
    FUZZ_REQUIRE(value == bytes, "a value of a page");
    ++count;
  });
  FUZZ_REQUIRE(count == 2, std::to_string(count));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const FieldTable& table = table_of(data[0]);
  const std::string_view rest = as_text(data + 1, size - 1);
  if (const std::optional<RowRef> row = unpacked(table, rest)) check_row(*row);
  try {
    capi::for_each_in_page(rest, [&](std::string_view bytes) {
      if (const std::optional<RowRef> row = unpacked(table, bytes)) check_row(*row);
    });
  } catch (const Error& error) {
    FUZZ_REQUIRE(error.code() == Code::kInvalid, error.message());
  }
  std::optional<RowRef> row;
  try {
    row = capi::row_from_json(table, rest);
  } catch (const Error& error) {
    FUZZ_REQUIRE(error.code() == Code::kInvalid, error.message());
  }
  if (row) check_row(*row);
  return 0;
}
