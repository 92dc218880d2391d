#include "base/error.h"

#include <gtest/gtest.h>

namespace quipu {
namespace {

TEST(Error, IsRetryableByItsCodeUnlessToldOtherwise) {
  EXPECT_TRUE(Error(Code::kBusy, "a").retryable());
  EXPECT_TRUE(Error(Code::kTimeout, "a").retryable());
  EXPECT_FALSE(Error(Code::kIo, "a").retryable());
  EXPECT_TRUE(Error(Code::kIo, "a").retryable_if(true).retryable());
  EXPECT_FALSE(Error(Code::kBusy, "a").retryable_if(false).retryable());
  // A layer that renames a failure does not change whether a repeat may help.
  EXPECT_TRUE(Error(Code::kIo, "a").retryable_if(true).as(Code::kConflict).retryable());
}

}  // namespace
}  // namespace quipu
