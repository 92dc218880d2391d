// fuzz/support/capi_values.h - for the fuzzing of the C API: calls whose way of failing is judged, and values read through all of
// their getters.
#pragma once

#include <quipu/quipu.h>

#include <string>
#include <string_view>
#include <utility>

namespace quipu::fuzz {

// How a call ended must fit its error: none on success, on failure one with the same code and one line of text. Codes that
// a healthy disk and a caller of any kind do not lead to are findings. Frees the error.
void judge(const char* what, quipu_status status, quipu_error* error);

// Calls fn(args..., &err) and judges the end.
template <typename Fn, typename... Args>
quipu_status call(const char* what, Fn fn, Args... args) {
  quipu_error* error = nullptr;
  const quipu_status status = fn(args..., &error);
  judge(what, status, error);
  return status;
}

// Text that was handed out: ends in a NUL, is UTF-8.
std::string_view checked_text(const char* text, std::size_t length);
// A copy of a buffer that was handed out, which is freed. NULL is empty.
std::string taken(char* text, std::size_t length);
std::string taken(std::uint8_t* bytes, std::size_t length);

// Through every getter; NULL is fine.
void read_all(const quipu_chronorecord* record);
void read_all(const quipu_walevent* event);
void read_all(const quipu_chrononotice* notice);
void read_all(const quipu_chronoverification* verification);
void read_all(const quipu_chronomigration* migration);

std::string json_of(const quipu_chronorecord* record);

}  // namespace quipu::fuzz
