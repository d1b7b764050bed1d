"""lit configuration: every .mlir and .test file below test/ is a test.

Tools that a build did not make are not substituted, and each is a feature
(`tc-opt`, `tc-translate`, `tc`), so a test can say `REQUIRES: tc-translate`.
Further features: `python`, `ptxas`, `avx2`, `avx512f`, `amx`, `asan`.
"""

import os
import shutil

import lit.formats
from lit.llvm import llvm_config
from lit.llvm.subst import ToolSubst

config.name = "tc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "CMakeLists.txt", "lit.cfg.py", "unit", "fuzz", "python", "models"]
config.test_source_root = os.path.dirname(os.path.abspath(__file__))
config.test_exec_root = os.path.join(config.tc_obj_root, "test")

own_dir = os.path.join(config.tc_obj_root, "bin")
own_tools = ["tc-opt", "tc-translate", "tc", "tc-lsp-server", "tc-emulate"]
for tool in own_tools:
    if os.path.exists(os.path.join(own_dir, tool)):
        config.available_features.add(tool)

# FileCheck, not, count and split-file come with the default substitutions or the LLVM tools folder.
llvm_config.use_default_substitutions()
llvm_config.add_tool_substitutions(
    [ToolSubst(tool, unresolved="ignore") for tool in own_tools]
    + ["split-file", "mlir-translate", "llc", "llvm-objdump", "llvm-readelf"]
    + [ToolSubst(tool, unresolved="ignore") for tool in ["mlir-opt", "mlir-runner", "llvm-dwarfdump"]],
    [own_dir, config.llvm_tools_dir],
)
llvm_config.with_environment("PATH", config.llvm_tools_dir, append_path=True)

# First, as LLVM's default substitutions have a %python too: the one that runs lit, which need not have torch.
config.substitutions.insert(0, ("%python", '"%s"' % config.python_executable))
config.substitutions.append(("%tc_lib", os.path.join(config.tc_obj_root, "lib")))
config.substitutions.append(("%tc_src", config.tc_src_root))
config.substitutions.append(("%tc_bin", own_dir))
if os.path.exists(config.python_executable):
    config.available_features.add("python")

ptxas = shutil.which("ptxas", path=config.ptxas_dir + os.pathsep + os.environ.get("PATH", ""))
if ptxas:
    config.available_features.add("ptxas")
    config.substitutions.append(("%ptxas", ptxas))

if config.tc_sanitizers:
    config.available_features.add("asan")
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "ASAN_SYMBOLIZER_PATH"):
        llvm_config.with_system_environment(name)

# Instruction sets of this machine, for tests that run what they compile.
try:
    with open("/proc/cpuinfo") as cpuinfo:
        flags = next((line.split() for line in cpuinfo if line.startswith("flags")), [])
except OSError:
    flags = []
for flag, feature in [("avx2", "avx2"), ("avx512f", "avx512f"), ("amx_bf16", "amx")]:
    if flag in flags:
        config.available_features.add(feature)
