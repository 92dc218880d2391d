# The libraries that libquipu.so stands on. Debian's packages of them are listed in packages.txt. A part that is not in
# the tree asks for nothing: SQLite comes with core/sqlite, zlib with core/gzip.

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(simdjson 3.0 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)

set(QUIPU_LIBRARIES OpenSSL::Crypto simdjson::simdjson Threads::Threads)

file(GLOB quipu_gzip_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/core/gzip/*.cpp")
if(quipu_gzip_sources)
  find_package(ZLIB REQUIRED)
  list(APPEND QUIPU_LIBRARIES ZLIB::ZLIB)
endif()

file(GLOB quipu_sqlite_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/core/sqlite/*.cpp")
if(quipu_sqlite_sources)
  find_package(SQLite3 3.40 REQUIRED)
  list(APPEND QUIPU_LIBRARIES SQLite::SQLite3)
endif()

# The generator of the value types and the scripts of the tests read TOML with Python's own library (3.11 and later).
find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
find_package(PkgConfig)
