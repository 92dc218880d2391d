// The images a power cut may leave: which choices there are, and which combinations of them to build.
#include <algorithm>
#include <functional>
#include <random>
#include <set>
#include <utility>

#include "os/testing/memory_nodes.h"

namespace quipu::os::testing {
namespace {

constexpr std::size_t kSector = 512;

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(engine_() % bound); }

 private:
  std::mt19937_64 engine_;
};

// One possible outcome for one node.
struct Choice {
  std::string label;
  std::function<std::string()> content;  // of a file
  std::vector<bool> applied;             // of a directory: which of its changes
};

// A node with something unsynced. Choice 0 is nothing of it, choice 1 all of it.
struct Point {
  const MemoryNode* node = nullptr;
  std::string path;
  std::vector<Choice> choices;
};

std::string first_changes(const MemoryNode& node, std::size_t count) {
  std::string content = node.synced_content;
  for (std::size_t i = 0; i < count; ++i) apply_change(node.unsynced_data[i], content);
  return content;
}

// The first changes, then the one at index cut after keep bytes.
std::string torn(const MemoryNode& node, std::size_t index, std::size_t keep, bool zeros) {
  std::string content = first_changes(node, index);
  const std::string& data = node.unsynced_data[index].data;
  content.append(data, 0, keep);
  if (zeros) content.append(data.size() - keep, '\0');
  return content;
}

// All changes, but zeros where bytes [from, to) of the one at index should be: it did not reach the disk, later ones did.
std::string with_hole(const MemoryNode& node, std::size_t index, std::size_t from, std::size_t to) {
  std::string content = node.synced_content;
  for (std::size_t i = 0; i < node.unsynced_data.size(); ++i) {
    DataChange change = node.unsynced_data[i];
    if (i == index)
      std::fill(change.data.begin() + static_cast<std::ptrdiff_t>(from),
                change.data.begin() + static_cast<std::ptrdiff_t>(to), '\0');
    apply_change(change, content);
  }
  return content;
}

// The first `count` changes, of the one at index those sectors only that are not in `lost`. The file is cut into sectors.
std::string without_sectors(const MemoryNode& node, std::size_t index, std::size_t count,
                            const std::set<std::size_t>& lost) {
  std::string content = node.synced_content;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = content.size();
    apply_change(node.unsynced_data[i], content);
    if (i != index) continue;
    for (std::size_t at = begin; at < content.size(); ++at) {
      if (lost.count(at / kSector) != 0) content[at] = '\0';
    }
  }
  return content;
}

// At most `most` of the numbers in [begin, end), both ends among them.
std::set<std::size_t> some_of(std::size_t begin, std::size_t end, std::size_t most, Random& random) {
  std::set<std::size_t> chosen;
  if (begin >= end) return chosen;
  if (end - begin <= most) {
    for (std::size_t i = begin; i < end; ++i) chosen.insert(i);
    return chosen;
  }
  chosen = {begin, end - 1};
  while (chosen.size() < most) chosen.insert(begin + random.below(end - begin));
  return chosen;
}

std::vector<Choice> choices_of_file(const MemoryNode& node, Random& random) {
  const std::size_t count = node.unsynced_data.size();
  const std::string of = " of " + std::to_string(count) + " operations";
  std::vector<Choice> choices;
  const auto add = [&](std::string label, std::function<std::string()> content) {
    choices.push_back({std::move(label), std::move(content), {}});
  };
  add("nothing unsynced", [&node] { return node.synced_content; });
  // Not node.content: data that a failed sync gave up is readable there, and lost all the same.
  add("all" + of, [&node, count] { return first_changes(node, count); });
  for (const std::size_t k : some_of(1, count, 8, random)) {
    add("first " + std::to_string(k) + of, [&node, k] { return first_changes(node, k); });
  }
  for (const std::size_t i : some_of(0, count, 4, random)) {
    const DataChange& change = node.unsynced_data[i];
    if (!change.is_append) continue;
    const std::string which = "operation " + std::to_string(i + 1) + of;
    const std::size_t size = change.data.size();
    for (const std::size_t keep : some_of(0, size, 5, random)) {
      const std::string cut = which + " cut after " + std::to_string(keep) + " of " + std::to_string(size) + " bytes";
      if (keep > 0) add(cut, [&node, i, keep] { return torn(node, i, keep, false); });
      add(cut + ", then zeros", [&node, i, keep] { return torn(node, i, keep, true); });
    }
    if (i + 1 < count) {
      add(which + " zeros, the others done", [&node, i, size] { return with_hole(node, i, 0, size); });
    }
    const std::size_t begin = first_changes(node, i).size();
    const std::size_t sectors = (begin + size - 1) / kSector - begin / kSector + 1;
    for (int n = 0; size > 0 && sectors > 1 && n < 3; ++n) {
      std::set<std::size_t> lost = {begin / kSector + random.below(sectors)};
      for (std::size_t s = 0; n > 0 && s < sectors; ++s) {
        if (random.below(2) == 0) lost.insert(begin / kSector + s);
      }
      const std::size_t done = i + 1 + random.below(count - i);
      std::string numbers;
      for (const std::size_t s : lost) numbers += " " + std::to_string(s);
      add("first " + std::to_string(done) + of + ", operation " + std::to_string(i + 1) +
              " without the file's sectors" + numbers,
          [&node, i, done, lost] { return without_sectors(node, i, done, lost); });
    }
    if (size > 2 * kSector) {
      const std::size_t from = random.below(size / kSector) * kSector;
      add(which + " without the sector at " + std::to_string(from),
          [&node, i, from] { return with_hole(node, i, from, from + kSector); });
    }
  }
  return choices;
}

