// The emulator itself: what its instructions compute, and that each of its checks finds the bug that is planted for it.

#include "Emulator/Emulator.h"
#include "gtest/gtest.h"

#include <numeric>
#include <string>
#include <vector>

using namespace tc::emulator;

namespace {

/// A kernel @k over `int *data` (256 elements), with `%tid` and `%own`, the address of the thread's element, at hand.
std::string kernel(const std::string &body, const std::string &declarations = "") {
  return R"(
target datalayout = "e-p6:32:32-i64:64-i128:128-i256:256-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"
@shared = external addrspace(3) global [0 x i8], align 16
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare void @llvm.nvvm.barrier.cta.sync.aligned.all(i32)
declare void @llvm.nvvm.bar.warp.sync(i32)
)" + declarations +
         R"(
define ptx_kernel void @k(ptr addrspace(1) %data) {
  %tid = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %own = getelementptr i32, ptr addrspace(1) %data, i32 %tid
  %cell = getelementptr i32, ptr addrspace(3) @shared, i32 %tid
)" + body +
         "}\n";
}

struct Outcome {
  std::string error;
  std::vector<int32_t> data;
};

Outcome run(const std::string &text, uint32_t threads, const Options &options = {.check = true}, uint32_t blocks = 1) {
  Outcome outcome;
  llvm::Expected<std::unique_ptr<Emulator>> emulator = Emulator::load(text, options);
  if (!emulator) {
    outcome.error = llvm::toString(emulator.takeError());
    return outcome;
  }
  outcome.data.resize(256);
  std::iota(outcome.data.begin(), outcome.data.end(), 0);
  void *data = outcome.data.data();
  void *arguments[] = {&data};
  auto begin = reinterpret_cast<uintptr_t>(data);
  Range memory[] = {{begin, begin + 1024}};
  Launch launch{
      .grid = {blocks, 1, 1}, .block = {threads, 1, 1}, .sharedBytes = 1024, .arguments = arguments, .memory = memory};
  const Kernel *function = (*emulator)->find("k");
  EXPECT_TRUE(function);
  if (llvm::Error error = (*emulator)->run(*function, launch))
    outcome.error = llvm::toString(std::move(error));
  return outcome;
}

void expectError(const std::string &text, uint32_t threads, const std::string &part, uint32_t blocks = 1) {
  for (uint64_t seed : {0, 1, 2}) {
    std::string error = run(text, threads, {.check = true, .seed = seed}, blocks).error;
    EXPECT_NE(error.find(part), std::string::npos) << "expected '" << part << "', found '" << error << "'";
  }
}

const char *shuffles = "declare i32 @llvm.nvvm.shfl.sync.bfly.i32(i32, i32, i32, i32)\n"
                       "declare i32 @llvm.nvvm.shfl.sync.up.i32(i32, i32, i32, i32)\n"
                       "declare i32 @llvm.nvvm.shfl.sync.down.i32(i32, i32, i32, i32)\n"
                       "declare i32 @llvm.nvvm.shfl.sync.idx.i32(i32, i32, i32, i32)\n";

std::vector<int32_t> shuffle(const std::string &call) {
  Outcome outcome = run(kernel("%r = call i32 @llvm.nvvm.shfl.sync." + call +
                                   "\nstore i32 %r, ptr addrspace(1) %own, align 4\nret void\n",
                               shuffles),
                        64);
  EXPECT_EQ(outcome.error, "");
  return outcome.data;
}

} // namespace

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

TEST(Instructions, Shuffles) {
  std::vector<int32_t> butterfly = shuffle("bfly.i32(i32 -1, i32 %tid, i32 5, i32 31)"),
                       up = shuffle("up.i32(i32 -1, i32 %tid, i32 3, i32 0)"),
                       down = shuffle("down.i32(i32 -1, i32 %tid, i32 3, i32 31)"),
                       index = shuffle("idx.i32(i32 -1, i32 %tid, i32 7, i32 31)"),
                       // Segments of eight lanes.
      segments = shuffle("down.i32(i32 -1, i32 %tid, i32 3, i32 6175)");
  for (int i = 0; i < 64; ++i) {
    int lane = i % 32;
    EXPECT_EQ(butterfly[i], i ^ 5);
    EXPECT_EQ(up[i], lane >= 3 ? i - 3 : i);
    EXPECT_EQ(down[i], lane < 29 ? i + 3 : i);
    EXPECT_EQ(index[i], i - lane + 7);
    EXPECT_EQ(segments[i], i % 8 < 5 ? i + 3 : i);
  }
}

