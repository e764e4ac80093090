# The pseudo terminal, for whoever tests a screen: include it, link fb_test_pty.
if(NOT TARGET fb_test_pty)
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(VTERM REQUIRED IMPORTED_TARGET GLOBAL vterm)
    add_library(fb_test_pty STATIC ${CMAKE_CURRENT_LIST_DIR}/pty.c)
    target_include_directories(fb_test_pty PUBLIC ${CMAKE_CURRENT_LIST_DIR})
    target_link_libraries(fb_test_pty PRIVATE fb_flags PkgConfig::VTERM)
endif()
