// json/value.h - a JSON value that keeps what the files need kept: integers of any size, the sign of zero, the order of
// members, lone surrogates. The tree for everything that is not hot; node.h reads logs without building one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace quipu::json {

class Value;
using Array = std::vector<Value>;
// Members in order of first appearance, names unique.
using Member = std::pair<std::string, Value>;
using Object = std::vector<Member>;

// Decimal digits, "-" in front if negative; no leading zeros, "-0" is "0". 1 and 1.0 are different values.
struct Integer {
  std::string digits;
  bool operator==(const Integer&) const = default;
};

enum class Kind { kNull, kBool, kInteger, kDouble, kString, kArray, kObject };

// Strings (and member names) hold UTF-8; a lone surrogate, which JSON escapes can spell, is held in the three bytes that
// UTF-8's scheme would give it (ED A0 80 .. ED BF BF). has_lone_surrogate() in text.h finds it.
class Value {
 public:
  Value() : data_(nullptr) {}
  Value(std::nullptr_t) : data_(nullptr) {}
  Value(bool v) : data_(v) {}
  Value(Integer v) : data_(std::move(v)) {}
  Value(std::int64_t v) : data_(Integer{std::to_string(v)}) {}
  Value(int v) : data_(Integer{std::to_string(v)}) {}
  Value(double v) : data_(v) {}
  Value(std::string v) : data_(std::move(v)) {}
  Value(std::string_view v) : data_(std::string(v)) {}
  Value(const char* v) : data_(std::string(v)) {}
  Value(Array v) : data_(std::move(v)) {}
  Value(Object v) : data_(std::move(v)) {}

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_object() const { return kind() == Kind::kObject; }
  bool is_array() const { return kind() == Kind::kArray; }

  // Only for the matching kind (std::bad_variant_access otherwise).
  bool as_bool() const { return std::get<bool>(data_); }
  const Integer& as_integer() const { return std::get<Integer>(data_); }
  double as_double() const { return std::get<double>(data_); }
  const std::string& as_string() const { return std::get<std::string>(data_); }
  const Array& as_array() const { return std::get<Array>(data_); }
  Array& as_array() { return std::get<Array>(data_); }
  const Object& as_object() const { return std::get<Object>(data_); }
  Object& as_object() { return std::get<Object>(data_); }

  // The member of that name, or nullptr (also when this is no object).
  const Value* find(std::string_view name) const;

 private:
  std::variant<std::nullptr_t, bool, Integer, double, std::string, Array, Object> data_;
};

}  // namespace quipu::json