TEST(Instructions, VotesAndReductions) {
  Outcome outcome = run(kernel(R"(
  %odd = trunc i32 %tid to i1
  %votes = call i32 @llvm.nvvm.vote.ballot.sync(i32 -1, i1 %odd)
  %sum = call i32 @llvm.nvvm.redux.sync.add(i32 %tid, i32 -1)
  %r = xor i32 %votes, %sum
  store i32 %r, ptr addrspace(1) %own, align 4
  ret void
)",
                               "declare i32 @llvm.nvvm.vote.ballot.sync(i32, i1)\n"
                               "declare i32 @llvm.nvvm.redux.sync.add(i32, i32)\n"),
                        32);
  EXPECT_EQ(outcome.error, "");
  for (int i = 0; i < 32; ++i)
    EXPECT_EQ(outcome.data[i], int32_t(0xaaaaaaaa ^ 496));
}

TEST(Instructions, SharedMemoryAndBarrier) {
  std::string text = kernel(R"(
  store i32 %tid, ptr addrspace(3) %cell, align 4
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %other = sub i32 255, %tid
  %there = getelementptr i32, ptr addrspace(3) @shared, i32 %other
  %r = load i32, ptr addrspace(3) %there, align 4
  store i32 %r, ptr addrspace(1) %own, align 4
  ret void
)");
  for (uint64_t seed : {0, 7})
    for (bool check : {false, true}) {
      Outcome outcome = run(text, 256, {.check = check, .seed = seed});
      EXPECT_EQ(outcome.error, "");
      for (int i = 0; i < 256; ++i)
        EXPECT_EQ(outcome.data[i], 255 - i);
    }
}

TEST(Instructions, AsyncCopiesHappenWhenWaitedFor) {
  std::string begin = R"(
  %from = getelementptr i8, ptr addrspace(1) %data, i32 512
  %source = getelementptr i32, ptr addrspace(1) %from, i32 %tid
  store i32 -7, ptr addrspace(3) %cell, align 4
  call void @llvm.nvvm.cp.async.ca.shared.global.4(ptr addrspace(3) %cell, ptr addrspace(1) %source)
  call void @llvm.nvvm.cp.async.commit.group()
)",
              wait = "call void @llvm.nvvm.cp.async.wait.group(i32 0)\n", read = R"(
  %r = load i32, ptr addrspace(3) %cell, align 4
)",
              end = "store i32 %r, ptr addrspace(1) %own, align 4\nret void\n";
  std::string declarations = "declare void @llvm.nvvm.cp.async.ca.shared.global.4(ptr addrspace(3), ptr addrspace(1))\n"
                             "declare void @llvm.nvvm.cp.async.commit.group()\n"
                             "declare void @llvm.nvvm.cp.async.wait.group(i32)\n";
  Outcome right = run(kernel(begin + wait + read + end, declarations), 32),
          early = run(kernel(begin + read + wait + end, declarations), 32);
  EXPECT_EQ(right.error, "");
  EXPECT_EQ(early.error, "");
  for (int i = 0; i < 32; ++i) {
    EXPECT_EQ(right.data[i], 128 + i);
    EXPECT_EQ(early.data[i], -7);
  }
  expectError(kernel(begin + "ret void\n", declarations), 32, "ends with a copy that it has not waited for");
}

