// Names of kernels: what they compute, in order, for people who read profiles.

#include "KernelBodies.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace tc;

/// The word for an op of a body; empty for what only moves elements.
static StringRef getWord(Operation *op) {
  if (op->getNumResults() != 1 || op->getResult(0).getType().isIndex())
    return "";
  if (isa<arith::ConstantOp, arith::ExtFOp, arith::TruncFOp, arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp,
          arith::CmpIOp, arith::CmpFOp, arith::AndIOp, arith::IndexCastOp, arith::IndexCastUIOp>(op))
    return "";
  if (isa<arith::MaximumFOp, arith::MaxSIOp, arith::MaxUIOp>(op))
    return "max";
  if (isa<arith::MinimumFOp, arith::MinSIOp, arith::MinUIOp>(op))
    return "min";
  if (isa<arith::SIToFPOp, arith::UIToFPOp, arith::FPToSIOp, arith::FPToUIOp>(op))
    return "cast";
  if (!isa<arith::ArithDialect, math::MathDialect>(op->getDialect()))
    return "";
  // addf, addi → add
  StringRef word = op->getName().stripDialect();
  if (isa<arith::ArithDialect>(op->getDialect()) && !isa<arith::SelectOp, arith::BitcastOp>(op))
    word = word.drop_back(word.ends_with("si") || word.ends_with("ui") ? 2 : 1);
  return word;
}

std::string tc::nameKernel(fusion::KernelOp kernel) {
  constexpr size_t mostWords = 7;
  SmallVector<std::string> words;
  auto say = [&](StringRef word) {
    if (!word.empty() && (words.empty() || words.back() != word))
      words.push_back(word.str());
  };
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (isa<loop::ContractOp>(op)) {
      say("contract");
      continue;
    }
    op.walk([&](Operation *inner) {
      if (inner != &op)
        say(getWord(inner));
    });
    if (auto reduce = dyn_cast<loop::ReduceOp>(op))
      for (auto kind : reduce.getKinds().getAsRange<ReductionKindAttr>())
        say(stringifyReductionKind(kind.getValue()));
    else if (auto reduce = dyn_cast<loop::ArgReduceOp>(op))
      say(("arg" + stringifyReductionKind(reduce.getKind())).str());
    else if (isa<loop::ScanOp, loop::ScatterOp, loop::SortOp>(op))
      say(op.getName().stripDialect());
  }
  if (words.empty())
    return "copy";
  if (words.size() > mostWords) {
    words.erase(words.begin() + mostWords - 1, words.end() - 1);
  }
  return llvm::join(words, "_");
}
