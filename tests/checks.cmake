# What those who work on it ask of a build directory:
#   format, format-check   the layout of the sources
#   tidy                   clang-tidy over all that is compiled here
#   layers-check           the include arrows of the design
#   symbols-check          what the libraries export, what the model calls
#   scripts-check          shellcheck
#   coverage               runs the tests and says which lines they reached
#                          (preset coverage)
#   check                  the fast ones: format, layers, symbols, scripts
set(FB_TOOLS ${CMAKE_SOURCE_DIR}/tests/tools)

function(fb_add_check name)
    add_custom_target(${name} COMMAND ${ARGN} VERBATIM USES_TERMINAL)
endfunction()

fb_add_check(format ${FB_TOOLS}/format)
fb_add_check(format-check ${FB_TOOLS}/format --check)
fb_add_check(tidy ${FB_TOOLS}/tidy ${CMAKE_BINARY_DIR})
fb_add_check(layers-check ${FB_TOOLS}/layers-check ${CMAKE_SOURCE_DIR})
fb_add_check(scripts-check ${FB_TOOLS}/scripts-check)

# A sanitizer adds symbols of its own.
set(FB_CHECK_SYMBOLS OFF)
if(NOT FISHBOWL_SANITIZE)
    set(FB_CHECK_SYMBOLS ON)
    fb_add_check(symbols-public ${FB_TOOLS}/symbols-check public
        $<TARGET_FILE:fb_core> $<TARGET_FILE:fb_trace>)
    add_dependencies(symbols-public fb_core fb_trace)
    add_custom_target(symbols-check DEPENDS symbols-public)
    if(TARGET fb_model)
        fb_add_check(symbols-pure ${FB_TOOLS}/symbols-check pure
            $<TARGET_FILE:fb_model>)
        add_dependencies(symbols-pure fb_model)
        add_dependencies(symbols-check symbols-pure)
    endif()
endif()

add_custom_target(check)
add_dependencies(check format-check layers-check scripts-check)
if(FB_CHECK_SYMBOLS)
    add_dependencies(check symbols-check)
endif()

if(FISHBOWL_TESTS)
    add_custom_target(coverage
        COMMAND ${CMAKE_CTEST_COMMAND} --output-on-failure
        COMMAND ${FB_TOOLS}/coverage ${CMAKE_BINARY_DIR}
        VERBATIM USES_TERMINAL)
endif()
