// Import of .specsmith/requirements.json and testcases.json (docs/formats/wal.md, "Import").
#include <charconv>
#include <cmath>
#include <limits>

#include "base/unicode.h"
#include "chronostore/store_internal.h"
#include "json/node.h"
#include "json/python_json.h"
#include "json/row.h"
#include "os/paths.h"

namespace quipu::chronostore {

namespace {

constexpr const char* kDefaultConfidence = "0.7";

std::string spelled(const json::Node& node, json::Spelling spelling) {
  std::string text;
  json::write(node, spelling, json::Surrogates::kEscape, text);
  return text;
}

// What the reference takes for false.
bool is_falsy(const json::Node& node) {
  switch (node.kind()) {
    case json::Kind::kNull:
      return true;
    case json::Kind::kBool:
      return !node.as_bool();
    case json::Kind::kInteger:
      return node.as_int64() == 0;
    case json::Kind::kDouble:
      return node.as_double() == 0.0;
    case json::Kind::kString:
      return node.as_string().empty();
    case json::Kind::kArray:
    case json::Kind::kObject:
      return spelled(node, json::Spelling::kLog).size() == 2;
  }
  return false;
}

// active, or deprecated where the text says something like it. Anything but text counts as active.
std::string_view mapped_status(const std::optional<json::Node>& status) {
  if (!status || status->kind() != json::Kind::kString) return "\"active\"";
  std::string lower;
  for (const char c : status->as_string()) {
    lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return lower.find("deprecat") != std::string::npos ? "\"deprecated\"" : "\"active\"";
}

// Text as Python's float() reads it: blanks around, digits of any script, single underscores between digits.
std::optional<double> number_of_text(std::string_view text) {
  std::string plain;
  bool after_digit = false;
  text = strip_white_space(text);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t character = next_character(text, at);
    const int digit = decimal_digit(character);
    if (character == '_') {
      std::size_t ahead = at;
      if (!after_digit || at == text.size() || decimal_digit(next_character(text, ahead)) < 0) return std::nullopt;
      after_digit = false;
    } else if (digit >= 0) {
      plain += static_cast<char>('0' + digit);
      after_digit = true;
    } else {
      plain += text.substr(begin, at - begin);
      after_digit = false;
    }
  }
  const bool negative = plain.starts_with('-');
  std::string_view rest = plain;
  if (negative || plain.starts_with('+')) rest.remove_prefix(1);
  // from_chars takes "nan(x)" and a second sign, Python does not.
  if (rest.empty() || rest.front() == '-' || rest.find('(') != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (end != rest.data() + rest.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    bool ok = false;
    value = json::double_value(rest.front() == '.' ? "0" + std::string(rest) : std::string(rest), ok);
    if (!ok) return std::nullopt;
  }
  return negative ? -value : value;
}

std::string confidence_json(const std::optional<json::Node>& confidence) {
  if (!confidence) return kDefaultConfidence;
  switch (confidence->kind()) {
    case json::Kind::kBool:
      return confidence->as_bool() ? "1.0" : "0.0";
    case json::Kind::kDouble:
      return json::double_json(confidence->as_double());
    case json::Kind::kInteger: {
      bool ok = false;
      const double value = json::double_value(confidence->integer_digits(), ok);
      return ok && std::isfinite(value) ? json::double_json(value) : kDefaultConfidence;
    }
    case json::Kind::kString: {
      const std::optional<double> value = number_of_text(confidence->as_string());
      return value ? json::double_json(*value) : kDefaultConfidence;
    }
    default:
      return kDefaultConfidence;
  }
}

// Equal as the reference compares: 1, 1.0 and true are equal, the order of members does not matter.
bool same_value(std::string_view a_json, std::string_view b_json) {
  if (a_json == b_json) return true;
  const auto comparable = [](std::string_view text) {
    std::string key = id_key(text);
    if (!key.empty()) return key;
    json::Document document;
    return spelled(document.parse(text), json::Spelling::kCanonical);
  };
  return comparable(a_json) == comparable(b_json);
}

struct Item {
  std::string id_json;
  std::string title_json;
  std::string_view status_json;
  std::string confidence_json;
  std::string data_json;
};

// The items of a file that count; none if it is missing or not JSON.
std::vector<Item> read_items(os::FileSystem& fs, const std::string& path) {
  const auto info = fs.stat(path);
  if (!info || !info->is_regular) return {};
  const std::string text = os::read_file(fs, path);
  json::Document document;
  std::optional<json::Node> root;
  try {
    root = document.parse(text);
  } catch (const Error&) {
    return {};
  }
  std::vector<Item> items;
  if (root->kind() != json::Kind::kArray) return {};
  root->for_each_element([&](const json::Node& element) {
    if (element.kind() != json::Kind::kObject) return;
    const std::optional<json::Node> id = element.find("id");
    if (!id || is_falsy(*id) || id->kind() == json::Kind::kArray || id->kind() == json::Kind::kObject) return;
    const std::optional<json::Node> title = element.find("title");
    items.push_back({spelled(*id, json::Spelling::kLog), title ? spelled(*title, json::Spelling::kLog) : "\"\"",
                     mapped_status(element.find("status")), confidence_json(element.find("confidence")),
                     spelled(element, json::Spelling::kLog)});
  });
  return items;
}

}  // namespace

MigrateResult Store::migrate_from_json(const std::string& directory, const Progress& progress,
                                       const std::function<void(const MigrateResult&)>& ready) {
  check_writable();
  struct Source {
    const char* file;
    const char* kind_json;
    std::int64_t MigrateResult::*count;
  };
  constexpr Source kSources[] = {{"requirements.json", "\"requirement\"", &MigrateResult::requirements},
                                 {"testcases.json", "\"testcase\"", &MigrateResult::testcases}};
  std::vector<std::vector<Item>> items;
  std::int64_t total = 0;
  for (const Source& source : kSources) {
    items.push_back(read_items(fs(), os::join(directory, source.file)));
    total += static_cast<std::int64_t>(items.back().size());
  }

  MigrateResult result;
  std::int64_t done = 0;
  commit([&](Transaction& transaction) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Source& source = kSources[i];
      const std::string evidence = "[\"migrated from " + std::string(source.file) + "\"]";
      for (const Item& item : items[i]) {
        const RecordRef present = transaction.find_by_key(id_key(item.id_json));
        if (present && present->field(ChronoRecordField::status) == item.status_json &&
            same_value(present->field(ChronoRecordField::label), item.title_json)) {
          ++result.skipped;
        } else {
          transaction.upsert(make_record({{ChronoRecordField::id, item.id_json},
                                          {ChronoRecordField::kind, source.kind_json},
                                          {ChronoRecordField::status, item.status_json},
                                          {ChronoRecordField::label, item.title_json},
                                          {ChronoRecordField::confidence, item.confidence_json},
                                          {ChronoRecordField::evidence, evidence},
                                          {ChronoRecordField::data, item.data_json}}));
          ++(result.*source.count);
        }
        ++done;
        constexpr std::int64_t kStep = 1000;
        if (progress && (done % kStep == 0 || done == total) && !progress(done, total)) {
          throw Error(Code::kCancelled, "the import was cancelled, nothing was written");
        }
      }
    }
    if (ready) ready(result);
  });
  return result;
}

}  // namespace quipu::chronostore
