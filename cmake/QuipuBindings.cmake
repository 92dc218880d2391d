# The packages for other languages. Each has an option:
#
#   AUTO  (default) built when its toolchain is found, otherwise left out and named in the summary
#   ON    a missing toolchain stops the configure step
#   OFF   left out
#
# A binding that is on and has bindings/<language>/CMakeLists.txt is added. What was found is there for it:
#
#   QUIPU_GO          the go command
#   Java_*, JNI_*     find_package(Java COMPONENTS Development), find_package(JNI COMPONENTS JVM)
#   QUIPU_DOTNET      the dotnet command of a .NET SDK
#   SWIG_*            SWIG 4.1, where found; Java and C# are not built without it, Go needs it for its check alone

foreach(language GO JAVA CSHARP)
  set(QUIPU_BINDING_${language} AUTO CACHE STRING "Build the binding: AUTO, ON or OFF")
  set_property(CACHE QUIPU_BINDING_${language} PROPERTY STRINGS AUTO ON OFF)
endforeach()

# AUTO counts as true here.
if(QUIPU_BINDING_GO OR QUIPU_BINDING_JAVA OR QUIPU_BINDING_CSHARP)
  find_package(SWIG 4.1 QUIET)
endif()

# Each of these sets <variable> to what is missing, empty when all is there, and <variable>_how to how to get it.

macro(quipu_look_for_go missing)
  find_program(QUIPU_GO go)
  set(${missing} "")
  set(${missing}_how "apt-get install golang-go pkg-config")
  if(NOT QUIPU_GO)
    set(${missing} "no go command was found")
  elseif(NOT PKG_CONFIG_FOUND)
    set(${missing} "no pkg-config was found")
  else()
    execute_process(COMMAND "${QUIPU_GO}" version OUTPUT_VARIABLE quipu_go_version ERROR_QUIET)
    string(REGEX MATCH "go([0-9]+\\.[0-9]+)" _ "${quipu_go_version}")
    set(QUIPU_GO_VERSION "${CMAKE_MATCH_1}")
    if(NOT QUIPU_GO_VERSION OR QUIPU_GO_VERSION VERSION_LESS 1.19)
      set(${missing} "${QUIPU_GO} is not Go 1.19 or later")
    endif()
  endif()
endmacro()

macro(quipu_look_for_java missing)
  set(${missing} "")
  set(${missing}_how "apt-get install openjdk-17-jdk-headless swig")
  find_package(Java 17 QUIET COMPONENTS Development)
  if(NOT Java_JAVAC_EXECUTABLE)
    set(${missing} "no JDK 17 or later was found")
  elseif(NOT SWIG_FOUND)
    set(${missing} "no SWIG 4.1 was found")
  else()
    # FindJNI looks in JAVA_HOME; without it, it misses Debian's JDK. The real path of javac leads there.
    if(NOT JAVA_HOME AND NOT DEFINED ENV{JAVA_HOME})
      file(REAL_PATH "${Java_JAVAC_EXECUTABLE}" quipu_javac)
      cmake_path(GET quipu_javac PARENT_PATH quipu_javac)
      cmake_path(GET quipu_javac PARENT_PATH JAVA_HOME)
    endif()
    find_package(JNI QUIET COMPONENTS JVM)
    if(NOT JNI_FOUND)
      set(${missing} "the JDK has no jni.h")
    endif()
  endif()
endmacro()

macro(quipu_look_for_csharp missing)
  set(${missing} "")
  set(${missing}_how
      "install a .NET SDK, 8.0 or later, and put `dotnet` on the PATH (https://learn.microsoft.com/dotnet/core/install/linux-debian)")
  find_program(QUIPU_DOTNET dotnet)
  if(NOT QUIPU_DOTNET)
    set(${missing} "no .NET SDK was found")
  elseif(NOT SWIG_FOUND)
    set(${missing} "no SWIG 4.1 was found")
  else()
    execute_process(
      COMMAND "${CMAKE_COMMAND}" -E env "DOTNET_CLI_HOME=${PROJECT_BINARY_DIR}/dotnet" DOTNET_NOLOGO=1
              DOTNET_CLI_TELEMETRY_OPTOUT=1 "${QUIPU_DOTNET}" --list-sdks
      OUTPUT_VARIABLE quipu_dotnet_sdks ERROR_QUIET)
    string(REGEX MATCHALL "(^|\n)[0-9]+\\.[0-9]+\\.[0-9]+" quipu_dotnet_sdks "${quipu_dotnet_sdks}")
    set(QUIPU_DOTNET_VERSION "")
    foreach(sdk IN LISTS quipu_dotnet_sdks)
      string(STRIP "${sdk}" sdk)
      if(NOT QUIPU_DOTNET_VERSION OR sdk VERSION_GREATER QUIPU_DOTNET_VERSION)
        set(QUIPU_DOTNET_VERSION "${sdk}")
      endif()
    endforeach()
    if(NOT QUIPU_DOTNET_VERSION)
      set(${missing} "${QUIPU_DOTNET} is a runtime without an SDK")
    elseif(QUIPU_DOTNET_VERSION VERSION_LESS 8)
      set(${missing} "the .NET SDK ${QUIPU_DOTNET_VERSION} is older than 8.0")
    endif()
  endif()
endmacro()

macro(quipu_add_binding language option folder)
  set(QUIPU_HAVE_${option} OFF)
  string(TOUPPER "${QUIPU_BINDING_${option}}" quipu_wanted)
  if(quipu_wanted)
    cmake_language(CALL quipu_look_for_${folder} quipu_missing)
    if(quipu_missing STREQUAL "" AND NOT EXISTS "${PROJECT_SOURCE_DIR}/bindings/${folder}/CMakeLists.txt")
      set(quipu_missing "bindings/${folder} is not in this tree")
      set(quipu_missing_how "take a complete source tree")
    endif()
    if(NOT quipu_missing STREQUAL "")
      if(NOT quipu_wanted STREQUAL "AUTO")
        message(FATAL_ERROR "The binding for ${language} is asked for (QUIPU_BINDING_${option}), "
                            "but ${quipu_missing}: ${quipu_missing_how}")
      endif()
      quipu_left_out(${folder} "${quipu_missing}" "${quipu_missing_how}")
    else()
      set(QUIPU_HAVE_${option} ON)
      add_subdirectory("${PROJECT_SOURCE_DIR}/bindings/${folder}" "${PROJECT_BINARY_DIR}/bindings/${folder}")
    endif()
  else()
    quipu_left_out(${folder} "switched off" "configure with -DQUIPU_BINDING_${option}=AUTO")
  endif()
endmacro()

quipu_add_binding("Go" GO go)
quipu_add_binding("Java" JAVA java)
quipu_add_binding("C#" CSHARP csharp)
