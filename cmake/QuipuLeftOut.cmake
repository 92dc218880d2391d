# What a build goes without is never silent: it is noted here, shown by the summary of the configure step, and again in
# the last lines of `./dev test`.
#
#   quipu_left_out(<name> <reason> <how to get it>)
#
# <name> is what QUIPU_REQUIRE may list (go, java, csharp ...); a required name that was left out fails `./dev test`.

define_property(GLOBAL PROPERTY QUIPU_LEFT_OUT BRIEF_DOCS "name|reason|how, one entry per part left out")

function(quipu_left_out name reason how)
  # The entries make up a list.
  string(REPLACE ";" "," reason "${reason}")
  string(REPLACE ";" "," how "${how}")
  set_property(GLOBAL APPEND PROPERTY QUIPU_LEFT_OUT "${name}|${reason}|${how}")
endfunction()
