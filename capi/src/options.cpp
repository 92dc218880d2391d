#include "options.h"

namespace quipu::capi {

chronostore::Durability durability_in(std::int32_t durability) {
  switch (durability) {
    case QUIPU_DURABILITY_FULL:
      return chronostore::Durability::kFull;
    case QUIPU_DURABILITY_BATCHED:
      return chronostore::Durability::kBatched;
    case QUIPU_DURABILITY_NONE:
      return chronostore::Durability::kNone;
    default:
      throw Error(Code::kInvalid, "unknown durability: " + std::to_string(durability));
  }
}

}  // namespace quipu::capi
