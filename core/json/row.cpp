#include "json/row.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <numeric>

#include "base/blocks.h"
#include "base/error.h"
#include "json/parser.h"
#include "json/text.h"

namespace quipu::json {

FieldTable::FieldTable(std::initializer_list<FieldDef> fields) : fields_(fields), sorted_(fields.size()) {
  std::iota(sorted_.begin(), sorted_.end(), std::size_t{0});
  std::sort(sorted_.begin(), sorted_.end(),
            [this](std::size_t a, std::size_t b) { return fields_[a].name < fields_[b].name; });
  const auto prefix_of = [](bool first, std::string_view name) {
    return std::string(first ? "{\"" : ", \"").append(name).append("\": ");
  };
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    prefixes_.push_back(prefix_of(i == 0, fields_[i].name));
    sorted_prefixes_.push_back(prefix_of(i == 0, fields_[sorted_[i]].name));
  }
}

std::size_t FieldTable::index_of(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name == name) return i;
  }
  return kNone;
}

namespace {

void check_size(std::size_t size) {
  if (size >= std::numeric_limits<std::uint32_t>::max()) throw Error(Code::kInvalid, "a record of 4 GiB or more");
}

}  // namespace

Row* Row::allocate(const FieldTable& table, std::size_t size) {
  check_size(size);
  void* const memory = ::operator new(sizeof(Row) + table.size() * sizeof(std::uint32_t) + size);
  return new (memory) Row(table);
}

RowRef Row::copy(const FieldTable& table, std::string_view object, std::span<const std::size_t> ends) {
  Row* const row = allocate(table, object.size());
  std::memcpy(const_cast<char*>(row->text_begin()), object.data(), object.size());
  std::transform(ends.begin(), ends.end(), row->ends(),
                 [](std::size_t end) { return static_cast<std::uint32_t>(end); });
  return RowRef(row);
}

RowRef Row::make(const FieldTable& table, std::span<const std::string_view> fields) {
  std::size_t size = 1;
  for (std::size_t i = 0; i < table.size(); ++i) size += table.prefix(i).size() + fields[i].size();
  Row* const row = allocate(table, size);
  char* const begin = const_cast<char*>(row->text_begin());
  char* to = begin;
  for (std::size_t i = 0; i < table.size(); ++i) {
    to = std::copy(table.prefix(i).begin(), table.prefix(i).end(), to);
    to = std::copy(fields[i].begin(), fields[i].end(), to);
    row->ends()[i] = static_cast<std::uint32_t>(to - begin);
  }
  *to = '}';
  return RowRef(row);
}

void Row::release() const {
  this->~Row();
  ::operator delete(const_cast<Row*>(this));
}

RowText::RowText(const FieldTable& table, std::size_t size) : table_(table) {
  for (std::size_t i = 0; i < table.size(); ++i) size += table.prefix(i).size();
  text_.reserve(size + 1);
  ends_.reserve(table.size());
}

RowRef RowText::finish() {
  end_value();
  text_ += '}';
  return Row::copy(table_, text_, ends_);
}

RowRef RowBuilder::from_node(const Node& object, Surrogates surrogates) {
  std::fill(nodes_.begin(), nodes_.end(), std::nullopt);
  std::size_t next = 0;  // files hold the fields in the table's order nearly always
  object.for_each_member([&](std::string_view name, const Node& value) {
    std::size_t index = next < table_.size() && table_[next].name == name ? next : table_.index_of(name);
    if (index == FieldTable::kNone) return;
    nodes_[index] = value;
    next = index + 1;
  });
  text_.clear();
  ends_.clear();
  for (std::size_t i = 0; i < table_.size(); ++i) {
    if (nodes_[i]) {
      write(*nodes_[i], Spelling::kLog, surrogates, text_);
    } else {
      text_ += table_[i].default_json;
    }
    ends_.push_back(text_.size());
  }
  fields_.clear();
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    fields_.push_back(std::string_view(text_).substr(begin, end - begin));
    begin = end;
  }
  return Row::make(table_, fields_);
}

