# Compiler flags for everything that is ours: warnings are errors, and a sanitizer can be switched on for the whole tree.
set(KISMET_SANITIZE "" CACHE STRING "Sanitizers for the whole build, as -fsanitize takes them: address,undefined or thread")

add_library(kismet_flags INTERFACE)
target_compile_options(kismet_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual $<$<CXX_COMPILER_ID:GNU>:-Werror>
  -fno-omit-frame-pointer)
target_include_directories(kismet_flags INTERFACE ${PROJECT_SOURCE_DIR})

# GCC 12 raises these falsely in optimised and in instrumented code: in std::string's operator+ (GCC bug 105651), in its
# own <regex>, and in coroutine frames. The dev build keeps them all.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(false_alarms -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-maybe-uninitialized
    -Wno-mismatched-new-delete)
endif()

if(KISMET_SANITIZE)
  add_compile_options(-fsanitize=${KISMET_SANITIZE} -fno-sanitize-recover=all -g1 ${false_alarms})
  add_link_options(-fsanitize=${KISMET_SANITIZE})
  if(KISMET_SANITIZE MATCHES thread)
    # std::atomic_thread_fence is used by Asio, which the thread sanitizer does not model; the fences are not on our paths.
    add_compile_options(-Wno-tsan)
  endif()
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_options(-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 ${false_alarms})
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  add_link_options(-Wl,-z,relro,-z,now)
  # What nobody calls is left out: less to load, less to keep resident.
  add_compile_options(-ffunction-sections -fdata-sections)
  add_link_options(-Wl,--gc-sections)
endif()

find_program(KISMET_CCACHE ccache)
if(KISMET_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${KISMET_CCACHE})
  add_compile_options(-fpch-preprocess)
endif()
find_program(KISMET_MOLD mold)
if(KISMET_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