std::string name_of(const EntryChange& change) {
  if (change.removed.empty()) return "+" + change.added;
  if (change.added.empty()) return "-" + change.removed;
  return change.removed + "->" + change.added;
}

Choice choice_of_entries(const MemoryNode& node, std::vector<bool> applied) {
  std::string done;
  std::string missing;
  for (std::size_t i = 0; i < applied.size(); ++i) {
    (applied[i] ? done : missing) += " " + name_of(node.unsynced_entries[i]);
  }
  std::string label = "done:" + (done.empty() ? " nothing" : done);
  if (!missing.empty()) label += ", not done:" + missing;
  return {std::move(label), {}, std::move(applied)};
}

std::vector<Choice> choices_of_directory(const MemoryNode& node, Random& random) {
  const std::size_t count = node.unsynced_entries.size();
  std::vector<std::vector<bool>> sets = {std::vector<bool>(count, false), std::vector<bool>(count, true)};
  if (count <= 4) {
    for (std::size_t bits = 1; bits + 1 < (std::size_t{1} << count); ++bits) {
      std::vector<bool> set(count);
      for (std::size_t i = 0; i < count; ++i) set[i] = ((bits >> i) & 1) != 0;
      sets.push_back(std::move(set));
    }
  } else {
    for (std::size_t i = 1; i < count; ++i) {
      std::vector<bool> prefix(count, false);
      std::fill(prefix.begin(), prefix.begin() + static_cast<std::ptrdiff_t>(i), true);
      sets.push_back(std::move(prefix));
      std::vector<bool> without(count, true);
      without[i - 1] = false;
      sets.push_back(std::move(without));
    }
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<bool> any(count);
      for (std::size_t j = 0; j < count; ++j) any[j] = random.below(2) == 1;
      sets.push_back(std::move(any));
    }
  }
  std::vector<Choice> choices;
  choices.reserve(sets.size());
  for (std::vector<bool>& set : sets) choices.push_back(choice_of_entries(node, std::move(set)));
  return choices;
}

class Builder {
 public:
  Builder(const NodeRef& root, const ImageOptions& options) : root_(root), options_(options), random_(options.seed) {
    std::set<const MemoryNode*> seen;
    collect(*root, "/", seen);
  }

  std::vector<Image> build() {
    const std::size_t count = points_.size();
    add(std::vector<std::size_t>(count, 0));
    add(std::vector<std::size_t>(count, 1));
    std::size_t product = 1;
    for (const Point& point : points_) product = std::min(product * point.choices.size(), options_.most + 1);
    if (product <= options_.most) {
      add_all_combinations();
      return std::move(images_);
    }
    std::vector<std::vector<std::size_t>> single;
    for (std::size_t p = 0; p < count; ++p) {
      for (const std::size_t others : {1U, 0U}) {
        for (std::size_t c = 0; c < points_[p].choices.size(); ++c) {
          single.emplace_back(count, others);
          single.back()[p] = c;
        }
      }
    }
    // A quarter of the images is kept for mixtures.
    for (; !single.empty() && images_.size() < options_.most - options_.most / 4; single.pop_back()) {
      std::swap(single[random_.below(single.size())], single.back());
      add(single.back());
    }
    for (std::size_t tries = 0; tries < 4 * options_.most; ++tries) {
      std::vector<std::size_t> mixed(count);
      for (std::size_t p = 0; p < count; ++p) mixed[p] = random_.below(points_[p].choices.size());
      add(mixed);
    }
    return std::move(images_);
  }