RowRef RowBuilder::from_exact(std::string_view object, std::span<const ExactMember> members) {
  bool same = members.size() == table_.size();
  for (std::size_t i = 0; same && i < members.size(); ++i) same = members[i].name == table_[i].name;
  if (same) {
    ends_.clear();
    for (const ExactMember& member : members) {
      ends_.push_back(static_cast<std::size_t>(member.value.data() + member.value.size() - object.data()));
    }
    return Row::copy(table_, object, ends_);
  }
  fields_.clear();
  for (std::size_t i = 0; i < table_.size(); ++i) fields_.push_back(table_[i].default_json);
  for (const ExactMember& member : members) {
    const std::size_t index = table_.index_of(member.name);
    if (index != FieldTable::kNone) fields_[index] = member.value;
  }
  return Row::make(table_, fields_);
}

namespace {

// In log spelling every escape \u from D800 on is a lone surrogate: all other characters above U+001F are written raw.
bool has_surrogate_escape(std::string_view json) {
  for (std::size_t at = json.find('\\'); at != std::string_view::npos; at = json.find('\\', at + 2)) {
    if (at + 2 < json.size() && json[at + 1] == 'u' && (json[at + 2] == 'd' || json[at + 2] == 'D')) return true;
  }
  return false;
}

}  // namespace

void append_canonical(const Row& row, std::string& out) {
  if (has_surrogate_escape(row.text())) throw Error(Code::kInvalid, "a lone surrogate cannot be written in an event");
  const FieldTable& table = row.table();
  const std::size_t before = out.size();
  out.resize(before + row.text().size());  // in another order, and as long
  char* to = out.data() + before;
  for (std::size_t position = 0; position < table.size(); ++position) {
    const std::size_t index = table.sorted()[position];
    const std::string_view value = row.field(index);
    if (position > 0 && index > 0 && !may_hold_members(value)) {
      // What stands in front of it in the row is what belongs there.
      const std::size_t size = table.prefix(index).size() + value.size();
      to = copy_short(value.data() + value.size() - size, size, to);
      continue;
    }
    const std::string_view prefix = table.sorted_prefix(position);
    to = write_canonical(value, copy_short(prefix.data(), prefix.size(), to));
  }
  *to++ = '}';
  out.resize(static_cast<std::size_t>(to - out.data()));
}

bool is_string(std::string_view json) { return !json.empty() && json.front() == '"'; }

bool string_has_lone_surrogate(std::string_view json) { return has_surrogate_escape(json); }

std::string string_value(std::string_view json) {
  if (json.find('\\') == std::string_view::npos) return std::string(json.substr(1, json.size() - 2));
  return replace_lone_surrogates(parse(json).as_string());
}

std::int64_t int64_value(std::string_view json, bool& ok) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), value);
  ok = error == std::errc() && end == json.data() + json.size();
  return ok ? value : 0;
}

double double_value(std::string_view json, bool& ok) {
  ok = false;
  if (json.empty() || json.front() == '"' || json.front() == '[' || json.front() == '{') return 0;
  double value = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), value);
  if (error == std::errc() && end == json.data() + json.size()) {
    // from_chars also takes "nan" and "inf", which no JSON text in log spelling is.
    ok = true;
    return value;
  }
  const Value parsed = parse(json);  // NaN, Infinity, and integers beyond a double
  if (parsed.kind() == Kind::kDouble) {
    ok = true;
    return parsed.as_double();
  }
  if (parsed.kind() == Kind::kInteger) {
    ok = true;
    return json.front() == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  return 0;
}

bool bool_value(std::string_view json, bool& ok) {
  ok = json == "true" || json == "false";
  return json == "true";
}

std::vector<std::string> texts_value(std::string_view json, bool& ok) {
  std::vector<std::string> texts;
  ok = json == "[]";
  if (ok || json.empty() || json.front() != '[') return texts;
  const Value parsed = parse(json);
  for (const Value& element : parsed.as_array()) {
    if (!element.is_string()) return {};
    texts.push_back(replace_lone_surrogates(element.as_string()));
  }
  ok = true;
  return texts;
}

std::string string_json(std::string_view text) {
  std::string json;
  write_string(text, Surrogates::kRefuse, json);
  return json;
}

std::string int64_json(std::int64_t value) { return std::to_string(value); }

std::string double_json(double value) {
  std::string json;
  write_double(value, json);
  return json;
}

std::string texts_json(std::span<const std::string> texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) json += ", ";
    write_string(text, Surrogates::kRefuse, json);
  }
  return json += ']';
}

}  // namespace quipu::json
