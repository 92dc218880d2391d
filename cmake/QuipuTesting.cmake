# How tests are registered and counted.
#
#   quipu_add_test(NAME <tier>.<name> TIER <tier> COMMAND <command> [args...]
#                  [TIMEOUT <seconds>]        what a run may take on a slow machine; each tier has a default
#                  [PROCESSORS <n>]           cores it keeps busy; ctest runs fewer tests beside it
#                  [SERIAL]                   runs alone
#                  [AFTER <test>...]          runs after these
#                  [WORKING_DIRECTORY <dir>]
#                  [ENVIRONMENT <name=value>...])
#   quipu_add_gtest(NAME <tier>.<name> TIER <tier> SOURCES <file>... [LIBRARIES <target>...] [the options above])
#   quipu_add_c_test(...)                        the same for C99, linked with libquipu.so alone
#
# <tier> is the label that `./dev test <tier>` and `ctest -L <tier>` select:
#   unit capi conformance interop crash processes headers abi install style fuzz go java csharp languages
#
# Counting. A test may tell how many cases it ran, by writing the file that the environment variable QUIPU_COUNTS_FILE
# names (build/<preset>/results/<test>.counts):
#
#   12 0 1
#   skip: name of the case: why it was skipped
#   fail: name of the case
#
# First line: passed, failed, skipped. One `skip:` line per skipped case, and, where known, one `fail:` line per failed
# one. A test without such a file counts as one case. A test that is skipped as a whole exits with 77 and prints a line
# `SKIP: why`. The exit code rules all the same: a test that exits with another code than 0 or 77 has failed.
#
# tests/run_counted.py runs a command and writes that file from the report of a known runner:
#
#   COMMAND ${QUIPU_RUN_COUNTED} gtest  -- <program> [args...]
#   COMMAND ${QUIPU_RUN_COUNTED} go     -- go test -json ./...
#   COMMAND ${QUIPU_RUN_COUNTED} junit  -- java -jar junit-platform-console-standalone.jar --reports-dir {report} ...
#   COMMAND ${QUIPU_RUN_COUNTED} trx    -- dotnet test --no-build --logger trx --results-directory {report} ...
#
# Every test also finds QUIPU_SOURCE_DIR, QUIPU_BUILD_DIR and QUIPU_MODULE_PATH in its environment, and QUIPU_TEST_LONG=1 under
# `./dev test --long`. C and C++ tests are compiled with QUIPU_TEST_DATA_DIR, the absolute path of tests/data.

set(QUIPU_TEST_TIMEOUT_FACTOR 1 CACHE STRING "Multiplies the time limit of every test")
set(QUIPU_RESULTS_DIR "${PROJECT_BINARY_DIR}/results")
set(QUIPU_RUN_COUNTED "${Python3_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/tests/run_counted.py")
file(MAKE_DIRECTORY "${QUIPU_RESULTS_DIR}")

set(QUIPU_TIMEOUT_unit 300)
set(QUIPU_TIMEOUT_capi 120)
set(QUIPU_TIMEOUT_conformance 600)
set(QUIPU_TIMEOUT_interop 600)
set(QUIPU_TIMEOUT_crash 900)
set(QUIPU_TIMEOUT_processes 900)
set(QUIPU_TIMEOUT_headers 300)
set(QUIPU_TIMEOUT_abi 120)
set(QUIPU_TIMEOUT_install 300)
set(QUIPU_TIMEOUT_style 120)
set(QUIPU_TIMEOUT_fuzz 120)
set(QUIPU_TIMEOUT_go 900)
set(QUIPU_TIMEOUT_java 900)
set(QUIPU_TIMEOUT_csharp 900)
set(QUIPU_TIMEOUT_languages 1200)

# QUIPU_MODULE_PATH: the tests in C++ hold the core themselves, and a package of a language may unpack it anywhere.
set(quipu_test_environment "QUIPU_SOURCE_DIR=${PROJECT_SOURCE_DIR}" "QUIPU_BUILD_DIR=${PROJECT_BINARY_DIR}"
                           "QUIPU_MODULE_PATH=${PROJECT_BINARY_DIR}/quipu")
