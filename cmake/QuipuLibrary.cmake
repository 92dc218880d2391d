# The library, compiled once and used twice:
#
#   quipu_objects   the core and the C API, position independent, hidden but for what the headers declare
#   quipu           libquipu.so: what is installed, what bindings and the tests in C link with
#   quipu_static    the same objects plus the test doubles: what the unit tests link with, never installed

# Test doubles, core/<module>/testing/*.cpp, stay out of the library.
set(QUIPU_TEST_DOUBLES_REGEX "/core/[a-z_]+/testing/[a-z0-9_]+\\.cpp$")

file(GLOB_RECURSE quipu_core_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/core/*.cpp")
file(GLOB quipu_capi_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/capi/src/*.cpp")
set(quipu_test_doubles ${quipu_core_sources})
list(FILTER quipu_test_doubles INCLUDE REGEX "${QUIPU_TEST_DOUBLES_REGEX}")
list(FILTER quipu_core_sources EXCLUDE REGEX "${QUIPU_TEST_DOUBLES_REGEX}")

# The version stands in the public header too, where a program sees it when it is compiled.
set(quipu_version_header "${PROJECT_SOURCE_DIR}/capi/include/quipu/version.h")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${quipu_version_header}")
file(READ "${quipu_version_header}" quipu_version_text)
foreach(expected "QUIPU_VERSION_MAJOR ${PROJECT_VERSION_MAJOR}" "QUIPU_VERSION_MINOR ${PROJECT_VERSION_MINOR}"
                 "QUIPU_VERSION_PATCH ${PROJECT_VERSION_PATCH}" "QUIPU_VERSION \"${PROJECT_VERSION}\"")
  if(NOT quipu_version_text MATCHES "#define ${expected}\n")
    message(FATAL_ERROR "capi/include/quipu/version.h does not say `#define ${expected}`, "
                        "as the version in CMakeLists.txt (${PROJECT_VERSION}) wants it.")
  endif()
endforeach()

# Include paths and flags of everything that sees the core's own headers.
add_library(quipu_internal INTERFACE)
target_include_directories(
  quipu_internal INTERFACE "${PROJECT_SOURCE_DIR}/core" "${PROJECT_SOURCE_DIR}/capi/include"
                           "${QUIPU_GENERATED_DIR}/core")
# For #include "..." only: names such as error.h must not hide a system header.
target_compile_options(quipu_internal INTERFACE -iquote "${PROJECT_SOURCE_DIR}/capi/src")
target_link_libraries(quipu_internal INTERFACE ${QUIPU_LIBRARIES} nlohmann_json::nlohmann_json)

add_library(quipu_objects OBJECT ${quipu_core_sources} ${quipu_capi_sources} ${QUIPU_GENERATED_SOURCES})
target_link_libraries(quipu_objects PRIVATE quipu_internal quipu_strict)
set_target_properties(
  quipu_objects
  PROPERTIES POSITION_INDEPENDENT_CODE ON
             CXX_VISIBILITY_PRESET hidden
             VISIBILITY_INLINES_HIDDEN ON)

add_library(quipu SHARED $<TARGET_OBJECTS:quipu_objects>)
add_library(quipu::quipu ALIAS quipu)
target_include_directories(quipu INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/capi/include>"
                                           "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_link_libraries(quipu PRIVATE ${QUIPU_LIBRARIES})
set(quipu_version_script "${PROJECT_SOURCE_DIR}/cmake/quipu.map")
target_link_options(
  quipu
  PRIVATE
  "LINKER:--version-script=${quipu_version_script}"
  LINKER:--no-undefined
  LINKER:-z,defs
  LINKER:-z,nodelete
  LINKER:-z,relro,-z,now)
set_target_properties(
  quipu
  PROPERTIES LINKER_LANGUAGE CXX
             VERSION "${PROJECT_VERSION}"
             SOVERSION "${PROJECT_VERSION_MAJOR}"
             LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}"
             LINK_DEPENDS "${quipu_version_script}")

add_library(quipu_static STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:quipu_objects> ${quipu_test_doubles})
target_link_libraries(quipu_static PUBLIC quipu_internal PRIVATE quipu_warnings)
set_target_properties(
  quipu_static
  PROPERTIES LINKER_LANGUAGE CXX
             POSITION_INDEPENDENT_CODE ON
             CXX_VISIBILITY_PRESET hidden
             VISIBILITY_INLINES_HIDDEN ON)
