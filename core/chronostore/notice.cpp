#include "chronostore/notice.h"

namespace quipu::chronostore {

void NoticeBoard::add(Notice notice) {
  const std::lock_guard lock(mutex_);
  if (notices_.size() < kLimit) {
    notices_.push_back(std::move(notice));
  } else {
    ++dropped_;
  }
}

std::vector<Notice> NoticeBoard::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<Notice> notices = notices_;
  if (dropped_ > 0) {
    notices.push_back({"more", "", 0, -1, -1, std::to_string(dropped_) + " more notices were not kept"});
  }
  return notices;
}

}  // namespace quipu::chronostore
