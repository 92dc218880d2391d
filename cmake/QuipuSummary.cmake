# The last lines of the configure step, and ${build}/left_out.txt for `./dev test`: name <tab> reason <tab> how to get it.

get_property(quipu_left_out_entries GLOBAL PROPERTY QUIPU_LEFT_OUT)
set(quipu_left_out_text "")
set(quipu_left_out_lines "")
foreach(entry IN LISTS quipu_left_out_entries)
  string(REPLACE "|" "\t" line "${entry}")
  string(APPEND quipu_left_out_text "${line}\n")
  string(REGEX REPLACE "^([^|]*)\\|([^|]*)\\|(.*)$" "  left out         \\1: \\2\n                   \\3" line "${entry}")
  string(APPEND quipu_left_out_lines "${line}\n")
endforeach()
file(WRITE "${PROJECT_BINARY_DIR}/left_out.txt" "${quipu_left_out_text}")

set(quipu_languages "C, C++")
if(QUIPU_HAVE_GO)
  string(APPEND quipu_languages ", Go ${QUIPU_GO_VERSION}")
endif()
if(QUIPU_HAVE_JAVA)
  string(APPEND quipu_languages ", Java ${Java_VERSION}")
endif()
if(QUIPU_HAVE_CSHARP)
  string(APPEND quipu_languages ", C# (.NET SDK ${QUIPU_DOTNET_VERSION})")
endif()
if(QUIPU_SANITIZE)
  set(quipu_sanitizers "${QUIPU_SANITIZE}")
else()
  set(quipu_sanitizers "none")
endif()
if(QUIPU_CCACHE)
  set(quipu_ccache "${QUIPU_CCACHE}")
else()
  set(quipu_ccache "not found")
endif()

message(STATUS "
Quipu ${PROJECT_VERSION}
  build type       ${CMAKE_BUILD_TYPE}
  compiler         ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} (${CMAKE_CXX_COMPILER})
  ccache           ${quipu_ccache}
  sanitizers       ${quipu_sanitizers}
  libraries        OpenSSL ${OPENSSL_VERSION}, simdjson ${simdjson_VERSION}, nlohmann_json ${nlohmann_json_VERSION}
  languages        ${quipu_languages}
  tests            ${QUIPU_BUILD_TESTS}
${quipu_left_out_lines}")
