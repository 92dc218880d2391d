#include "support/chronostore_cuts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <stdexcept>

#include "os/paths.h"
#include "support/chronostore_support.h"
#include "support/effort.h"

namespace quipu::test {

using chronostore::Store;
using os::testing::FaultAction;
using os::testing::FaultFileSystem;
using os::testing::Image;
using os::testing::MemoryFileSystem;
using os::testing::OpKinds;
using os::testing::PowerCut;

namespace {

constexpr const char* kLater = "after-all";
constexpr std::size_t kMostFailures = 3;

std::string content(const Image& image, std::string_view path) {
  const std::string* found = image.find(path);
  return found == nullptr ? std::string() : *found;
}

// What is at a path of an image; nullptr if nothing.
const Image::Node* node_at(const Image& image, std::string_view path) {
  const Image::Node* node = image.nodes.data();
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    if (part.empty()) continue;
    const auto it = node->entries.find(std::string(part));
    if (it == node->entries.end()) return nullptr;
    node = &image.nodes[it->second];
  }
  return node;
}

// The operations of a recovery without numbers and sizes: equal text, the same way of recovering.
std::string kind_of(const FaultFileSystem& fs, const Store& store) {
  std::string kind;
  for (const std::string& op : fs.log()) {
    for (const char c : op) {
      if (c < '0' || c > '9') kind += c;
    }
    kind += '\n';
  }
  for (const chronostore::Notice& notice : store.notices()) kind += std::string(notice.code) + '\n';
  return kind;
}

// The one write of a recovery: opens, looks, writes, looks, closes.
void live_on(os::FileSystem& fs, TickingClock& clock, const std::function<void(Store&, bool written)>& look) {
  const auto store = Store::open(kProject, options_with(fs, &clock));
  look(*store, false);
  store->upsert(record(kLater, "one more"), nullptr);
  look(*store, true);
  store->close();
}

// What a store that showed `before` shows after live_on.
std::string check_written(const Seen& before, const Seen& after) {
  std::vector<std::string> records = before.records;
  const std::string later(record(kLater, "one more")->text());
  const std::string mark = "{\"id\": \"" + std::string(kLater) + "\"";
  const auto old =
      std::find_if(records.begin(), records.end(), [&](const auto& text) { return text.starts_with(mark); });
  if (old == records.end()) {
    records.push_back(later);
  } else {
    *old = later;
  }
  if (after.records != records) return "one more write changed other records";
  const bool begun_anew = after.events.size() == 2 && after.seq == before.seq + 2;
  if (begun_anew) return {};
  if (after.seq != before.seq + 1) return "one more write took number " + std::to_string(after.seq);
  std::vector<std::string> events = after.events;
  if (!events.empty()) events.pop_back();
  return events == before.events ? std::string() : "one more write changed the events before it";
}

}  // namespace

void Tally::print(const std::string& name) const {
  std::cout << name << ": " << lives << " lives, " << cuts << " power cuts, " << disks << " different disks; "
            << recoveries << " recoveries cut " << second_cuts << " times, " << second_disks
            << " disks; third cuts: " << third_disks << " disks; " << openings << " openings\n";
  const std::pair<const char*, std::uint64_t> all[] = {
      {"power_cuts", cuts + second_cuts}, {"disks", disks + second_disks + third_disks}, {"openings", openings}};
  for (const auto& [key, value] : all) testing::Test::RecordProperty(key, std::to_string(value));
}

std::string check_aside(const std::string& before, const Image& image) {
  const std::string log = content(image, kProjectLog);
  if (log.starts_with(before)) return {};
  const std::size_t kept = static_cast<std::size_t>(
      std::mismatch(before.begin(), before.end(), log.begin(), log.end()).first - before.begin());
  const Image::Node* folder = node_at(image, "/project/.chronomemory/aside");
  if (folder != nullptr) {
    for (const auto& [name, index] : folder->entries) {
      const std::string& aside = image.nodes[index].content;
      if (aside.size() >= before.size() - kept && before.ends_with(aside)) return {};
    }
  }
  return "the last " + std::to_string(before.size() - kept) + " of " + std::to_string(before.size()) +
         " bytes of the log are neither there nor in aside/";
}

