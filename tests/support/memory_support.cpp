#include "support/memory_support.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "gzip/gzip.h"
#include "json/python_json.h"

namespace quipu::test {

using memory::Entity;

std::string sync_fixture(const std::string& name) { return std::string(QUIPU_TEST_DATA_DIR) + "/sync/" + name; }

std::vector<FixtureChunk> fixture_chunks(const std::string& name) {
  const std::string folder = sync_fixture(name) + "/engram/";
  std::vector<FixtureChunk> chunks;
  const nlohmann::json manifest = nlohmann::json::parse(read_text(folder + "manifest.json"));
  for (const auto& entry : manifest.at("chunks")) {
    FixtureChunk chunk{entry.at("id"), entry.at("created_at"), ""};
    const std::string path = folder + "chunks/" + chunk.id + ".jsonl.gz";
    if (!exists(path)) continue;
    chunk.document = gzip::decompress(read_text(path), {});
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

memory::Incoming incoming_of(std::string_view text, std::string_view created_at) {
  memory::Incoming incoming;
  incoming.created_at = created_at;
  json::Document document(memory::kMaxDocumentDepth, json::Dialect::kGo);
  const json::Node root = document.parse(text);
  memory::RowReader reader;
  reader.begin_chunk();
  const auto spell = [](const json::Node& node) {
    std::string spelled;
    json::write(node, json::Spelling::kLog, json::Surrogates::kRefuse, spelled);
    return spelled;
  };
  root.for_each_member([&](std::string_view name, const json::Node& list) {
    for (const Entity entity : memory::kEntities) {
      if (name != memory::traits_of(entity).list || list.kind() == json::Kind::kNull) continue;
      auto& rows = entity == Entity::kSession       ? incoming.sessions
                   : entity == Entity::kObservation ? incoming.observations
                                                    : incoming.prompts;
      list.for_each_element([&](const json::Node& row) { rows.push_back(reader.read_imported(entity, row)); });
    }
    if (name == "mutations" && list.kind() == json::Kind::kArray) {
      list.for_each_element([&](const json::Node& given) {
        memory::IncomingMutation mutation;
        for (const auto& [member, value] :
             std::initializer_list<std::pair<const char*, std::string*>>{{"entity", &mutation.entity},
                                                                         {"entity_key", &mutation.entity_key},
                                                                         {"op", &mutation.op},
                                                                         {"payload", &mutation.payload},
                                                                         {"project", &mutation.project},
                                                                         {"occurred_at", &mutation.occurred_at}}) {
          *value = memory::text_member(given, member);
        }
        mutation.text = spell(given);
        incoming.mutations.push_back(std::move(mutation));
      });
    } else if (name != "mutations" && name != "sessions" && name != "observations" && name != "prompts") {
      incoming.unknown.emplace_back(name, spell(list));
    }
  });
  return incoming;
}

memory::Merged merge(memory::MemoryStore& store, const memory::Incoming& incoming) {
  memory::Merged merged;
  store.commit([&](memory::Write& write) {
    merged = {};
    memory::Merger(write, memory::Via::kImport, "").merge(incoming, merged);
  });
  return merged;
}

std::string wire(Entity entity, const json::Row& row) {
  std::string out;
  memory::append_wire(entity, row, out);
  return out;
}

std::vector<std::string> wires(Entity entity, memory::RowCursor cursor) {
  std::vector<std::string> rows;
  while (const memory::RowRef row = cursor.next()) rows.push_back(wire(entity, *row));
  return rows;
}

std::vector<std::string> rows_of(memory::MemoryStore& store) {
  std::vector<std::string> rows;
  store.with_catalog([&](const memory::Catalog& catalog, const chronostore::Mark&) {
    memory::StoredReader reader;
    for (memory::Catalog::Number number = 0; number < catalog.size(); ++number) {
      const memory::Entry& entry = catalog.at(number);
      if (entry.is_gone) continue;
      memory::RowRef row = reader.read_row(*entry.record);
      const std::size_t id = memory::traits_of(entry.entity).id;
      if (id != memory::EntityTraits::kNone) row = memory::with_fields(*row, {{id, "0"}});
      std::string line(memory::traits_of(entry.entity).name);
      line.append(entry.is_recovered ? " stand-in " : " ").append(wire(entry.entity, *row));
      rows.push_back(std::move(line));
    }
  });
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::string describe(memory::MemoryStore& store) {
  std::ostringstream out;
  const auto instant = [](const MaybeInstant& time) {
    return time ? std::to_string(time->seconds) + "." + std::to_string(time->nanoseconds) : std::string("-");
  };
  store.with_catalog([&](const memory::Catalog& catalog, const chronostore::Mark& mark) {
    using memory::Catalog;
    using memory::Names;
    out << "as of " << mark.seq << '\n';
    const auto name = [&](std::uint32_t number) { return number == Names::kNone ? "-" : catalog.names()[number]; };
    const auto keys = [&](const std::vector<Catalog::Number>& numbers) {
      std::string text;
      for (const Catalog::Number number : numbers) text += " " + Catalog::key_of(catalog.at(number));
      return text;
    };
    std::map<std::string, std::string> lines;
    for (Catalog::Number number = 0; number < catalog.size(); ++number) {
      const memory::Entry& e = catalog.at(number);
      const std::string key = Catalog::key_of(e);
      std::ostringstream line;
      line << e.id << ' ' << (e.is_gone ? 0 : e.seq) << ' ' << instant(e.created) << ' ' << instant(e.updated) << ' '
           << name(e.session) << ' ' << name(e.project) << ' ' << name(e.type) << ' ' << e.is_gone << e.is_deleted
           << e.is_personal << e.is_recovered << static_cast<int>(e.via) << ' '
           << (catalog.find(e.entity, key) == number);
      if (e.entity != Entity::kSession && e.id != 0) line << (catalog.find_id(e.entity, e.id) == number);
      if (e.entity == Entity::kSession) {
        line << keys(catalog.rows_of(Entity::kObservation, key)) << " |" << keys(catalog.rows_of(Entity::kPrompt, key))
             << ' ' << catalog.has_observations(key);
        const auto [time, seq] = catalog.last_activity(e);
        line << ' ' << instant(time) << ' ' << seq;
      }
      if (e.entity == Entity::kObservation && e.is_live()) {
        memory::StoredReader reader;
        const memory::RowRef row = reader.read_row(*e.record);
        using Field = memory::MemoryObservationField;
        const std::string topic = memory::text_of(*row, Field::topic_key);
        line << keys(catalog.with_topic(topic));
        line << " alike";
        catalog.for_each_alike(memory::text_of(*row, Field::title), memory::text_of(*row, Field::type),
                               memory::text_of(*row, Field::project), e.is_personal, [&](const memory::Entry& other) {
                                 line << ' ' << Catalog::key_of(other);
                                 return true;
                               });
      }
      lines[std::string(memory::traits_of(e.entity).name) + " " + key] = line.str();
    }
    for (const auto& [key, line] : lines) out << key << ": " << line << '\n';
    const Catalog::Counts counts = catalog.counts();
    out << counts.sessions << ' ' << counts.observations << ' ' << counts.prompts;
    for (const std::string& project : catalog.projects()) out << ' ' << project;
  });
  return out.str();
}

}  // namespace quipu::test
