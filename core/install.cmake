# What `cmake --install` gives to programs written with Fishbowl: headers, the
# two static libraries, and the ways to find them (pkg-config, find_package).
include(CMakePackageConfigHelpers)

foreach(lib core trace)
    set_target_properties(fb_${lib} PROPERTIES EXPORT_NAME ${lib})
    # The flags are how we compile, not what a user of the library needs.
    get_target_property(links fb_${lib} INTERFACE_LINK_LIBRARIES)
    string(REPLACE "$<LINK_ONLY:fb_flags>"
        "$<BUILD_INTERFACE:$<LINK_ONLY:fb_flags>>" links "${links}")
    set_property(TARGET fb_${lib} PROPERTY INTERFACE_LINK_LIBRARIES "${links}")
endforeach()

set(FB_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/fishbowl)
install(TARGETS fb_core fb_trace EXPORT fishbowl
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${CMAKE_CURRENT_LIST_DIR}/include/fishbowl
    ${CMAKE_CURRENT_LIST_DIR}/trace/include/fishbowl
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
install(EXPORT fishbowl NAMESPACE fishbowl:: DESTINATION ${FB_PACKAGE_DIR})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/fishbowlConfig.cmake.in
    ${CMAKE_BINARY_DIR}/fishbowlConfig.cmake
    INSTALL_DESTINATION ${FB_PACKAGE_DIR})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/fishbowlConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/fishbowlConfig.cmake
    ${CMAKE_BINARY_DIR}/fishbowlConfigVersion.cmake
    DESTINATION ${FB_PACKAGE_DIR})

# Found from the file's own place, so that the installed tree can be moved.
set(FB_PC_DIR ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH FB_PC_TO_PREFIX /${FB_PC_DIR} /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/fishbowl.pc.in
    ${CMAKE_BINARY_DIR}/fishbowl.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/fishbowl.pc DESTINATION ${FB_PC_DIR})
