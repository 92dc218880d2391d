// unit/json/vectors.h - the vector files of tests/data, and both ways of reading and writing that must agree.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "json/node.h"
#include "json/parser.h"
#include "json/python_json.h"

namespace quipu::json {

inline nlohmann::json read_vectors(const std::string& name, const std::string& folder = "chronostore") {
  const std::string path = std::string(QUIPU_TEST_DATA_DIR) + "/" + folder + "/" + name;
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot open " + path);
  return nlohmann::json::parse(in);
}

inline std::string spell(const Value& value, Spelling spelling, Surrogates surrogates = Surrogates::kRefuse) {
  std::string out;
  write(value, spelling, surrogates, out);
  return out;
}

inline std::string spell(const Node& node, Spelling spelling, Surrogates surrogates = Surrogates::kRefuse) {
  std::string out;
  write(node, spelling, surrogates, out);
  return out;
}

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// Text to text, by the tree and by the Document.
inline std::string by_value(std::string_view text, Spelling spelling, Surrogates surrogates = Surrogates::kRefuse) {
  return spell(parse(text), spelling, surrogates);
}

inline std::string by_node(std::string_view text, Spelling spelling, Surrogates surrogates = Surrogates::kRefuse) {
  Document document;
  return spell(document.parse(text), spelling, surrogates);
}

}  // namespace quipu::json
