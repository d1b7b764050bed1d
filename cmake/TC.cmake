# How every library, executable and tablegen folder of tc is declared.

# tc_library(<name> [DEPENDS tablegen-targets...] [LINK libs...])
# One static library: every .cpp of the calling folder. All MLIR and LLVM
# symbols come from the two shared libraries; naming a static MLIR library here
# would link a second copy of its global state (TypeIDs, option registries).
function(tc_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  llvm_update_compile_flags(${name})
  tc_use_pch(${name})
endfunction()

# tc_executable(<name> [LINK libs...]): every .cpp of the calling folder.
function(tc_executable name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(TC_ENABLE_SANITIZERS)
    list(APPEND sources ${PROJECT_SOURCE_DIR}/cmake/sanitizers.cpp)
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  llvm_update_compile_flags(${name})
endfunction()

# One precompiled header for all libraries. Executables cannot share it (-fPIE
# against -fPIC), so they stay small.
function(tc_use_pch name)
  if(NOT TC_ENABLE_PCH)
    return()
  endif()
  if(NOT TARGET tc-pch)
    file(WRITE ${PROJECT_BINARY_DIR}/tc-pch.cpp.new "")
    file(COPY_FILE ${PROJECT_BINARY_DIR}/tc-pch.cpp.new ${PROJECT_BINARY_DIR}/tc-pch.cpp ONLY_IF_DIFFERENT)
    add_library(tc-pch OBJECT ${PROJECT_BINARY_DIR}/tc-pch.cpp)
    llvm_update_compile_flags(tc-pch)
    if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
      # Without the time stamp the header is the same in every checkout, and a compiler cache can share it.
      target_compile_options(tc-pch PUBLIC "SHELL:-Xclang -fno-pch-timestamp")
    endif()
    target_precompile_headers(tc-pch PRIVATE
      <mlir/IR/BuiltinOps.h> <mlir/IR/PatternMatch.h> <mlir/IR/OpImplementation.h>
      <mlir/Pass/Pass.h> <mlir/Transforms/DialectConversion.h>
      <mlir/Dialect/Func/IR/FuncOps.h> <mlir/Dialect/Arith/IR/Arith.h>
      <mlir/Dialect/SCF/IR/SCF.h> <mlir/Dialect/Vector/IR/VectorOps.h>
      <mlir/Dialect/LLVMIR/LLVMDialect.h>)
  endif()
  target_precompile_headers(${name} REUSE_FROM tc-pch)
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()
