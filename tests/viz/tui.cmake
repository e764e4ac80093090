# The picture: views as text, the app without a terminal, the program on one.
include(${CMAKE_CURRENT_LIST_DIR}/pty.cmake)

fb_add_test(NAME test_grid SOURCES test_grid.c LIBS fb_views LABEL viz)
fb_add_test(NAME test_views SOURCES test_views.c picture.c LIBS fb_views fb_test_scene LABEL viz)
fb_add_test(NAME test_panes SOURCES test_panes.c picture.c LIBS fb_print fb_views fb_test_scene PkgConfig::JANSSON LABEL viz)
fb_add_test(NAME test_workers_view SOURCES test_workers_view.c picture.c LIBS fb_print fb_views fb_test_scene PkgConfig::JANSSON LABEL viz)
fb_add_test(NAME test_lints_view SOURCES test_lints_view.c picture.c LIBS fb_demo fb_print fb_tui fb_views fb_test_scene LABEL viz)
fb_add_test(NAME test_source SOURCES test_source.c picture.c LIBS fb_print fb_views fb_source fb_test_scene LABEL viz)
target_compile_definitions(test_source PRIVATE FB_TEST_SOURCE="${PROJECT_SOURCE_DIR}")
fb_add_test(NAME test_timeline_view SOURCES test_timeline_view.c picture.c LIBS fb_tui fb_print fb_views fb_test_scene LABEL viz)
fb_add_test(NAME test_hostile SOURCES test_hostile.c LIBS fb_print fb_views fb_test_scene LABEL viz)
fb_add_test(NAME test_choose SOURCES test_choose.c LIBS fb_tui fb_test_scene LABEL viz)
fb_add_test(NAME test_app SOURCES test_app.c LIBS fb_tui fb_test_scene LABEL viz)
fb_add_test(NAME test_app_look SOURCES test_app_look.c app_bed.c LIBS fb_tui fb_test_scene LABEL viz)
fb_add_test(NAME test_app_places SOURCES test_app_places.c app_bed.c LIBS fb_tui fb_test_scene LABEL viz)
fb_add_test(NAME test_app_show SOURCES test_app_show.c app_bed.c LIBS fb_tui fb_test_scene m LABEL viz)
fb_add_test(NAME test_app_export SOURCES test_app_export.c app_bed.c LIBS fb_tui fb_test_scene LABEL viz)
fb_add_test(NAME test_config SOURCES test_config.c app_bed.c LIBS fb_tui fb_test_scene LABEL viz)
fb_add_test(NAME test_plain SOURCES test_plain.c app_bed.c LIBS fb_tui fb_test_scene LABEL viz)
fb_add_test(NAME test_lesson_app SOURCES test_lesson_app.c LIBS fb_tui fb_print fb_test_scene PkgConfig::JANSSON LABEL viz)
fb_add_test(NAME test_predict SOURCES test_predict.c picture.c LIBS fb_tui fb_test_scene LABEL viz)
fb_add_test(NAME test_predict_pty SOURCES test_predict_pty.c LIBS fb_test_pty fb_test_scene
            LABEL viz TIMEOUT 120)
add_dependencies(test_predict_pty fishbowl)
fb_add_test(NAME test_slices SOURCES test_slices.c LIBS fb_tui fb_test_scene LABEL viz)
fb_add_test(NAME test_replay SOURCES test_replay.c rerecord.c
            LIBS fb_print fb_views fb_recording fb_source fb_test_scene LABEL viz)
fb_add_test(NAME test_replay_app SOURCES test_replay_app.c rerecord.c
            LIBS fb_tui fb_recording fb_test_scene LABEL viz)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
fb_add_test(NAME test_replay_hostile SOURCES test_replay_hostile.c
            LIBS fb_print fb_recording fb_source PkgConfig::ZSTD LABEL viz)
target_include_directories(test_replay_hostile PRIVATE ../model)
fb_add_test(NAME test_story_log SOURCES test_story_log.c LIBS fb_views test_tape LABEL viz)
fb_add_test(NAME test_tui_pty SOURCES test_tui_pty.c LIBS fb_test_pty fb_test_scene
            LABEL viz TIMEOUT 300)
add_dependencies(test_tui_pty fishbowl)

# What tests/tools/screenshots takes its pictures with.
add_executable(shoot shoot.c svg.c)
target_link_libraries(shoot PRIVATE fb_test_pty fb_flags)
fb_add_test(NAME test_keys_pty SOURCES test_keys_pty.c LIBS fb_test_pty fb_test_scene
            LABEL viz TIMEOUT 300)
add_dependencies(test_keys_pty fishbowl)
