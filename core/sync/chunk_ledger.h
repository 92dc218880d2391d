// sync/chunk_ledger.h - inside core/sync: what a chunk says of which rows, for the ledger, without applying it.
#pragma once

#include <vector>

#include "memory/merge.h"

namespace quipu::sync {

std::vector<memory::LedgerRow> ledger_of(const memory::Incoming& rows);

}  // namespace quipu::sync
