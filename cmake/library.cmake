# kismet_library(NAME sources... LINK targets...): one static library a folder, with the shared flags and precompiled header.
function(kismet_library name)
  cmake_parse_arguments(ARG "NO_PCH" "" "LINK" ${ARGN})
  add_library(kismet_${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(kismet_${name} PUBLIC ${ARG_LINK} kismet_boost PRIVATE kismet_flags)
  if(NOT ARG_NO_PCH)
    target_precompile_headers(kismet_${name} REUSE_FROM kismet_pch)
  endif()
endfunction()

# kismet_program(NAME sources... LINK targets...): an executable with the same flags.
function(kismet_program name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} kismet_boost kismet_flags)
  target_precompile_headers(${name} REUSE_FROM kismet_pch)
endfunction()

# Asio and Beast are compiled once, in this library, which also owns the precompiled header.
file(WRITE ${PROJECT_BINARY_DIR}/boost_impl.cc
  "#include <boost/asio/impl/src.hpp>\n#include <boost/beast/src.hpp>\n")
add_library(kismet_pch STATIC ${PROJECT_BINARY_DIR}/boost_impl.cc)
target_link_libraries(kismet_pch PUBLIC kismet_boost PRIVATE kismet_flags)
target_precompile_headers(kismet_pch PRIVATE
  <boost/asio.hpp> <boost/beast/http.hpp> <boost/beast/websocket.hpp> <boost/system/result.hpp>
  <algorithm> <array> <atomic> <chrono> <cstdint> <deque> <functional> <map> <memory> <mutex> <optional>
  <span> <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>)