TEST(Instructions, MatrixMultiply) {
  // A is 1 in column 3 and else 0, B[k][n] is k + 16 n in row-major halves: every row of the result is row 3 of B.
  Outcome outcome = run(kernel(R"(
  %minor = and i32 %tid, 3
  %major = lshr i32 %tid, 2
  %is3 = icmp eq i32 %minor, 1
  %a = select i1 %is3, i32 u0x3f800000, i32 0
  %k = shl i32 %minor, 1
  %n = shl i32 %major, 4
  %b0 = add i32 %k, %n
  %b1 = add i32 %b0, 1
  %f0 = uitofp i32 %b0 to bfloat
  %f1 = uitofp i32 %b1 to bfloat
  %v0 = insertelement <2 x bfloat> poison, bfloat %f0, i32 0
  %v1 = insertelement <2 x bfloat> %v0, bfloat %f1, i32 1
  %b = bitcast <2 x bfloat> %v1 to i32
  %d = call { float, float, float, float } @llvm.nvvm.mma.m16n8k8.row.col.bf16(i32 %a, i32 %a, i32 %b, float 1.0, float 1.0, float 1.0, float 1.0)
  %d0 = extractvalue { float, float, float, float } %d, 0
  %d3 = extractvalue { float, float, float, float } %d, 3
  %i0 = fptosi float %d0 to i32
  %i3 = fptosi float %d3 to i32
  %high = shl i32 %i3, 16
  %r = or i32 %i0, %high
  store i32 %r, ptr addrspace(1) %own, align 4
  ret void
)",
                               "declare { float, float, float, float } @llvm.nvvm.mma.m16n8k8.row.col.bf16(i32, i32, "
                               "i32, float, float, float, float)\n"),
                        32);
  EXPECT_EQ(outcome.error, "");
  for (int i = 0; i < 32; ++i) {
    int column = i % 4 * 2, row = 3;
    EXPECT_EQ(outcome.data[i], (row + 16 * column + 1) | (row + 16 * (column + 1) + 1) << 16) << i;
  }
}

TEST(Instructions, LoadMatrix) {
  // Lane l holds elements 2 (l mod 4) and the next of row l / 4; transposed, of column l / 4.
  for (bool isTransposed : {false, true}) {
    std::string name =
        std::string("llvm.nvvm.ldmatrix.sync.aligned.m8n8.x1.") + (isTransposed ? "trans." : "") + "b16.p3";
    Outcome outcome = run(kernel("store i32 %tid, ptr addrspace(3) %cell, align 4\n"
                                 "call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)\n"
                                 "%row = and i32 %tid, 7\n"
                                 "%start = shl i32 %row, 2\n"
                                 "%address = getelementptr i32, ptr addrspace(3) @shared, i32 %start\n"
                                 "%r = call i32 @" +
                                     name +
                                     "(ptr addrspace(3) %address)\n"
                                     "store i32 %r, ptr addrspace(1) %own, align 4\nret void\n",
                                 "declare i32 @" + name + "(ptr addrspace(3))\n"),
                          32);
    EXPECT_EQ(outcome.error, "");
    // The word of number w in memory holds w and 0.
    for (int i = 0; i < 32; ++i)
      EXPECT_EQ(outcome.data[i],
                isTransposed ? (i / 4 % 2 ? 0 : (i % 4 * 2 * 4 + i / 8) | (i % 4 * 2 * 4 + 4 + i / 8) << 16) : i)
          << i;
  }
}

