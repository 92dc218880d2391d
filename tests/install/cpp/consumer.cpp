// A program in C++ that finds the installed library through find_package: adds a record, checks the chain.
// Usage: consumer FOLDER
#include <quipu/quipu.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

struct Free {
  void operator()(quipu_chronostore* store) const { quipu_chronostore_free(store); }
  void operator()(quipu_chronorecord* record) const { quipu_chronorecord_free(record); }
};

void check(quipu_status status, quipu_error* error) {
  if (status == QUIPU_OK) return;
  std::string message = quipu_error_message(error, nullptr);
  quipu_error_free(error);
  throw std::runtime_error(message);
}

void use(const std::string& folder) {
  quipu_error* error = nullptr;
  quipu_chronostore* opened = nullptr;
  check(quipu_chronostore_open(folder.data(), folder.size(), nullptr, &opened, &error), error);
  std::unique_ptr<quipu_chronostore, Free> store(opened);

  const std::string json = R"({"id": "consumer-cpp", "label": "written by a program in C++"})";
  quipu_chronorecord* made = nullptr;
  check(quipu_chronorecord_from_json(json.data(), json.size(), &made, &error), error);
  std::unique_ptr<quipu_chronorecord, Free> record(made);
  check(quipu_chronostore_upsert(store.get(), record.get(), nullptr, &error), error);

  int valid = 0;
  std::int64_t seq = 0;
  check(quipu_chronostore_chain_valid(store.get(), &valid, &error), error);
  check(quipu_chronostore_wal_seq(store.get(), &seq, &error), error);
  if (valid != 1 || seq != 2) throw std::runtime_error("the chain is broken, or its end is not event 2");
  check(quipu_chronostore_close(store.get(), &error), error);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    use(argv[1]);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
  return 0;
}
