// The JNI side of the Java package: bytes in and out, errors as exceptions, functions of the user.
#pragma once

#include <jni.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "glue.hpp"

namespace qj {

// What JNI_OnLoad looked up. Class references are global; they are never released, as the library is never unloaded.
struct Names {
  jclass exception = nullptr;  // quipu.QuipuException
  jmethodID make = nullptr;    // its static factory
  jmethodID step = nullptr;    // quipu.Progress
  jmethodID run = nullptr;     // quipu.TransactionBody
  jclass progress = nullptr;   // held so that the method ids stay valid
  jclass body = nullptr;
};
inline Names names;

inline jclass global_class(JNIEnv* env, const char* name) {
  const jclass local = env->FindClass(name);
  if (local == nullptr) {
    return nullptr;
  }
  const auto global = static_cast<jclass>(env->NewGlobalRef(local));
  env->DeleteLocalRef(local);
  return global;
}

inline jint on_load(JavaVM* vm) {
  JNIEnv* env = nullptr;
  if (vm->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_8) != JNI_OK) {
    return JNI_ERR;
  }
  // Each step leaves an exception behind when it fails; System.load throws it.
  if ((names.exception = global_class(env, "quipu/QuipuException")) == nullptr ||
      (names.progress = global_class(env, "quipu/Progress")) == nullptr ||
      (names.body = global_class(env, "quipu/TransactionBody")) == nullptr ||
      (names.make = env->GetStaticMethodID(names.exception, "make", "(I[BZ[BJJJJ[B)Lquipu/QuipuException;")) ==
          nullptr ||
      (names.step = env->GetMethodID(names.progress, "step", "(JJ)Z")) == nullptr ||
      (names.run = env->GetMethodID(names.body, "run", "(J)V")) == nullptr) {
    return JNI_ERR;
  }
  return JNI_VERSION_1_8;
}

inline void throw_new(JNIEnv* env, const char* class_name, const char* message) {
  const jclass type = env->FindClass(class_name);
  if (type != nullptr) {
    env->ThrowNew(type, message);
    env->DeleteLocalRef(type);
  }
}

inline void throw_out_of_memory(JNIEnv* env) {
  throw_new(env, "java/lang/OutOfMemoryError", "quipu: native memory is out");
}

// ---- bytes ------------------------------------------------------------------------------------------------------------

// The bytes of an array for the length of a call: copied once, small ones onto the stack. Not GetPrimitiveArrayCritical,
// which would hold up the collector while the call waits for a disk.
class Argument {
 public:
  Argument() = default;
  Argument(const Argument&) = delete;
  Argument& operator=(const Argument&) = delete;
  ~Argument() { std::free(big_); }

  // False with an exception pending.
  bool load(JNIEnv* env, jbyteArray array) {
    if (array == nullptr) {
      throw_new(env, "java/lang/NullPointerException", nullptr);
      return false;
    }
    const jsize length = env->GetArrayLength(array);
    size_ = static_cast<std::size_t>(length);
    if (size_ > sizeof small_) {
      big_ = std::malloc(size_);
      if (big_ == nullptr) {
        throw_out_of_memory(env);
        return false;
      }
    }
    env->GetByteArrayRegion(array, 0, length, static_cast<jbyte*>(data()));
    return true;
  }

  template <class In>  // qg::StrIn, qg::BytesIn and what derives from it
  void give(In& in) {
    in.p = static_cast<decltype(in.p)>(data());
    in.n = size_;
  }

 private:
  void* data() { return big_ != nullptr ? big_ : small_; }

  std::size_t size_ = 0;
  void* big_ = nullptr;
  char small_[1024];
};

// NULL with an exception pending when there is no room for it.
inline jbyteArray array(JNIEnv* env, const void* data, std::size_t size) {
  if (size > static_cast<std::size_t>(std::numeric_limits<jsize>::max())) {
    throw_new(env, "java/lang/OutOfMemoryError", "quipu: the answer has more than 2 GiB");
    return nullptr;
  }
  const auto length = static_cast<jsize>(size);
  const jbyteArray made = env->NewByteArray(length);
  if (made != nullptr) {
    env->SetByteArrayRegion(made, 0, length, static_cast<const jbyte*>(data));
  }
  return made;
}

// NULL for a value that is not there.
template <class Out>
jbyteArray array(JNIEnv* env, const Out& out) {
  return out.p == nullptr ? nullptr : array(env, out.p, out.n);
}

// ---- errors -----------------------------------------------------------------------------------------------------------

inline void raise(JNIEnv* env, const qg::Error& error) {
  const auto text = [env](std::string_view view) { return array(env, view.data(), view.size()); };
  const jbyteArray message = text(error.message());
  const jbyteArray path = message == nullptr ? nullptr : text(error.path());
  const jbyteArray backend = path == nullptr ? nullptr : text(error.backend_message());
  if (backend == nullptr) {
    return;  // OutOfMemoryError is pending
  }
  const jobject exception = env->CallStaticObjectMethod(
      names.exception, names.make, static_cast<jint>(error.code()), message, static_cast<jboolean>(error.retryable()),
      path, static_cast<jlong>(error.line()), static_cast<jlong>(error.offset()), static_cast<jlong>(error.seq()),
      static_cast<jlong>(error.backend_code()), backend);
  // The factory may have thrown by itself, for want of memory.
  if (env->ExceptionCheck() == JNI_FALSE) {
    env->Throw(static_cast<jthrowable>(exception));
  }
}

// ---- functions of the user --------------------------------------------------------------------------------------------

// A function of the user for the length of one native call. What it throws ends the call and is thrown again, the same
// object, when the native method returns: the destructor runs last, so it also replaces the library's CANCELLED.
// Everything happens on the thread that made the call, so local references serve.
class Callback {
 public:
  Callback() = default;
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() {
    if (thrown_ != nullptr) {
      env_->ExceptionClear();
      env_->Throw(thrown_);
    }
  }

  void give(JNIEnv* env, jobject function, qg::Progress& progress) {
    env_ = env;
    function_ = function;
    if (function != nullptr) {
      progress.fn = step;
      progress.user = this;
    }
  }

  // False with an exception pending.
  bool give(JNIEnv* env, jobject function, qg::TransactionFn& transaction) {
    if (function == nullptr) {
      throw_new(env, "java/lang/NullPointerException", nullptr);
      return false;
    }
    env_ = env;
    function_ = function;
    transaction.fn = run;
    transaction.user = this;
    return true;
  }

 private:
  static int step(void* user, std::int64_t done, std::int64_t total) {
    auto* self = static_cast<Callback*>(user);
    if (self->thrown_ != nullptr) {
      return 1;
    }
    const jboolean go_on =
        self->env_->CallBooleanMethod(self->function_, names.step, static_cast<jlong>(done), static_cast<jlong>(total));
    return self->keep_thrown() || go_on == JNI_FALSE ? 1 : 0;
  }

  static quipu_status run(void* user, quipu_chronotransaction* tx, quipu_error**) {
    auto* self = static_cast<Callback*>(user);
    self->env_->CallVoidMethod(self->function_, names.run, static_cast<jlong>(reinterpret_cast<std::intptr_t>(tx)));
    return self->keep_thrown() ? QUIPU_E_CANCELLED : QUIPU_OK;
  }

  bool keep_thrown() {
    thrown_ = env_->ExceptionOccurred();
    if (thrown_ == nullptr) {
      return false;
    }
    env_->ExceptionClear();
    return true;
  }

  JNIEnv* env_ = nullptr;
  jobject function_ = nullptr;
  jthrowable thrown_ = nullptr;
};

}  // namespace qj
