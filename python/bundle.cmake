# Installs libtc.so and every shared library it needs into tc/lib of the wheel, so
# that the user's machine needs neither LLVM nor a compiler. Left out: the C and
# C++ runtimes, which Python and torch require anyway.
#
# -DTC_BUNDLE_LIBRARIES=OFF, for distributions, keeps the system's LLVM instead.
option(TC_BUNDLE_LIBRARIES "Put LLVM, MLIR and their dependencies into the wheel" ON)

# DT_RPATH, not DT_RUNPATH: only the former is also used for the libraries' own dependencies.
target_link_options(tc-shared PRIVATE -Wl,--disable-new-dtags)
target_link_options(_tc PRIVATE -Wl,--disable-new-dtags)
set_target_properties(tc-shared PROPERTIES
  INSTALL_RPATH "$<IF:$<BOOL:${TC_BUNDLE_LIBRARIES}>,$ORIGIN,${LLVM_LIBRARY_DIR}>")
install(TARGETS tc-shared LIBRARY DESTINATION tc/lib COMPONENT python NAMELINK_SKIP)

if(TC_BUNDLE_LIBRARIES)
  # Not RUNTIME_DEPENDENCIES of install(TARGETS): it installs the links as well as
  # the files, and a wheel, having no links, would hold each library twice.
  install(CODE "
    file(GET_RUNTIME_DEPENDENCIES
      LIBRARIES \"$<TARGET_FILE:tc-shared>\"
      DIRECTORIES \"${LLVM_LIBRARY_DIR}\"
      PRE_EXCLUDE_REGEXES \"^ld-linux\" \"^lib(c|m|dl|pthread|rt|stdc\\\\+\\\\+|gcc_s)\\\\.so\"
      RESOLVED_DEPENDENCIES_VAR found)
    foreach(library \${found})
      get_filename_component(name \${library} NAME)
      file(REAL_PATH \${library} file)
      message(STATUS \"Bundling: \${name}\")
      file(COPY_FILE \${file} \"\${CMAKE_INSTALL_PREFIX}/tc/lib/\${name}\" ONLY_IF_DIFFERENT)
    endforeach()" COMPONENT python)
endif()
