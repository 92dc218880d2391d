// sync/chunk.h - the document of a chunk: one JSON object with the lists of rows (docs/formats/sync.md).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/node.h"
#include "memory/merge.h"
#include "memory/row.h"

namespace quipu::sync {

// The member under which records of ChronoStores travel (streams.h).
inline constexpr std::string_view kStreamsMember = "quipu";

struct ChunkDocument {
  memory::Incoming rows;
  std::string streams;  // the value of kStreamsMember, JSON in log spelling; empty if there is none
};

// Reads documents, reusing its memory. One thread at a time.
class ChunkReader {
 public:
  // Throws ChunkFault: json_depth, json_syntax, or schema.
  ChunkDocument read(std::string_view document);

 private:
  void read_rows(memory::Entity entity, const json::Node& list, std::vector<memory::RowRef>& rows);
  static void read_mutations(const json::Node& list, std::vector<memory::IncomingMutation>& mutations);

  json::Document document_{memory::kMaxDocumentDepth, json::Dialect::kGo};
  memory::RowReader rows_;
};

// Spells a document, row by row; each of the lists is null if it got none.
class ChunkWriter {
 public:
  // The row as memory::append_wire spells it.
  void add(memory::Entity entity, std::string_view wire);
  void add_mutation(std::string_view mutation);
  // A member behind the known ones; json in Go's spelling.
  void add_member(std::string_view name, std::string_view json);

  bool is_empty() const;
  std::size_t size() const;  // of the document as it would be
  std::string finish() const;

 private:
  std::string lists_[4];
  std::string members_;
};

// The digits of a document's SHA-256 that name it: 8, or more where 8 are taken.
inline constexpr std::size_t kChunkIdDigits = 8;

}  // namespace quipu::sync
