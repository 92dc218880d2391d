// Quipu through its C API, as a program would use it.
#include <vector>

#include "bench/competitor.h"

namespace bench {
namespace {

using quipu_cpp::check;

class QuipuSession final : public Session {
 public:
  explicit QuipuSession(quipu_chronostore* store) : store_(store) {}

  void put(const Prepared& record) override {
    check([&](quipu_error** error) { return quipu_chronostore_upsert(store_, record.handle.get(), nullptr, error); });
  }

  void put_many(std::span<const Prepared> records) override {
    handles_.clear();
    for (const Prepared& record : records) handles_.push_back(record.handle.get());
    check([&](quipu_error** error) {
      return quipu_chronostore_upsert_many(store_, handles_.data(), handles_.size(), nullptr, error);
    });
  }

 private:
  quipu_chronostore* store_;
  std::vector<const quipu_chronorecord*> handles_;
};

class QuipuCompetitor final : public Competitor {
 public:
  QuipuCompetitor() : Competitor("Quipu") {}

  void open(const std::filesystem::path& folder) override { store_ = quipu_cpp::open_store(folder.string()); }
  std::unique_ptr<Session> session() override { return std::make_unique<QuipuSession>(store_.get()); }

  std::int64_t count() override {
    int valid = 0;
    check([&](quipu_error** error) { return quipu_chronostore_chain_valid(store_.get(), &valid, error); });
    if (valid != 1) throw std::runtime_error("Quipu: the chain is broken");
    std::int64_t seq = 0;
    check([&](quipu_error** error) { return quipu_chronostore_wal_seq(store_.get(), &seq, error); });
    return seq;
  }

  void close() override {
    quipu_cpp::close_store(store_);
    store_.reset();
  }

 private:
  quipu_cpp::Store store_;
};

}  // namespace

std::unique_ptr<Competitor> make_quipu() { return std::make_unique<QuipuCompetitor>(); }

}  // namespace bench
