// quipu sync merge-manifest, which git runs, and install-merge-driver, which tells it to.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "arguments.h"
#include "commands.h"
#include "files.h"
#include "handles.h"
#include "process.h"

namespace quipu_cli {

namespace {

using Merge = Handle<quipu_manifestmerge, quipu_manifestmerge_free>;

// If the program is missing or fails, the file must have conflict markers: git would leave our side in place, and the next add
// would drop the other's entries.
constexpr const char* kDriver = "quipu sync merge-manifest %O %A %B || { git merge-file %A %O %B; exit 1; }";

std::string git(const std::vector<std::string>& words, const char* what) {
  std::vector<std::string> all{"git"};
  all.insert(all.end(), words.begin(), words.end());
  Outcome outcome = run(all);
  if (outcome.status != 0) throw std::runtime_error(std::string("git could not ") + what);
  while (!outcome.output.empty() && outcome.output.back() == '\n') outcome.output.pop_back();
  return outcome.output;
}

// The lines of the file with those added that are not there yet.
bool add_lines(std::string& content, const std::vector<std::string>& lines) {
  bool added = false;
  for (const std::string& line : lines) {
    const std::string whole = "\n" + content + "\n";
    if (whole.find("\n" + line + "\n") != std::string::npos || whole.find("\n" + line + "\r\n") != std::string::npos)
      continue;
    if (!content.empty() && content.back() != '\n') content += '\n';
    content += line + "\n";
    added = true;
  }
  return added;
}

}  // namespace

int merge_manifest(const std::vector<std::string>& words) {
  const Arguments arguments(words, {});
  arguments.need_operands(3);
  const std::string base = read_file(arguments.operands()[0]);
  const std::string ours = read_file(arguments.operands()[1]);
  const std::string theirs = read_file(arguments.operands()[2]);
  const Merge merged = make<Merge>([&](quipu_manifestmerge** out, quipu_error** err) {
    return quipu_manifest_merge(base.data(), base.size(), ours.data(), ours.size(), theirs.data(), theirs.size(), out,
                                err);
  });
  for (std::size_t i = 0; i < quipu_manifestmerge_kept_ids_count(merged.get()); ++i) {
    std::fprintf(stderr, "quipu: kept the entry %s, which one side had dropped\n",
                 quipu_manifestmerge_kept_ids_at(merged.get(), i, nullptr));
  }
  replace_file(arguments.operands()[1], get(quipu_manifestmerge_text, merged));
  return 0;
}

int install_merge_driver(const std::vector<std::string>& words) {
  const Arguments arguments(words, {{"--dir", true}});
  arguments.need_operands(0);
  std::string directory = arguments.value("--dir", ".engram");
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  if (directory.empty() || directory[0] == '/' || directory.find_first_of(" \t\"\\*?[") != std::string::npos) {
    throw UsageError("--dir is a path below the top of the repository, without spaces and patterns");
  }
  const std::string top = git({"rev-parse", "--show-toplevel"}, "tell the top of the repository: is this one?");
  const std::string prefix = git({"rev-parse", "--show-prefix"}, "tell the folder in the repository");
  const std::string path = prefix + directory;
  const std::string attributes = top + "/.gitattributes";
  std::string content = file_exists(attributes) ? read_file(attributes) : "";
  const bool added = add_lines(
      content, {path + "/manifest.json merge=quipu-manifest", path + "/chunks/*.jsonl.gz -text -diff merge=binary"});
  if (added) replace_file(attributes, content);
  git({"config", "merge.quipu-manifest.name", "entries of a sync manifest as a set"}, "set its configuration");
  git({"config", "merge.quipu-manifest.driver", kDriver}, "set its configuration");
  std::printf("%s%s\n", added ? "Added to .gitattributes (commit it): " : "In .gitattributes already: ", path.c_str());
  std::printf("The driver is set for this clone; each clone runs this command once. git finds `quipu` on PATH.\n");
  return 0;
}

}  // namespace quipu_cli
