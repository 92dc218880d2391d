#include "memory/ledger.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "json/parser.h"
#include "json/python_json.h"

namespace quipu::memory {

namespace {

using Field = chronostore::ChronoRecordField;

constexpr std::string_view kKind = "\"memory_chunk\"";

std::uint64_t hash_of(std::string_view entity, std::string_view key) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15u;
  return (std::hash<std::string_view>()(entity) * kOdd) ^ std::hash<std::string_view>()(key);
}

std::uint64_t number_of_hex(std::string_view digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return number;
}

}  // namespace

RecordRef chunk_record(std::string_view target, const KnownChunk& chunk, std::string_view entry_json,
                       const std::vector<LedgerRow>& rows, std::int64_t seq) {
  const auto put_text = [](std::string_view text, std::string& out) {
    json::write_string(text, json::Surrogates::kRefuse, out);
  };
  std::string data = "{\"target\": ";
  constexpr std::size_t kAroundRow = 80;
  data.reserve(256 + entry_json.size() + rows.size() * kAroundRow);
  put_text(target, data);
  data += ", \"id\": ";
  put_text(chunk.id, data);
  data += ", \"sha256\": ";
  put_text(chunk.full_hash, data);
  data += chunk.imported ? ", \"imported\": true" : ", \"imported\": false";
  if (chunk.ours) data += ", \"ours\": true";
  data += ", \"size\": ";
  json::write_integer(static_cast<std::int64_t>(chunk.size), data);
  data += ", \"modified_ns\": ";
  json::write_integer(chunk.modified_ns, data);
  if (!entry_json.empty()) data.append(", \"entry\": ").append(entry_json);
  data += ", \"rows\": [";
  for (const LedgerRow& row : rows) {
    if (data.back() != '[') data += ", ";
    data += '[';
    put_text(row.entity, data);
    data += ", ";
    put_text(row.key, data);
    data += ", ";
    put_text(row.version, data);
    data += ']';
  }
  data += "], \"seq\": ";
  json::write_integer(seq, data);
  data += '}';
  const std::string name = chunk.full_hash.empty() ? "id-" + chunk.id : chunk.full_hash;
  return internal_record("chunk", std::string(target).append(1, ':').append(name), data);
}

RecordRef chunk_record_with_stamp(const RecordRef& record, std::uint64_t size, std::int64_t modified_ns,
                                  std::int64_t seq) {
  json::Value data = json::parse(record->field(Field::data));
  for (json::Member& member : data.as_object()) {
    if (member.first == "size") member.second = static_cast<std::int64_t>(size);
    if (member.first == "modified_ns") member.second = modified_ns;
    if (member.first == "seq") member.second = seq;
  }
  std::string text;
  json::write(data, json::Spelling::kLog, json::Surrogates::kRefuse, text);
  return chronostore::with_field(record, Field::data, text);
}

// ---- one ledger

// A version says what the whole row is; but a delete's only when it was.
Ledger::Key Ledger::key_of(std::string_view entity, std::string_view key, std::string_view version) {
  constexpr std::size_t kDigits = 16;
  return {number_of_hex(version.substr(0, kDigits)) ^ hash_of(entity, key),
          version.size() > kDigits ? number_of_hex(version.substr(kDigits, kDigits)) : 0};
}

bool Ledger::knows(std::string_view entity, std::string_view key, std::string_view version) const {
  return states_.contains(key_of(entity, key, version));
}

bool Ledger::knows_key(std::string_view entity, std::string_view key) const {
  return keys_.contains(hash_of(entity, key));
}

const KnownChunk* Ledger::find(std::string_view full_hash) const {
  const auto found = chunks_.find(full_hash);
  return found == chunks_.end() ? nullptr : &found->second;
}

std::vector<const KnownChunk*> Ledger::with_id(std::string_view id) const {
  std::vector<const KnownChunk*> found;
  const auto [begin, end] = ids_.equal_range(id);
  for (auto at = begin; at != end; ++at) found.push_back(&chunks_.find(at->second)->second);
  return found;
}

bool Ledger::is_imported(std::string_view id) const {
  const std::vector<const KnownChunk*> found = with_id(id);
  return std::any_of(found.begin(), found.end(), [](const KnownChunk* chunk) { return chunk->imported; });
}

bool Ledger::is_ours(std::string_view id) const {
  const std::vector<const KnownChunk*> found = with_id(id);
  return std::any_of(found.begin(), found.end(), [](const KnownChunk* chunk) { return chunk->ours; });
}