set(quipu_sanitizer_factor 1)
if(QUIPU_SANITIZE)
  set(quipu_sanitizer_factor 5)
  list(
    APPEND
    quipu_test_environment
    "ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "TSAN_OPTIONS=second_deadlock_stack=1:die_after_fork=0")
endif()

function(quipu_add_test)
  cmake_parse_arguments(arg "SERIAL" "NAME;TIER;TIMEOUT;PROCESSORS;WORKING_DIRECTORY" "COMMAND;AFTER;ENVIRONMENT"
                        ${ARGN})
  if(NOT arg_NAME OR NOT arg_TIER OR NOT arg_COMMAND OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "quipu_add_test: NAME, TIER and COMMAND are needed; not known: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT QUIPU_BUILD_TESTS)
    return()
  endif()
  if(NOT DEFINED QUIPU_TIMEOUT_${arg_TIER})
    message(FATAL_ERROR "quipu_add_test(${arg_NAME}): no tier is called ${arg_TIER}; see cmake/QuipuTesting.cmake")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT ${QUIPU_TIMEOUT_${arg_TIER}})
  endif()
  if(NOT arg_PROCESSORS)
    set(arg_PROCESSORS 1)
  endif()
  if(NOT arg_WORKING_DIRECTORY)
    set(arg_WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
  endif()
  set(environment ${quipu_test_environment} "QUIPU_COUNTS_FILE=${QUIPU_RESULTS_DIR}/${arg_NAME}.counts"
                  ${arg_ENVIRONMENT})
  math(EXPR timeout "${arg_TIMEOUT} * ${quipu_sanitizer_factor} * ${QUIPU_TEST_TIMEOUT_FACTOR}")
  add_test(
    NAME "${arg_NAME}"
    COMMAND ${arg_COMMAND}
    WORKING_DIRECTORY "${arg_WORKING_DIRECTORY}")
  set_tests_properties(
    "${arg_NAME}"
    PROPERTIES LABELS "${arg_TIER}"
               TIMEOUT ${timeout}
               PROCESSORS ${arg_PROCESSORS}
               SKIP_RETURN_CODE 77
               ENVIRONMENT "${environment}")
  if(arg_SERIAL)
    set_tests_properties("${arg_NAME}" PROPERTIES RUN_SERIAL ON)
  endif()
  if(arg_AFTER)
    set_tests_properties("${arg_NAME}" PROPERTIES DEPENDS "${arg_AFTER}")
  endif()
endfunction()

# Adds the program <name with '_' for '.'> in build/<preset>/tests, and the keywords that are quipu_add_test's to `passed`.
macro(quipu_test_program)
  cmake_parse_arguments(arg "SERIAL" "NAME;TIER;TIMEOUT;PROCESSORS;WORKING_DIRECTORY"
                        "SOURCES;LIBRARIES;AFTER;ENVIRONMENT" ${ARGN})
  if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${arg_NAME}: SOURCES are needed; not known: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  string(REPLACE "." "_" target "${arg_NAME}")
  add_executable(${target} ${arg_SOURCES})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  get_property(modules_to_load GLOBAL PROPERTY QUIPU_MODULES)
  if(modules_to_load)
    add_dependencies(${target} ${modules_to_load})
  endif()
  set(passed "")
  foreach(keyword NAME TIER TIMEOUT PROCESSORS WORKING_DIRECTORY AFTER ENVIRONMENT)
    if(arg_${keyword})
      list(APPEND passed ${keyword} ${arg_${keyword}})
    endif()
  endforeach()
  if(arg_SERIAL)
    list(APPEND passed SERIAL)
  endif()
endmacro()

function(quipu_add_gtest)
  quipu_test_program(${ARGN})
  target_link_libraries(${target} PRIVATE ${arg_LIBRARIES} quipu_static quipu_warnings quipu_test_code GTest::gtest_main
                                          GTest::gtest)
  quipu_add_test(${passed} COMMAND ${QUIPU_RUN_COUNTED} gtest -- $<TARGET_FILE:${target}>)
endfunction()

function(quipu_add_c_test)
  quipu_test_program(${ARGN})
  target_link_libraries(${target} PRIVATE ${arg_LIBRARIES} quipu quipu_warnings quipu_test_code Threads::Threads)
  quipu_add_test(${passed} COMMAND $<TARGET_FILE:${target}>)
endfunction()