TEST(Instructions, Unknown) {
  EXPECT_EQ(run(kernel("call void @llvm.nvvm.wgmma.fence.sync.aligned()\nret void\n",
                       "declare void @llvm.nvvm.wgmma.fence.sync.aligned()\n"),
                32)
                .error,
            "the emulator does not model 'llvm.nvvm.wgmma.fence.sync.aligned', which k.body uses");
  EXPECT_EQ(run(kernel("call void asm sideeffect \"nanosleep.u32 1;\", \"\"()\nret void\n"), 32).error,
            "the emulator does not model the inline assembly 'nanosleep.u32 1;', which k.body uses");
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

TEST(Checks, OutOfBounds) {
  expectError(kernel("%far = getelementptr i32, ptr addrspace(1) %own, i32 250\n"
                     "store i32 1, ptr addrspace(1) %far, align 4\nret void\n"),
              32, "writes 4 bytes of global memory at");
  expectError(kernel("%far = getelementptr i32, ptr addrspace(3) %cell, i32 250\n"
                     "store i32 1, ptr addrspace(3) %far, align 4\nret void\n"),
              32, "which has 1024");
}

TEST(Checks, Misaligned) {
  expectError(kernel("%near = getelementptr i8, ptr addrspace(1) %own, i32 2\n"
                     "store i32 1, ptr addrspace(1) %near, align 4\nret void\n"),
              32, "which is not aligned to 4");
}

TEST(Checks, NeverWritten) {
  expectError(kernel("%r = load i32, ptr addrspace(3) %cell, align 4\n"
                     "store i32 %r, ptr addrspace(1) %own, align 4\nret void\n"),
              32, "which nobody has written");
}

TEST(Checks, MissingBarrier) {
  std::string write = "store i32 %tid, ptr addrspace(3) %cell, align 4\n",
              barrier = "call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)\n", read = R"(
  %other = xor i32 %tid, DISTANCE
  %there = getelementptr i32, ptr addrspace(3) @shared, i32 %other
  %r = load i32, ptr addrspace(3) %there, align 4
)",
              rest = "store i32 %r, ptr addrspace(1) %own, align 4\nret void\n";
  auto at = [&](std::string distance) {
    std::string text = read;
    return text.replace(text.find("DISTANCE"), 8, distance);
  };
  // Initialised, so that an early read is a race and nothing else.
  std::string first = "store i32 0, ptr addrspace(3) %cell, align 4\n" + barrier;
  // Between warps, and within one.
  expectError(kernel(first + write + at("64") + rest), 128, "races with the access of thread");
  expectError(kernel(first + write + at("1") + rest), 32, "races with the access of thread");
  // A shuffle is no fence.
  expectError(kernel(first + write + "%s = call i32 @llvm.nvvm.shfl.sync.bfly.i32(i32 -1, i32 %tid, i32 1, i32 31)\n" +
                         at("1") + rest,
                     shuffles),
              32, "races with the access of thread");
  // A barrier of the warp orders the warp, and no more.
  std::string syncWarp = "call void @llvm.nvvm.bar.warp.sync(i32 -1)\n";
  EXPECT_EQ(run(kernel(first + write + syncWarp + at("1") + rest), 128).error, "");
  expectError(kernel(first + write + syncWarp + at("64") + rest), 128, "races with the access of thread");
  EXPECT_EQ(run(kernel(first + write + barrier + at("64") + rest), 128).error, "");
  // Memory used again while others still read it.
  expectError(kernel(first + write + barrier + at("64") + write + rest), 128, "races with the access of thread");
  EXPECT_EQ(run(kernel(first + write + barrier + at("64") + barrier + write + rest), 128).error, "");
}

TEST(Checks, BetweenBlocks) {
  expectError(kernel("store i32 1, ptr addrspace(1) %own, align 4\nret void\n"), 32, " of another block", 2);
  EXPECT_EQ(
      run(kernel("%old = atomicrmw add ptr addrspace(1) %own, i32 1 monotonic\nret void\n"), 32, {.check = true}, 3)
          .data[5],
      8);
  expectError(kernel("%old = atomicrmw add ptr addrspace(1) %own, i32 1 monotonic\n"
                     "%r = load i32, ptr addrspace(1) %data, align 4\n"
                     "%there = getelementptr i32, ptr addrspace(1) %own, i32 64\n"
                     "%new = atomicrmw add ptr addrspace(1) %there, i32 %r monotonic\nret void\n"),
              32, "races with the access of thread", 2);
}