std::string check_backups(const Image& start, const Image& image,
                          const std::map<std::string, std::size_t>& acknowledged, const std::vector<Seen>& moments,
                          std::size_t now) {
  const std::string folder = "/project/.chronomemory/backup";
  std::map<std::string, std::size_t> there = acknowledged;
  if (const Image::Node* node = node_at(start, folder)) {
    for (const auto& [name, index] : node->entries) {
      for (const char* file : {"/events.wal", "/snapshot.json"}) {
        const std::string path = folder + "/" + name + file;
        if (name.find(".partial") == std::string::npos && content(start, path) != content(image, path)) {
          return "the earlier backup " + path + " changed";
        }
      }
    }
  }
  if (const Image::Node* node = node_at(image, folder)) {
    for (const auto& [name, index] : node->entries) {
      const std::string path = folder + "/" + name;
      if (name.find(".partial") == std::string::npos && node_at(start, path) == nullptr) there.emplace(path, now);
    }
  }
  for (const auto& [path, moment] : there) {
    if (node_at(image, path) == nullptr) return "the backup " + path + " is gone";
    MemoryFileSystem restored;
    TickingClock clock;
    os::make_directories(restored, "/project/.chronomemory");
    for (const char* name : {"events.wal", "snapshot.json"}) {
      if (const std::string* text = image.find(path + "/" + name)) {
        restored.open("/project/.chronomemory/" + std::string(name), os::OpenMode::kCreateNew)->append(*text);
      }
    }
    const Seen seen = seen_in(*Store::open(kProject, options_with(restored, &clock)));
    if (seen != moments[moment])
      return "the backup " + path + " holds another state:\n" + difference(moments[moment], seen);
  }
  return {};
}

DiskJudge::Recovery DiskJudge::recover(const Image& image, const Allowed& allowed) {
  Recovery found;
  MemoryFileSystem memory(image);
  FaultFileSystem fs(memory);
  fs.plan({.kinds = OpKinds::writing()});
  TickingClock clock;
  std::string notices;
  try {
    ++tally_.openings;
    live_on(fs, clock, [&](Store& store, bool written) {
      notices = notices_text(store);
      if (!written) {
        found.before = seen_in(store);
        return;
      }
      found.after = seen_in(store);
      found.kind = kind_of(fs, store);
      chronostore::VerifyResult check = store.verify(true, nullptr);
      if (check.problem == "snapshot_unusable") check = store.verify(false, nullptr);
      if (!check.valid) found.wrong = "the chain is not valid after one more write: " + check.message;
    });
    const auto right =
        std::find_if(allowed.begin(), allowed.end(), [&](const Seen* one) { return *one == found.before; });
    which_ = static_cast<std::size_t>(right - allowed.begin());
    if (right == allowed.end()) {
      found.wrong = "the store shows none of the states that it may show";
      for (const Seen* one : allowed) found.wrong += "\nof one it differs so:\n" + difference(*one, found.before);
    }
    if (found.wrong.empty()) found.wrong = check_written(found.before, found.after);
    const Image after = memory.images_after_power_cut({.most = 1}).front();
    if (found.wrong.empty()) found.wrong = check_aside(content(image, kProjectLog), after);
    ++tally_.openings;
    const Seen again = seen_in(*Store::open(kProject, options_with(memory, &clock)));
    if (found.wrong.empty() && again != found.after) {
      found.wrong = "opened again, the store shows something else:\n" + difference(found.after, again);
    }
  } catch (const Error& error) {
    found.wrong = "error: " + error.message();
  }
  if (!found.wrong.empty()) found.wrong += "\n" + notices;
  return found;
}

bool DiskJudge::shows_one_of(const Image& image, const Allowed& allowed) {
  MemoryFileSystem memory(image);
  TickingClock clock;
  ++tally_.openings;
  const Seen seen = seen_in(*Store::open(kProject, options_with(memory, &clock)));
  return std::any_of(allowed.begin(), allowed.end(), [&seen](const Seen* one) { return *one == seen; });
}

std::string DiskJudge::judge(const Image& image, const Allowed& allowed) {
  std::string identity = image.describe();
  for (const Seen* one : allowed) identity += std::to_string(one->seq) + ",";
  which_ = allowed.size();
  if (!known_.insert(std::hash<std::string>()(identity)).second) return {};
  ++tally_.disks;
  const Recovery whole = recover(image, allowed);
  if (!whole.wrong.empty()) return "disk: " + image.choices + "\n" + whole.wrong;
  std::size_t& times = kinds_[whole.kind];
  if (++times > options_.per_recovery) return {};
  const std::size_t right = which_;
  std::string wrong = cut_recovery(image, whole, 2);
  which_ = right;
  return wrong.empty() ? wrong : "disk: " + image.choices + "\n" + wrong;
}

