#include "packed.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "field_text.h"
#include "json/python_json.h"

namespace quipu::capi {

using json::FieldDef;
using json::FieldKind;

namespace {

static_assert(std::endian::native == std::endian::little, "the packed form is written as the machine has it");

constexpr char kVersion = 1;
constexpr std::size_t kValueHeader = 3;
constexpr std::size_t kFieldHeader = 5;

enum Tag : unsigned char {
  kAbsent = 0,
  kText = 1,
  kInt64 = 2,
  kDouble = 3,
  kBool = 4,
  kJson = 5,
  kTexts = 6,
  kRaw = 7
};

std::uint32_t length_of(std::size_t size) {
  if (size > std::numeric_limits<std::uint32_t>::max()) throw Error(Code::kInvalid, "a packed value of 4 GiB or more");
  return static_cast<std::uint32_t>(size);
}

template <typename T>
void put(T value, std::string& out) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

// A tag and the place of its length, which is filled in when the payload is there.
std::size_t begin_field(Tag tag, std::string& out) {
  out += static_cast<char>(tag);
  put(std::uint32_t{0}, out);
  return out.size();
}

void end_field(std::size_t begin, std::string& out) {
  const std::uint32_t length = length_of(out.size() - begin);
  std::memcpy(out.data() + begin - sizeof length, &length, sizeof length);
}

void put_text_field(Tag tag, std::string_view text, std::string& out) {
  out += static_cast<char>(tag);
  put(length_of(text.size()), out);
  out += text;
}

// The typed view of a field, as a whole field.
void put_view(const FieldDef& field, std::string_view json, std::string& out) {
  switch (field.kind) {
    case FieldKind::kText:
    case FieldKind::kId:
      put_text_field(kText, text_view(field, json), out);
      return;
    case FieldKind::kJson:
      put_text_field(kJson, json, out);
      return;
    case FieldKind::kInt64: {
      const std::size_t begin = begin_field(kInt64, out);
      put(int64_view(field, json), out);
      return end_field(begin, out);
    }
    case FieldKind::kDouble: {
      const std::size_t begin = begin_field(kDouble, out);
      put(double_view(field, json), out);
      return end_field(begin, out);
    }
    case FieldKind::kBool: {
      const std::size_t begin = begin_field(kBool, out);
      out += bool_view(field, json) ? '\1' : '\0';
      return end_field(begin, out);
    }
    case FieldKind::kTexts: {
      const std::size_t begin = begin_field(kTexts, out);
      for (const std::string& text : texts_view(field, json)) {
        put(length_of(text.size()), out);
        out += text;
      }
      return end_field(begin, out);
    }
  }
}

// A list of texts in log spelling without escapes: the texts stand between the quotes.
bool put_plain_texts(std::string_view json, std::string& out) {
  if (json.find('\\') != std::string_view::npos) return false;
  const std::size_t begin = begin_field(kTexts, out);
  json.remove_prefix(1);
  while (json.front() == '"') {
    const std::size_t end = json.find('"', 1);
    put(length_of(end - 1), out);
    out += json.substr(1, end - 1);
    json.remove_prefix(end + 1);
    if (json.front() == ',') json.remove_prefix(2);
  }
  if (json.size() != 1) {  // an element is no text
    out.resize(begin - kFieldHeader);
    return false;
  }
  end_field(begin, out);
  return true;
}

// Appends a field whose text shows at once that its typed view says the same, which nearly all do.
bool put_plain(const FieldDef& field, std::string_view json, std::string& out) {
  switch (field.kind) {
    case FieldKind::kText:
    case FieldKind::kId:
      if (!json::is_string(json) || json.find('\\') != std::string_view::npos) return false;
      put_text_field(kText, json.substr(1, json.size() - 2), out);
      return true;
    case FieldKind::kJson:
      put_text_field(kJson, json, out);
      return true;
    case FieldKind::kTexts:
      return json.front() == '[' && put_plain_texts(json, out);
    default:
      return false;
  }
}

// ---- reading

[[noreturn]] void malformed(const char* what) {
  throw Error(Code::kInvalid, std::string("not a packed value: ") + what);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  std::size_t rest() const { return bytes_.size(); }
  template <typename T>
  T take() {
    T value;
    std::memcpy(&value, take_bytes(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view take_bytes(std::size_t length) {
    if (bytes_.size() < length) malformed("it ends too early");
    const std::string_view taken = bytes_.substr(0, length);
    bytes_.remove_prefix(length);
    return taken;
  }
  void expect_version() {
    if (take<char>() != kVersion) malformed("unknown version");
  }

 private:
  std::string_view bytes_;
};

template <typename T>
T whole(std::string_view payload) {
  if (payload.size() != sizeof(T)) malformed("a number of the wrong length");
  T value;
  std::memcpy(&value, payload.data(), sizeof value);
  return value;
}

void append_text(std::string_view text, const FieldDef& field, std::string& out) {
  if (!is_valid_utf8(text)) throw Error(Code::kInvalid, std::string(field.name) + " is not UTF-8");
  json::write_string(text, json::Surrogates::kRefuse, out);
}

// Appends the field's JSON text.
void append_field(const FieldDef& field, Tag tag, std::string_view payload, std::string& out) {
  const auto fits = [&](bool ok) {
    if (!ok) throw Error(Code::kInvalid, "not a packed value: wrong tag for " + std::string(field.name));
  };
  switch (tag) {
    case kAbsent:
      if (!payload.empty()) malformed("an absent field with a payload");
      out += field.default_json;
      return;
    case kText:
      fits(field.kind == FieldKind::kText || field.kind == FieldKind::kId);
      return append_text(payload, field, out);
    case kInt64:
      fits(field.kind == FieldKind::kInt64);
      return json::write_integer(whole<std::int64_t>(payload), out);
    case kDouble:
      fits(field.kind == FieldKind::kDouble);
      return json::write_double(whole<double>(payload), out);
    case kBool:
      fits(field.kind == FieldKind::kBool);
      out += whole<char>(payload) != 0 ? "true" : "false";
      return;
    case kJson:
      fits(field.kind == FieldKind::kJson);
      return append_json_in(payload, field, out);
    case kTexts: {
      fits(field.kind == FieldKind::kTexts);
      Reader texts(payload);
      out += '[';
      for (bool first = true; !texts.empty(); first = false) {
        if (!first) out += ", ";
        append_text(texts.take_bytes(texts.take<std::uint32_t>()), field, out);
      }
      out += ']';
      return;
    }
    case kRaw: {
      Reader raw(payload);
      raw.take<unsigned char>();
      raw.take_bytes(raw.take<std::uint32_t>());  // the view, which is for the other side
      return append_json_in(payload.substr(payload.size() - raw.rest()), field, out);
    }
  }
  fits(false);
}

}  // namespace

void pack(const json::Row& row, std::string& out) {
  const json::FieldTable& table = row.table();
  out.reserve(out.size() + kValueHeader + row.text().size() + table.size() * (kFieldHeader + sizeof(std::int64_t)));
  out += kVersion;
  put(static_cast<std::uint16_t>(table.size()), out);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const std::string_view json = row.field(i);
    if (put_plain(table[i], json, out)) continue;
    if (is_exact(table[i], json)) {
      put_view(table[i], json, out);
    } else {
      const std::size_t begin = begin_field(kRaw, out);
      put_view(table[i], json, out);
      out += json;
      end_field(begin, out);
    }
  }
}

json::RowRef unpack(const json::FieldTable& table, std::string_view bytes) {
  Reader reader(bytes);
  reader.expect_version();
  const std::size_t given = reader.take<std::uint16_t>();
  json::RowText row(table, bytes.size());
  for (std::size_t i = 0; i < given; ++i) {
    const auto tag = static_cast<Tag>(reader.take<unsigned char>());
    const std::string_view payload = reader.take_bytes(reader.take<std::uint32_t>());
    if (i < table.size()) append_field(table[i], tag, payload, row.next());  // else it is from a newer side
  }
  if (!reader.empty()) malformed("bytes are left over");
  for (std::size_t i = given; i < table.size(); ++i) row.next() += table[i].default_json;
  return row.finish();
}

PageWriter::PageWriter() {
  bytes_ += kVersion;
  put(std::uint32_t{0}, bytes_);
}

void PageWriter::add(const json::Row& row) {
  put(std::uint32_t{0}, bytes_);
  const std::size_t begin = bytes_.size();
  pack(row, bytes_);
  end_field(begin, bytes_);
  ++count_;
}

const std::string& PageWriter::finish() {
  const auto count = static_cast<std::uint32_t>(count_);
  std::memcpy(bytes_.data() + 1, &count, sizeof count);
  return bytes_;
}

void for_each_in_page(std::string_view page, const std::function<void(std::string_view)>& fn) {
  Reader reader(page);
  reader.expect_version();
  const auto count = reader.take<std::uint32_t>();
  for (std::uint32_t i = 0; i < count; ++i) fn(reader.take_bytes(reader.take<std::uint32_t>()));
  if (!reader.empty()) malformed("bytes are left over");
}

}  // namespace quipu::capi
