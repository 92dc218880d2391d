# The value types of an area are described once, in core/<area>/values.toml; capi/values/generate.py makes the rest:
#
#   build/<preset>/generated/capi/<area>_values.cpp          C getters, setters and the packed form    every build
#   build/<preset>/generated/core/<area>/value_fields.h      tables of the fields for the core         every build
#   capi/include/quipu/<area>_values.h                       C declarations                            committed
#   bindings/go/<area>_values.go                             Go structs                                committed
#
# The committed ones are refreshed by the target `generate-values`; the test headers.values fails when one is stale.
# The bindings for Java and C# run the generator themselves:
#
#   quipu_values_command(<area> <kind> <output>)   sets QUIPU_VALUES_COMMAND

set(QUIPU_VALUES_GENERATOR "${PROJECT_SOURCE_DIR}/capi/values/generate.py")
set(QUIPU_GENERATED_DIR "${PROJECT_BINARY_DIR}/generated")
file(GLOB QUIPU_VALUES_SCRIPTS CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/capi/values/*.py")
file(GLOB quipu_values_descriptions CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/core/*/values.toml")

macro(quipu_values_command area kind output)
  set(QUIPU_VALUES_COMMAND
      "${Python3_EXECUTABLE}" "${QUIPU_VALUES_GENERATOR}" --emit "${kind}" --description
      "${PROJECT_SOURCE_DIR}/core/${area}/values.toml" --output "${output}")
endmacro()

set(QUIPU_GENERATED_SOURCES "")
set(QUIPU_COMMITTED_VALUES "") # entries kind|area|committed file
set(quipu_refresh_commands "")

if(EXISTS "${QUIPU_VALUES_GENERATOR}")
  foreach(description IN LISTS quipu_values_descriptions)
    cmake_path(GET description PARENT_PATH folder)
    cmake_path(GET folder FILENAME area)
    file(MAKE_DIRECTORY "${QUIPU_GENERATED_DIR}/capi" "${QUIPU_GENERATED_DIR}/core/${area}")

    foreach(entry "c-source|capi/${area}_values.cpp" "core-fields|core/${area}/value_fields.h")
      string(REPLACE "|" ";" entry "${entry}")
      list(GET entry 0 kind)
      list(GET entry 1 file)
      quipu_values_command("${area}" "${kind}" "${QUIPU_GENERATED_DIR}/${file}")
      add_custom_command(
        OUTPUT "${QUIPU_GENERATED_DIR}/${file}"
        COMMAND ${QUIPU_VALUES_COMMAND}
        DEPENDS "${description}" ${QUIPU_VALUES_SCRIPTS}
        COMMENT "Generating ${file}"
        VERBATIM)
      list(APPEND QUIPU_GENERATED_SOURCES "${QUIPU_GENERATED_DIR}/${file}")
    endforeach()

    set(committed "c-header|${area}|capi/include/quipu/${area}_values.h")
    if(IS_DIRECTORY "${PROJECT_SOURCE_DIR}/bindings/go")
      list(APPEND committed "go|${area}|bindings/go/${area}_values.go")
    endif()
    foreach(entry IN LISTS committed)
      list(APPEND QUIPU_COMMITTED_VALUES "${entry}")
      string(REPLACE "|" ";" entry "${entry}")
      list(GET entry 0 kind)
      list(GET entry 2 file)
      quipu_values_command("${area}" "${kind}" "${PROJECT_SOURCE_DIR}/${file}")
      list(APPEND quipu_refresh_commands COMMAND ${QUIPU_VALUES_COMMAND})
    endforeach()
  endforeach()
endif()

if(quipu_refresh_commands)
  add_custom_target(generate-values ${quipu_refresh_commands} COMMENT "Refreshing the committed value types" VERBATIM)
endif()