std::string DiskJudge::cut_recovery(const Image& image, const Recovery& whole, int level) {
  ++tally_.recoveries;
  const std::string log = content(image, kProjectLog);
  Seen begun = whole.before;  // a log that was begun anew, but for the write behind it
  begun.seq = whole.after.seq - 1;
  begun.events = {whole.after.events.empty() ? "" : whole.after.events.front()};
  for (std::uint64_t nth = 1;; ++nth) {
    MemoryFileSystem memory(image);
    FaultFileSystem fs(memory);
    fs.plan({.action = FaultAction::kPowerCut, .nth = nth, .kinds = OpKinds::writing()});
    TickingClock clock;
    bool written = false;
    bool over = false;
    try {
      live_on(fs, clock, [&written](Store&, bool now) { written = now; });
      over = true;
    } catch (const PowerCut&) {
      ++tally_.second_cuts;
    }
    Allowed allowed = {&whole.after};
    if (!written) allowed.push_back(&whole.before);
    if (!written && whole.after.seq == whole.before.seq + 2) allowed.push_back(&begun);
    const std::vector<Image> images =
        memory.images_after_power_cut({.most = level == 2 ? options_.recovery_images : 6, .seed = nth + options_.seed});
    std::size_t at = 0;
    for (const Image& left : images) {
      ++(level == 2 ? tally_.second_disks : tally_.third_disks);
      std::string wrong = recover(left, allowed).wrong;
      if (wrong.empty()) wrong = check_aside(log, left);
      if (wrong.empty() && level == 2 && options_.third && (nth + at++) % 16 == 0) {
        const Recovery again = recover(left, allowed);
        wrong = cut_recovery(left, again, 3);
      }
      if (!wrong.empty()) {
        return "recovery cut at " + (over ? "its end" : fs.struck_op()) + ", disk: " + left.choices + "\n" + wrong;
      }
    }
    if (over) return {};
  }
}

std::string cut_everywhere(const Script& script, const CutOptions& options, Tally& tally,
                           const std::function<void(Actors&)>& prepare,
                           const std::function<void(const Image&, std::size_t moment)>& on_disk) {
  ++tally.lives;
  DiskJudge judge(tally, options);
  std::string all_wrong;
  std::size_t failures = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    MemoryFileSystem memory(script.start);
    FaultFileSystem fs(memory);
    TickingClock clock;
    Actors actors(fs, clock, kProject);
    if (prepare) prepare(actors);
    fs.plan({.action = FaultAction::kPowerCut, .nth = nth, .kinds = OpKinds::writing()});
    bool over = false;
    std::string place = "power cut ";
    try {
      actors.handle(0);
      run_steps(script.steps, actors);
      actors.close_all();
      over = true;
    } catch (const PowerCut&) {
      ++tally.cuts;
    } catch (const std::exception& error) {
      return "step " + std::to_string(actors.acknowledged + 1) + ": " + error.what();
    }
    const std::size_t done = actors.acknowledged;
    place += over ? "at the end"
                  : "at " + fs.struck_op() + " in step " + std::to_string(done + 1) + " (" +
                        (done < script.steps.size() ? script.steps[done].name : "close") + ")";
    Allowed allowed = {&script.moments[done]};
    if (done < script.steps.size()) allowed.push_back(&script.moments[done + 1]);
    if (done == 0) {
      for (const Seen& seen : script.also) allowed.push_back(&seen);
    }
    for (const Image& image : memory.images_after_power_cut({.most = options.images, .seed = options.seed + nth})) {
      std::string wrong = judge.judge(image, allowed);
      if (wrong.empty()) wrong = check_backups(script.start, image, actors.backups, script.moments, done);
      if (wrong.empty() && on_disk && judge.which() < 2) on_disk(image, done + judge.which());
      if (wrong.empty()) continue;
      all_wrong += place + ", " + wrong + "\n";
      if (++failures == kMostFailures) return all_wrong;
    }
    if (over) return all_wrong;
  }
}

}  // namespace quipu::test
