#include "packed.h"

#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "boundary.h"
#include "field_text.h"
#include "json/python_json.h"
#include "json/text.h"

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

// ---- writing what is plain
//
// A field is plain if its text shows at once that its typed view says the same, which nearly all do. Plain fields are written
// through a bare pointer: none takes more room than its header and its JSON text, or the eight bytes of a number.

std::size_t room_for_plain(const json::Row& row) {
  return kValueHeader + row.text().size() + row.table().size() * (kFieldHeader + sizeof(std::int64_t));
}

template <typename T>
char* put_raw(T value, char* to) {
  std::memcpy(to, &value, sizeof value);
  return to + sizeof value;
}

char* put_raw_text(std::string_view text, char* to) {
  // A row has less than 4 GiB.
  to = put_raw(static_cast<std::uint32_t>(text.size()), to);
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

template <typename T>
char* put_number(Tag tag, std::string_view json, char* to) {
  T value = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), value);
  if (error != std::errc() || end != json.data() + json.size()) return nullptr;
  *to++ = static_cast<char>(tag);
  return put_raw(value, put_raw(static_cast<std::uint32_t>(sizeof value), to));
}

// A list of texts without escapes: the texts stand between the quotes.
char* put_plain_texts(std::string_view json, char* to) {
  if (json.front() != '[' || json.find('\\') != std::string_view::npos) return nullptr;
  *to++ = static_cast<char>(kTexts);
  char* const length = to;
  to += sizeof(std::uint32_t);
  json.remove_prefix(1);
  while (json.front() == '"') {
    const std::size_t end = json.find('"', 1);
    to = put_raw_text(json.substr(1, end - 1), to);
    json.remove_prefix(end + 1);
    if (json.front() == ',') json.remove_prefix(2);
  }
  if (json.size() != 1) return nullptr;  // an element is no text
  put_raw(static_cast<std::uint32_t>(to - (length + sizeof(std::uint32_t))), length);
  return to;
}

// Writes the field, or answers nullptr if it is not plain.
char* put_plain(FieldKind kind, std::string_view json, char* to) {
  switch (kind) {
    case FieldKind::kText:
    case FieldKind::kId:
      if (json.front() != '"' || json.find('\\') != std::string_view::npos) return nullptr;
      *to++ = static_cast<char>(kText);
      return put_raw_text(json.substr(1, json.size() - 2), to);
    case FieldKind::kInt64:
      return put_number<std::int64_t>(kInt64, json, to);
    case FieldKind::kDouble:
      // An integer is none; from_chars takes "nan" and "inf", but not as JSON spells them.
      return json.find_first_of(".e") == std::string_view::npos ? nullptr : put_number<double>(kDouble, json, to);
    case FieldKind::kBool:
      if (json != "true" && json != "false") return nullptr;
      *to++ = static_cast<char>(kBool);
      to = put_raw(std::uint32_t{1}, to);
      *to++ = json == "true" ? '\1' : '\0';
      return to;
    case FieldKind::kJson:
      *to++ = static_cast<char>(kJson);
      return put_raw_text(json, to);
    case FieldKind::kTexts:
      return put_plain_texts(json, to);
  }
  return nullptr;
}

// Writes the value, or answers nullptr if one of its fields is not plain. There is room_for_plain().
char* put_plain_value(const json::Row& row, char* to) {
  const json::FieldTable& table = row.table();
  *to++ = kVersion;
  to = put_raw(static_cast<std::uint16_t>(table.size()), to);
  for (std::size_t i = 0; to != nullptr && i < table.size(); ++i) to = put_plain(table[i].kind, row.field(i), to);
  return to;
}

void put_value(const json::Row& row, std::string& out) {
  const json::FieldTable& table = row.table();
  out += kVersion;
  put(static_cast<std::uint16_t>(table.size()), out);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const std::string_view json = row.field(i);
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
  if (json::is_plain_ascii(text)) {
    out.append(1, '"').append(text).append(1, '"');
    return;
  }
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
  const std::size_t begin = out.size();
  out.resize(begin + room_for_plain(row));
  const char* const end = put_plain_value(row, out.data() + begin);
  out.resize(end == nullptr ? begin : static_cast<std::size_t>(end - out.data()));
  if (end == nullptr) put_value(row, out);
}

void give_packed(const json::Row& row, std::uint8_t** out, std::size_t* out_len) {
  struct Memory {
    char* bytes;
    ~Memory() { quipu_free(bytes); }
  } memory{static_cast<char*>(quipu_alloc(room_for_plain(row)))};
  if (memory.bytes == nullptr) throw std::bad_alloc();
  if (const char* const end = put_plain_value(row, memory.bytes)) {
    if (out_len != nullptr) *out_len = static_cast<std::size_t>(end - memory.bytes);
    *out = reinterpret_cast<std::uint8_t*>(std::exchange(memory.bytes, nullptr));
    return;
  }
  std::string bytes;
  put_value(row, bytes);
  give_bytes(bytes, out, out_len);
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
