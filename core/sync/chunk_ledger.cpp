#include "sync/chunk_ledger.h"

#include "json/python_json.h"

namespace quipu::sync {

using memory::Entity;

std::vector<memory::LedgerRow> ledger_of(const memory::Incoming& rows) {
  std::vector<memory::LedgerRow> ledger;
  memory::Versioner versioner;
  const auto add = [&](Entity entity, const memory::RowRef& row) {
    const memory::EntityTraits& traits = memory::traits_of(entity);
    ledger.push_back(
        {std::string(traits.name), memory::text_of(*row, traits.key), versioner.of(entity, *row).short_hex()});
  };
  for (const memory::RowRef& row : rows.sessions) add(Entity::kSession, row);
  for (const memory::RowRef& row : rows.observations) add(Entity::kObservation, row);
  for (const memory::RowRef& row : rows.prompts) add(Entity::kPrompt, row);

  json::Document document(memory::kMaxDocumentDepth, json::Dialect::kGo);
  memory::RowReader reader;
  for (const memory::IncomingMutation& mutation : rows.mutations) {
    const auto entity = memory::entity_of_name(mutation.entity);
    if (!entity) continue;
    try {
      const json::Node payload = document.parse(mutation.payload);
      if (mutation.op == "upsert") {
        add(*entity, reader.read_imported(*entity, payload));
        continue;
      }
      std::string_view time = memory::text_member(payload, "deleted_at");
      if (time.empty()) time = mutation.occurred_at.empty() ? rows.created_at : mutation.occurred_at;
      const memory::EntityTraits& traits = memory::traits_of(*entity);
      std::string_view key = mutation.entity_key;
      if (key.empty()) key = memory::text_member(payload, (*traits.fields)[traits.key].name);
      ledger.push_back({std::string(traits.name), std::string(key), memory::delete_version(time)});
    } catch (const memory::RowFault&) {
      // It would not be applied either.
    }
  }
  return ledger;
}

}  // namespace quipu::sync