 private:
  // Every node that may be on the disk, in an order that depends on names alone.
  void collect(const MemoryNode& node, const std::string& path, std::set<const MemoryNode*>& seen) {
    if (!seen.insert(&node).second) return;
    if (!node.is_directory) {
      if (!node.unsynced_data.empty()) points_.push_back({&node, path, choices_of_file(node, random_)});
      return;
    }
    if (!node.unsynced_entries.empty()) points_.push_back({&node, path, choices_of_directory(node, random_)});
    const std::string prefix = path == "/" ? path : path + "/";
    for (const auto& [name, child] : node.entries) collect(*child, prefix + name, seen);
    for (const auto& [name, child] : node.synced_entries) collect(*child, prefix + name, seen);
    for (const EntryChange& change : node.unsynced_entries) {
      collect(*change.node, prefix + (change.added.empty() ? change.removed : change.added), seen);
    }
  }

  void add_all_combinations() {
    std::vector<std::size_t> chosen(points_.size(), 0);
    for (;;) {
      add(chosen);
      std::size_t p = 0;
      while (p < chosen.size() && ++chosen[p] == points_[p].choices.size()) chosen[p++] = 0;
      if (p == chosen.size()) return;
    }
  }

  void add(const std::vector<std::size_t>& chosen) {
    if (images_.size() >= options_.most) return;
    std::map<const MemoryNode*, const Choice*> choice_of;
    Image image;
    for (std::size_t p = 0; p < chosen.size(); ++p) {
      const Choice& choice = points_[p].choices[chosen[p]];
      choice_of[points_[p].node] = &choice;
      image.choices += (p == 0 ? "" : "; ") + points_[p].path + ": " + choice.label;
    }
    if (chosen.empty()) image.choices = "everything was synced";
    std::map<const MemoryNode*, std::size_t> index_of;
    put(*root_, choice_of, index_of, image);
    if (seen_.insert(image.describe()).second) images_.push_back(std::move(image));
  }

  static std::size_t put(const MemoryNode& node, const std::map<const MemoryNode*, const Choice*>& choice_of,
                         std::map<const MemoryNode*, std::size_t>& index_of, Image& image) {
    const auto [known, is_new] = index_of.emplace(&node, image.nodes.size());
    const std::size_t index = known->second;
    if (!is_new) return index;
    image.nodes.emplace_back();
    image.nodes[index].is_directory = node.is_directory;
    image.nodes[index].modified_ns = node.modified_ns;
    const auto it = choice_of.find(&node);
    const Choice* choice = it == choice_of.end() ? nullptr : it->second;
    if (!node.is_directory) {
      image.nodes[index].content = choice == nullptr ? node.synced_content : choice->content();
      return index;
    }
    Entries entries = node.synced_entries;
    for (std::size_t i = 0; choice != nullptr && i < choice->applied.size(); ++i) {
      if (choice->applied[i]) apply_change(node.unsynced_entries[i], entries);
    }
    for (const auto& [name, child] : entries) {
      const std::size_t child_index = put(*child, choice_of, index_of, image);
      image.nodes[index].entries[name] = child_index;
    }
    return index;
  }

  const NodeRef& root_;
  const ImageOptions& options_;
  Random random_;
  std::vector<Point> points_;
  std::vector<Image> images_;
  std::set<std::string> seen_;
};

void describe_node(const Image& image, std::size_t index, const std::string& path, std::string& out) {
  const Image::Node& node = image.nodes[index];
  if (!node.is_directory) {
    out += path + " (node " + std::to_string(index) + ", " + std::to_string(node.content.size()) + " bytes): ";
    for (const char c : node.content) {
      if (c == '\n') {
        out += "\\n";
      } else if (c == '\0') {
        out += "\\0";
      } else {
        out += c;
      }
    }
    out += '\n';
    return;
  }
  out += path + "/\n";
  for (const auto& [name, child] : node.entries) describe_node(image, child, path + "/" + name, out);
}

}  // namespace

std::vector<Image> build_images(const NodeRef& root, const ImageOptions& options) {
  return Builder(root, options).build();
}

const std::string* Image::find(std::string_view path) const {
  std::size_t at = 0;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    if (part.empty()) continue;
    const auto it = nodes[at].entries.find(std::string(part));
    if (it == nodes[at].entries.end()) return nullptr;
    at = it->second;
  }
  return nodes[at].is_directory ? nullptr : &nodes[at].content;
}

std::string Image::describe() const {
  std::string out;
  describe_node(*this, 0, "", out);
  return out;
}

}  // namespace quipu::os::testing
