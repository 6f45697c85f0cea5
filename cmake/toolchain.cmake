# Warnings, optimisation, hardening and sanitizers for every target.
add_compile_options(-Wall -Wextra -Wshadow=local -Wconversion -Wno-sign-conversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of GCC 12 at -O3 in std::string.
  add_compile_options(-Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-maybe-uninitialized
                      -Wno-dangling-pointer -Wno-stringop-overread)
else()
  # Clang has no =local; its -Wshadow would also forbid constructor parameters.
  add_compile_options(-Wno-unknown-warning-option -Wno-shadow)
  # std::stable_sort of GCC 12's library calls a function that it has itself deprecated.
  add_compile_options(-Wno-deprecated-declarations)
endif()

# The floor of the product: SSE4.2, which every processor of Hyperscan's but the first has.
add_compile_options(-march=x86-64-v2 -mtune=generic)
add_compile_options(-fstack-clash-protection -fcf-protection -fstack-protector-strong)

if(TOCSIN_SANITIZE)
  add_compile_options(-fsanitize=${TOCSIN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TOCSIN_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(TOCSIN_FUZZ)
  # Coverage for libFuzzer in every library; its main() is linked by the fuzzers alone.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()

find_program(TOCSIN_CCACHE ccache)
if(TOCSIN_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TOCSIN_CCACHE})
endif()
find_program(TOCSIN_MOLD mold)
if(TOCSIN_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
