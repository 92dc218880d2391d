// sqlite/transaction.h - a transaction that is rolled back unless it was committed.
#pragma once

#include <memory>

#include "sqlite/connection.h"

namespace quipu::sqlite {

class Transaction {
 public:
  enum class Kind {
    kDeferred,  // locks when it first reads or writes. One that has read and then writes while another connection writes
                // gets kBusy at once, as waiting would be a deadlock: to begin anew is all that helps.
    kImmediate,  // takes the lock for writing now, waiting for it
  };

  // kMisuse if the connection has one already.
  Transaction(Connection& connection, Kind kind);
  // Rolls back what was not committed; reads under way on the connection end with kMisuse. Should even that fail, the
  // connection does nothing else before it has been made up for.
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // After kBusy (others still read) it may be called again; any other failure has rolled it back, or the destructor does.
  void commit();

 private:
  std::shared_ptr<Handle> handle_;
  bool over_ = false;
};

}  // namespace quipu::sqlite
