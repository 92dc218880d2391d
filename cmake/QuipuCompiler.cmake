# Language levels, warnings, sanitizers, ccache. Interface targets carry the flags to our own code only, so that
# generated code of the bindings chooses for itself:
#
#   quipu_warnings   the warnings, all of them errors
#   quipu_strict     more of them, for the library
#   quipu_test_code  for test code: assertions stay on in every build type

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 99)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

find_program(QUIPU_CCACHE ccache DOC "ccache, used when found")
if(QUIPU_CCACHE)
  foreach(language C CXX)
    if(NOT CMAKE_${language}_COMPILER_LAUNCHER)
      set(CMAKE_${language}_COMPILER_LAUNCHER "${QUIPU_CCACHE}")
    endif()
  endforeach()
endif()

option(QUIPU_WARNINGS_AS_ERRORS "Treat warnings as errors" ON)

add_library(quipu_warnings INTERFACE)
target_compile_options(
  quipu_warnings
  INTERFACE -Wall
            -Wextra
            -pedantic
            -Wshadow
            -Wundef
            -Wvla
            -Wformat=2
            -Wno-format-nonliteral
            -Wcast-qual
            -Wpointer-arith
            -Wmissing-declarations
            $<$<BOOL:${QUIPU_WARNINGS_AS_ERRORS}>:-Werror>
            $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
            $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
            $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
            $<$<COMPILE_LANGUAGE:CXX>:-Wextra-semi>
            # Designated initializers leave out what has a default.
            $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers>
            $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wduplicated-cond>
            $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wlogical-op>
            $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wsuggest-override>)

add_library(quipu_strict INTERFACE)
target_compile_options(quipu_strict INTERFACE -Wconversion -Wold-style-cast)
target_link_libraries(quipu_strict INTERFACE quipu_warnings)

add_library(quipu_test_code INTERFACE)
# The macros of GoogleTest hold an `if` of their own.
target_compile_options(quipu_test_code INTERFACE -UNDEBUG $<$<COMPILE_LANGUAGE:CXX>:-Wno-dangling-else>)
target_compile_definitions(quipu_test_code INTERFACE "QUIPU_TEST_DATA_DIR=\"${PROJECT_SOURCE_DIR}/tests/data\"")

# Sanitizers apply to everything in the build, assertions stay on. A report ends the program, so that the test fails.
set(QUIPU_SANITIZE "" CACHE STRING "Sanitizers: empty, address,undefined or thread")
set_property(CACHE QUIPU_SANITIZE PROPERTY STRINGS "" "address,undefined" "thread")
if(QUIPU_SANITIZE)
  add_compile_options(-fsanitize=${QUIPU_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -UNDEBUG)
  add_link_options(-fsanitize=${QUIPU_SANITIZE})
endif()

# Coverage for libFuzzer in everything; its main() only in the programs of tests/fuzz.
option(QUIPU_FUZZ "Build the fuzz programs instead of the tests (clang)" OFF)
if(QUIPU_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "QUIPU_FUZZ wants clang, not ${CMAKE_CXX_COMPILER_ID}: use the preset fuzz (./dev fuzz)")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link -O2)
endif()
