# The tests of the Java package, tier `java`, with Debian's JUnit 5 (package junit5).

set(agent_classes "${CMAKE_CURRENT_BINARY_DIR}/agent-classes")
set(consumer_classes "${CMAKE_CURRENT_BINARY_DIR}/consumer-classes")
set(test_classes "${CMAKE_CURRENT_BINARY_DIR}/test-classes")
set(heap -Xmx1g)

# ---- the agent of tests/languages --------------------------------------------------------------------------------------

configure_file(agent/agent.sh.in agent.sh @ONLY)
add_custom_command(
  OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/agent"
  COMMAND ${compile} "${agent_classes}" "${classes}" "${CMAKE_CURRENT_SOURCE_DIR}/agent"
  COMMAND "${CMAKE_COMMAND}" -E copy "${CMAKE_CURRENT_BINARY_DIR}/agent.sh" "${CMAKE_CURRENT_BINARY_DIR}/agent"
  COMMAND chmod +x "${CMAKE_CURRENT_BINARY_DIR}/agent"
  DEPENDS "${jar}" compile.sh agent/Agent.java "${CMAKE_CURRENT_BINARY_DIR}/agent.sh"
  VERBATIM)
add_custom_target(quipu_java_agent ALL DEPENDS "${CMAKE_CURRENT_BINARY_DIR}/agent")

# ---- a program that has the jar alone ----------------------------------------------------------------------------------

add_custom_command(
  OUTPUT "${consumer_classes}.stamp"
  COMMAND ${compile} "${consumer_classes}" "${jar}" "${CMAKE_CURRENT_SOURCE_DIR}/consumer"
  COMMAND "${CMAKE_COMMAND}" -E touch "${consumer_classes}.stamp"
  DEPENDS "${jar}" compile.sh consumer/Consumer.java
  VERBATIM)
add_custom_target(quipu_java_consumer ALL DEPENDS "${consumer_classes}.stamp")
quipu_add_test(
  NAME java.consumer
  TIER java
  COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/consumer/consumer_test.sh" "${Java_JAVA_EXECUTABLE}" "${jar}" "${consumer_classes}"
          "${PROJECT_VERSION}")

# ---- documentation: every public item has some -------------------------------------------------------------------------

quipu_add_test(
  NAME java.javadoc
  TIER java
  COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/javadoc_test.sh" "${Java_JAVADOC_EXECUTABLE}" ${release}
          "${CMAKE_CURRENT_BINARY_DIR}/javadoc" "${CMAKE_CURRENT_SOURCE_DIR}/src" "${generated}/swig"
          "${generated}/values" "${generated}/exceptions")

# ---- JUnit -------------------------------------------------------------------------------------------------------------

find_file(QUIPU_JUNIT_CONSOLE junit-platform-console-standalone.jar PATHS /usr/share/java)
find_file(QUIPU_JUNIT_API junit-jupiter-api.jar PATHS /usr/share/java)
find_file(QUIPU_JUNIT_APIGUARDIAN apiguardian-api.jar PATHS /usr/share/java)
if(NOT QUIPU_JUNIT_CONSOLE OR NOT QUIPU_JUNIT_API OR NOT QUIPU_JUNIT_APIGUARDIAN)
  quipu_left_out(java "most of its tests: JUnit 5 was not found in /usr/share/java" "apt-get install junit5")
  return()
endif()

file(GLOB test_sources CONFIGURE_DEPENDS test/quipu/*.java)
add_custom_command(
  OUTPUT "${test_classes}.stamp"
  COMMAND ${compile} "${test_classes}" "${classes}:${QUIPU_JUNIT_API}:${QUIPU_JUNIT_APIGUARDIAN}"
          "${CMAKE_CURRENT_SOURCE_DIR}/test"
  COMMAND "${CMAKE_COMMAND}" -E touch "${test_classes}.stamp"
  DEPENDS "${classes}.stamp" compile.sh ${test_sources}
  VERBATIM)
add_custom_target(quipu_java_tests ALL DEPENDS "${test_classes}.stamp")

add_library(quipu_java_other_abi MODULE test/other_abi.c)
target_include_directories(quipu_java_other_abi PRIVATE "${PROJECT_SOURCE_DIR}/capi/include")
target_link_libraries(quipu_java_other_abi PRIVATE quipu_warnings)
target_link_options(quipu_java_other_abi PRIVATE "LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/quipu.map")

set(junit
    ${heap}
    "-Dquipu.test.otherAbi=$<TARGET_FILE:quipu_java_other_abi>"
    "-Dquipu.library.path=${library_dir}"
    -Dfile.encoding=UTF-8
    -jar
    "${QUIPU_JUNIT_CONSOLE}"
    -cp
    "${classes}:${test_classes}"
    --scan-classpath
    "${test_classes}"
    --disable-banner
    --details=tree
    --disable-ansi-colors
    --fail-if-no-tests
    --reports-dir
    {report})

quipu_add_test(
  NAME java.suite
  TIER java
  PROCESSORS 2
  COMMAND ${QUIPU_RUN_COUNTED} junit -- "${Java_JAVA_EXECUTABLE}" ${junit} --exclude-tag compiled)

# Every JNI call checked by the virtual machine; a warning is a failure.
quipu_add_test(
  NAME java.check_jni
  TIER java
  PROCESSORS 2
  COMMAND ${QUIPU_RUN_COUNTED} junit -- "${CMAKE_CURRENT_SOURCE_DIR}/check_jni.sh" "${Java_JAVA_EXECUTABLE}" -Xcheck:jni
          ${junit} --exclude-tag large
          --exclude-tag compiled)

# All code compiled before it runs once: only then may the collector take an object while its last method still runs.
quipu_add_test(
  NAME java.compiled
  TIER java
  PROCESSORS 2
  COMMAND ${QUIPU_RUN_COUNTED} junit -- "${Java_JAVA_EXECUTABLE}" -Xcomp ${junit} --include-tag collector)