void Ledger::take(const RecordRef& record) {
  json::Document document;
  const json::Node data = document.parse(record->field(Field::data));
  if (data.kind() != json::Kind::kObject) return;
  KnownChunk chunk;
  chunk.id = text_member(data, "id");
  chunk.full_hash = text_member(data, "sha256");
  const auto imported = data.find("imported");
  chunk.imported = imported && imported->kind() == json::Kind::kBool && imported->as_bool();
  const auto ours = data.find("ours");
  chunk.ours = ours && ours->kind() == json::Kind::kBool && ours->as_bool();
  chunk.size = static_cast<std::uint64_t>(number_member(data, "size"));
  chunk.modified_ns = number_member(data, "modified_ns");

  const std::string key = chunk.full_hash.empty() ? "id-" + chunk.id : chunk.full_hash;
  const auto before = chunks_.find(key);
  if (before != chunks_.end()) {
    if (before->second.imported) --imported_;
    before->second = chunk;
  } else {
    ids_.emplace(chunk.id, key);
    chunks_.emplace(key, chunk);
  }
  if (chunk.imported) ++imported_;

  const auto rows = data.find("rows");
  if (!rows || rows->kind() != json::Kind::kArray) return;
  rows->for_each_element([this](const json::Node& row) {
    if (row.kind() != json::Kind::kArray) return;
    std::array<std::string_view, 3> texts;
    std::size_t count = 0;
    row.for_each_element([&](const json::Node& text) {
      if (count < texts.size() && text.kind() == json::Kind::kString) texts[count] = text.as_string();
      ++count;
    });
    if (count != texts.size()) return;
    states_.insert(key_of(texts[0], texts[1], texts[2]));
    keys_.insert(hash_of(texts[0], texts[1]));
  });
}

// The state that the target lacks, if it does.
std::optional<Ledger::Key> Ledger::lacks(const Entry& entry, Versioner& versioner) const {
  if (entry.is_recovered) return std::nullopt;
  StoredReader reader;
  const std::string_view entity = traits_of(entry.entity).name;
  const std::string key = Catalog::key_of(entry);
  std::string version;
  if (entry.is_gone) {
    StoredView view;
    if (!knows_key(entity, key) || !reader.read(*entry.record, view)) return std::nullopt;
    version = delete_version(StoredReader::gone_of(view).deleted_at);
  } else {
    const RowRef row = reader.read_row(*entry.record);
    if (!row) return std::nullopt;
    version = versioner.of(entry.entity, *row).short_hex();
  }
  const Key state = key_of(entity, key, version);
  return states_.contains(state) ? std::nullopt : std::optional(state);
}

void Ledger::settle(const Catalog& catalog, Versioner& versioner) {
  if (!is_settled_) {
    lacking_.clear();
    never_had_.clear();
    unsettled_.resize(catalog.size());
    std::iota(unsettled_.begin(), unsettled_.end(), Catalog::Number{0});
  }
  is_settled_ = false;  // should the memory end here
  // What was lacking in the state that it still has: one look tells.
  std::erase_if(lacking_, [&](const Lacking& row) {
    return catalog.at(row.number).seq != row.seq || states_.contains(row.state);
  });
  std::erase_if(never_had_, [&](const auto& row) {
    const bool has_it_now = keys_.contains(row.second);
    if (has_it_now) unsettled_.push_back(row.first);
    return has_it_now;
  });
  std::sort(unsettled_.begin(), unsettled_.end());
  unsettled_.erase(std::unique(unsettled_.begin(), unsettled_.end()), unsettled_.end());
  std::erase_if(lacking_, [&](const Lacking& row) {
    return std::binary_search(unsettled_.begin(), unsettled_.end(), row.number);
  });
  for (const Catalog::Number number : unsettled_) {
    const Entry& entry = catalog.at(number);
    if (const std::optional<Key> state = lacks(entry, versioner)) {
      lacking_.push_back({number, entry.seq, *state});
    } else if (entry.is_gone) {
      const std::uint64_t key = hash_of(traits_of(entry.entity).name, Catalog::key_of(entry));
      if (!keys_.contains(key)) never_had_.emplace_back(number, key);
    }
  }
  unsettled_.clear();
  std::sort(lacking_.begin(), lacking_.end(), [](const Lacking& a, const Lacking& b) { return a.number < b.number; });
  is_settled_ = true;
}

// ---- all of them

void Ledgers::take(const chronostore::ChangedRecords& changed, const Catalog& catalog) {
  if (changed.all) {
    ledgers_.clear();
    unread_.clear();
  }
  for (const RecordRef& record : changed.records) {
    if (record->field(Field::kind) == kKind) {
      unread_.push_back(record);
      continue;
    }
    if (ledgers_.empty()) continue;
    const Catalog::Number number = catalog.number_of(*record);
    if (number == Catalog::kNone) continue;
    for (auto& [target, ledger] : ledgers_) {
      if (ledger.is_settled_) ledger.unsettled_.push_back(number);
    }
  }
}

Ledger& Ledgers::at(std::string_view target) {
  for (; !unread_.empty(); unread_.pop_back()) {
    const RecordRef& record = unread_.back();
    const std::string id = json::string_value(record->field(Field::id));
    const std::string prefix = internal_id("chunk", "");
    const std::size_t end = id.rfind(':');
    if (!id.starts_with(prefix) || end < prefix.size()) continue;
    ledgers_[id.substr(prefix.size(), end - prefix.size())].take(record);
  }
  return ledgers_[std::string(target)];
}

const Ledger& Ledgers::of(std::string_view target) { return at(target); }

std::vector<Catalog::Number> Ledgers::lacking(std::string_view target, const Catalog& catalog) {
  Ledger& ledger = at(target);
  ledger.settle(catalog, versioner_);
  std::vector<Catalog::Number> numbers;
  numbers.reserve(ledger.lacking_.size());
  for (const Ledger::Lacking& row : ledger.lacking_) numbers.push_back(row.number);
  return numbers;
}

}  // namespace quipu::memory
