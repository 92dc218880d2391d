# What `cmake --install` puts in place: the library, its headers, quipu.pc and the CMake package. All of it can be moved.
include(CMakePackageConfigHelpers)

set(quipu_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/quipu")

install(TARGETS quipu EXPORT quipuTargets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(
  DIRECTORY "${PROJECT_SOURCE_DIR}/capi/include/quipu"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.h")

install(EXPORT quipuTargets NAMESPACE quipu:: DESTINATION "${quipu_cmake_dir}")
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/pkgconfig/quipuConfig.cmake.in" "${PROJECT_BINARY_DIR}/installed/quipuConfig.cmake"
  INSTALL_DESTINATION "${quipu_cmake_dir}" NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/installed/quipuConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/installed/quipuConfig.cmake"
              "${PROJECT_BINARY_DIR}/installed/quipuConfigVersion.cmake" DESTINATION "${quipu_cmake_dir}")

file(RELATIVE_PATH QUIPU_PC_TO_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" QUIPU_PC_TO_PREFIX "${QUIPU_PC_TO_PREFIX}")
configure_file("${PROJECT_SOURCE_DIR}/pkgconfig/quipu.pc.in" "${PROJECT_BINARY_DIR}/installed/quipu.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/installed/quipu.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

# The same for the build tree, with a run path: PKG_CONFIG_PATH=build/<preset>/pkgconfig.
configure_file("${PROJECT_SOURCE_DIR}/pkgconfig/quipu-build.pc.in" "${PROJECT_BINARY_DIR}/pkgconfig/quipu.pc" @ONLY)
