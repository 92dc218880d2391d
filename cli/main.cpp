// The program `quipu`. Exit codes: 0 done, 1 it failed (or, of an import, chunks were rejected), 2 the command line makes no sense.
#include <quipu/quipu.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "arguments.h"
#include "commands.h"

namespace {

using quipu_cli::UsageError;

constexpr const char* kHelp =
    "quipu " QUIPU_PROGRAM_VERSION
    " - state for AI agents\n"
    "\n"
    "  quipu sync export [--project NAME] [--by NAME] [--personal]   writes what others lack into the directory\n"
    "  quipu sync import [--id-policy enforce|warn|off] [--unlisted] takes what is new from it\n"
    "  quipu sync status                                             tells how store and directory stand\n"
    "  quipu sync repair [--add-unlisted] [--dry-run]                puts a damaged manifest right\n"
    "  quipu sync install-merge-driver                               has git merge the manifest by entries\n"
    "  quipu sync merge-manifest BASE OURS THEIRS                    what git runs then; writes OURS\n"
    "\n"
    "  --dir PATH    the directory of manifest.json and chunks (.engram)\n"
    "  --store PATH  the project folder of the memory store (QUIPU_STORE, or this folder)\n"
    "  --json        the result as one JSON object\n"
    "\n"
    "  quipu --version, quipu --help\n";

struct Command {
  const char* name;
  int (*run)(const std::vector<std::string>&);
};
constexpr Command kSyncCommands[] = {
    {"export", quipu_cli::sync_export},
    {"import", quipu_cli::sync_import},
    {"status", quipu_cli::sync_status},
    {"repair", quipu_cli::sync_repair},
    {"merge-manifest", quipu_cli::merge_manifest},
    {"install-merge-driver", quipu_cli::install_merge_driver},
};

int run(const std::vector<std::string>& words) {
  if (words.empty()) throw UsageError("there is no command");
  if (words[0] == "--help" || words[0] == "help") {
    std::fputs(kHelp, stdout);
    return 0;
  }
  if (words[0] == "--version") {
    std::printf("quipu %s\n", quipu_version());
    return 0;
  }
  if (words[0] != "sync") throw UsageError("there is no command \"" + words[0] + "\"");
  if (words.size() < 2) throw UsageError("sync wants a command");
  for (const Command& command : kSyncCommands) {
    if (words[1] == command.name) return command.run({words.begin() + 2, words.end()});
  }
  throw UsageError("there is no command \"sync " + words[1] + "\"");
}

}  // namespace

int main(int count, char** words) {
  int code = 0;
  try {
    code = run({words + 1, words + count});
  } catch (const UsageError& error) {
    std::fprintf(stderr, "quipu: %s; see `quipu --help`\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quipu: %s\n", error.what());
    return 1;
  }
  if (std::fflush(stdout) != 0) {
    std::fprintf(stderr, "quipu: the result could not be written\n");
    return 1;
  }
  return code;
}