TEST(Checks, BytesOfAWord) {
  // Each thread has a byte of a word of shared memory.
  std::string barrier = "call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)\n",
              write = "store i32 0, ptr addrspace(3) %cell, align 4\n" + barrier +
                      "%byte = getelementptr i8, ptr addrspace(3) @shared, i32 %tid\n"
                      "%value = trunc i32 %tid to i8\nstore i8 %value, ptr addrspace(3) %byte, align 1\n",
              other = "%o = xor i32 %tid, 1\n%there = getelementptr i8, ptr addrspace(3) @shared, i32 %o\n",
              word = "%w = lshr i32 %tid, 2\n%whole = getelementptr i32, ptr addrspace(3) @shared, i32 %w\n"
                     "%r = load i32, ptr addrspace(3) %whole, align 4\nstore i32 %r, ptr addrspace(1) %own, align 4\n",
              end = "ret void\n";
  Outcome outcome = run(kernel(write + barrier + word + end), 128);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.data[5], 0x07060504);
  expectError(kernel(write + word + end), 128, "races with the access of thread");
  expectError(kernel(write + other + "store i8 1, ptr addrspace(3) %there, align 1\n" + end), 128,
              "races with the access of thread");
  // One byte of a word that was read as a whole; the word again, after a barrier.
  std::string again = "store i8 9, ptr addrspace(3) %byte, align 1\n",
              whole = "%c = icmp ult i32 %tid, 32\nbr i1 %c, label %a, label %b\na:\n"
                      "store i32 7, ptr addrspace(3) %cell, align 4\nbr label %b\nb:\n";
  expectError(kernel(write + barrier + word + again + end), 128, "races with the access of thread");
  EXPECT_EQ(run(kernel(write + barrier + word + barrier + again + barrier + whole + end), 128).error, "");
  expectError(kernel(write + barrier + word + barrier + again + whole + end), 128, "races with the access of thread");
  // A byte of a word of which others were written.
  expectError(kernel("%c = icmp ult i32 %tid, 1\nbr i1 %c, label %a, label %b\na:\n"
                     "store i8 7, ptr addrspace(3) @shared, align 4\nbr label %b\nb:\n" +
                     barrier + "%r = load i32, ptr addrspace(3) @shared, align 4\n" + end),
              64, "which nobody has written");
}

TEST(Checks, CopyOverWhatIsRead) {
  std::string declarations = "declare void @llvm.nvvm.cp.async.ca.shared.global.4(ptr addrspace(3), ptr addrspace(1))\n"
                             "declare void @llvm.nvvm.cp.async.wait.all()\n";
  expectError(kernel(R"(
  store i32 %tid, ptr addrspace(3) %cell, align 4
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %other = xor i32 %tid, 64
  %there = getelementptr i32, ptr addrspace(3) @shared, i32 %other
  %r = load i32, ptr addrspace(3) %there, align 4
  call void @llvm.nvvm.cp.async.ca.shared.global.4(ptr addrspace(3) %cell, ptr addrspace(1) %own)
  call void @llvm.nvvm.cp.async.wait.all()
  store i32 %r, ptr addrspace(1) %own, align 4
  ret void
)",
                     declarations),
              128, "races with the access of thread");
}

// Found without checks as well.
TEST(Checks, Divergence) {
  std::string start = "%low = icmp ult i32 %tid, 16\nbr i1 %low, label %then, label %else\nthen:\n",
              barrier = "call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)\n";
  // Half of a warp at another barrier than the rest.
  expectError(kernel(start + barrier + "br label %end\nelse:\n" + barrier + "br label %end\nend:\nret void\n"), 64,
              "waits at another barrier");
  // At none.
  expectError(kernel(start + barrier + "br label %else\nelse:\nret void\n"), 64, "barrier");
  // A shuffle of a whole warp that half of it never reaches.
  std::string shuffled = "%r = call i32 @llvm.nvvm.shfl.sync.bfly.i32(i32 -1, i32 %tid, i32 1, i32 31)\n"
                         "store i32 %r, ptr addrspace(1) %own, align 4\n";
  expectError(kernel(start + shuffled + "br label %else\nelse:\nret void\n", shuffles), 32, "shfl.sync.bfly.i32");
  expectError(kernel(start + shuffled + "br label %else\nelse:\n" + barrier + "ret void\n", shuffles), 32,
              "16 threads from 0 wait in shfl.sync.bfly.i32");
}
