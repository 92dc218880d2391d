#include "os/sliding_reader.h"

#include <algorithm>
#include <cstring>

namespace quipu::os {

bool SlidingReader::read_more() {
  const std::size_t kept = end_ - begin_;
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(limit_ > next_ ? limit_ - next_ : 0, chunk_));
  if (kept + want + kPadding > capacity_) {
    const std::size_t capacity = std::max(kept + want + kPadding, 2 * kept);
    std::unique_ptr<char[]> bytes(new char[capacity]);
    if (kept > 0) std::memcpy(bytes.get(), bytes_.get() + begin_, kept);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  } else if (begin_ > 0) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, kept);
  }
  begin_ = 0;
  end_ = kept;
  const std::size_t got = want == 0 ? 0 : file_.read_at(next_, {bytes_.get() + end_, want});
  end_ += got;
  next_ += got;
  std::memset(bytes_.get() + end_, 0, kPadding);
  return got == want && next_ < limit_;
}

}  // namespace quipu::os
