// The recent past of a project, as rows and as text for an agent's prompt.
#include "base/unicode.h"
#include "memory/store.h"

namespace quipu::memory {

namespace {

using Session = MemorySessionField;
using Observation = MemoryObservationField;
using Prompt = MemoryPromptField;

constexpr std::size_t kMostLine = 300;

// On one line, and not longer than fits one.
std::string on_one_line(std::string_view text) {
  std::string line = collapse_white_space(trim_white_space(text), " ");
  if (line.size() <= kMostLine) return line;
  std::size_t end = kMostLine;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  line.resize(end);
  return line + "...";
}

std::vector<RowRef> all_of(RowCursor cursor) {
  std::vector<RowRef> rows;
  while (RowRef row = cursor.next()) rows.push_back(std::move(row));
  return rows;
}

std::string markdown_of(const Context& context) {
  std::string text;
  const auto heading = [&text](std::string_view title) {
    if (!text.empty()) text += '\n';
    text.append("## ").append(title).append("\n\n");
  };
  if (!context.sessions.empty()) {
    heading("Recent sessions");
    for (const RowRef& row : context.sessions) {
      text.append("- **").append(text_of(*row, Session::project)).append("** (");
      text.append(text_of(*row, Session::started_at)).append(")");
      if (const std::string summary = on_one_line(text_of(*row, Session::summary)); !summary.empty()) {
        text.append(": ").append(summary);
      }
      text += '\n';
    }
  }
  if (!context.prompts.empty()) {
    heading("Recent prompts");
    for (const RowRef& row : context.prompts) {
      text.append("- ").append(text_of(*row, Prompt::created_at)).append(": ");
      text.append(on_one_line(text_of(*row, Prompt::content))).append("\n");
    }
  }
  if (!context.observations.empty()) {
    heading("Recent observations");
    for (const RowRef& row : context.observations) {
      text.append("- [").append(text_of(*row, Observation::type)).append("] **");
      text.append(on_one_line(text_of(*row, Observation::title))).append("**: ");
      text.append(on_one_line(text_of(*row, Observation::content))).append("\n");
    }
  }
  return text;
}

}  // namespace

Context MemoryStore::context(const ContextOptions& options) {
  RowFilter filter;
  filter.project = options.project;
  const auto take = [&](std::int64_t limit, const auto& list) {
    filter.limit = limit;
    return limit == 0 ? std::vector<RowRef>() : all_of(list());
  };
  Context context;
  context.sessions = take(options.sessions, [&] { return session_list(filter); });
  context.prompts = take(options.prompts, [&] { return prompt_list(filter); });
  filter.scope = options.scope;
  context.observations = take(options.observations, [&] { return observation_list(filter); });
  context.markdown = markdown_of(context);
  return context;
}

}  // namespace quipu::memory
