// Complex elements in ops that move them become pairs of real ones.

#include "tc/Transforms/Decompose/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Dialect/TC/IR/TC.h"
#include "llvm/ADT/TypeSwitch.h"

namespace tc {
#define GEN_PASS_DEF_EXPANDCOMPLEXPASS
#include "tc/Transforms/Decompose/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;

namespace {

bool isComplex(Type type) { return isa<ComplexType>(getElementTypeOrSelf(type)); }

/// The type with a last dimension for the parts; others as they are.
RankedTensorType getPartsType(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  auto complex = dyn_cast<ComplexType>(tensor.getElementType());
  if (!complex)
    return tensor;
  SmallVector<SizeAttr> sizes = getSizes(tensor);
  sizes.push_back(SizeAttr::constant(type.getContext(), 2));
  return getTensorType(sizes, complex.getElementType());
}

class Expansion {
public:
  explicit Expansion(Operation *op) : builder(op), loc(op->getLoc()) {}

  Value toParts(Value value) {
    RankedTensorType type = getPartsType(value.getType());
    if (auto whole = value.getDefiningOp<ReinterpretOp>(); whole && whole.getInput().getType() == type)
      return whole.getInput();
    return type == value.getType() ? value : ReinterpretOp::create(builder, loc, type, value).getResult();
  }

  /// The op on parts; null if it is none that moves elements.
  Value expand(Operation *op) {
    RankedTensorType type = getPartsType(op->getResult(0).getType());
    SizeAttr zero = SizeAttr::constant(op->getContext(), 0);
    auto withLast = [](ArrayRef<int64_t> list, int64_t last) {
      SmallVector<int64_t> longer(list);
      longer.push_back(last);
      return longer;
    };
    auto withZero = [&](ArrayAttr offsets) {
      SmallVector<SizeAttr> longer = toSizes(offsets);
      longer.push_back(zero);
      return toArrayAttr(op->getContext(), longer);
    };
    return llvm::TypeSwitch<Operation *, Value>(op)
        .Case<TransposeOp>([&](TransposeOp o) {
          return TransposeOp::create(builder, loc, type, toParts(o.getInput()),
                                     withLast(o.getPermutation(), type.getRank() - 1));
        })
        .Case<SliceOp>([&](SliceOp o) {
          return SliceOp::create(builder, loc, type, toParts(o.getInput()), withZero(o.getOffsets()),
                                 withLast(o.getStrides(), 1));
        })
        .Case<InsertSliceOp>([&](InsertSliceOp o) {
          return InsertSliceOp::create(builder, loc, type, toParts(o.getOperand(0)), toParts(o.getOperand(1)),
                                       withZero(o.getOffsets()), withLast(o.getStrides(), 1));
        })
        .Case<BroadcastOp>([&](BroadcastOp o) { return expandBroadcast(o, type); })
        .Case<GatherOp>([&](GatherOp o) {
          return GatherOp::create(builder, loc, type, toParts(o.getInput()), o.getIndices(), o.getDims(),
                                  o.getChecked());
        })
        .Case<ConcatOp>([&](ConcatOp o) {
          SmallVector<Value> parts = llvm::map_to_vector(o->getOperands(), [&](Value input) { return toParts(input); });
          return ConcatOp::create(builder, loc, type, parts, o.getDim());
        })
        .Case<ReverseOp>(
            [&](ReverseOp o) { return ReverseOp::create(builder, loc, type, toParts(o.getInput()), o.getDims()); })
        .Case<CastOp>([&](CastOp o) { return expandCast(o); })
        .Default([](Operation *) { return Value(); });
  }

private:
  // New leading dimensions: the parts' dimension stays last.
  Value expandBroadcast(BroadcastOp op, RankedTensorType type) {
    return BroadcastOp::create(builder, loc, type, toParts(op.getInput()));
  }

  // To complex: an imaginary part of 0; to real: the real part.
  Value expandCast(CastOp op) {
    RankedTensorType to = getPartsType(op.getType());
    Value input = op.getInput();
    if (isComplex(input.getType())) {
      Value parts = toParts(input);
      if (isComplex(op.getType()))
        return CastOp::create(builder, loc, to, parts);
      auto partsType = cast<RankedTensorType>(parts.getType());
      SmallVector<SizeAttr> sizes = getSizes(partsType);
      SmallVector<SizeAttr> offsets(sizes.size(), SizeAttr::constant(op.getContext(), 0));
      sizes.back() = SizeAttr::constant(op.getContext(), 1);
      Value real = SliceOp::create(builder, loc, getTensorType(sizes, partsType.getElementType()), parts,
                                   toArrayAttr(op.getContext(), offsets), SmallVector<int64_t>(sizes.size(), 1));
      sizes.pop_back();
      real = ReshapeOp::create(builder, loc, getTensorType(sizes, partsType.getElementType()), real);
      return real.getType() == op.getType() ? real : CastOp::create(builder, loc, op.getType(), real).getResult();
    }
    SmallVector<SizeAttr> sizes = getSizes(input.getType());
    sizes.push_back(SizeAttr::constant(op.getContext(), 1));
    Type element = to.getElementType();
    if (getElementTypeOrSelf(input.getType()) != element)
      input = CastOp::create(builder, loc, withElementType(cast<RankedTensorType>(input.getType()), element), input);
    RankedTensorType partType = getTensorType(sizes, element);
    Value real = ReshapeOp::create(builder, loc, partType, input);
    Value zero = ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(RankedTensorType::get({}, element), Attribute(FloatAttr::get(element, 0.0))));
    Value imaginary = BroadcastOp::create(builder, loc, partType, zero);
    return ConcatOp::create(builder, loc, to, ValueRange{real, imaginary}, to.getRank() - 1);
  }

  OpBuilder builder;
  Location loc;
};

struct ExpandComplexPass : tc::impl::ExpandComplexPassBase<ExpandComplexPass> {
  void runOnOperation() override {
    SmallVector<Operation *> moved;
    getOperation().walk([&](Operation *op) {
      if (isa_and_present<TCDialect>(op->getDialect()) && !isa<ExternOp, ReinterpretOp, ConstantOp, ReshapeOp>(op) &&
          op->getNumResults() == 1 && isa<RankedTensorType>(op->getResult(0).getType()) &&
          (isComplex(op->getResult(0).getType()) || llvm::any_of(op->getOperandTypes(), isComplex)))
        moved.push_back(op);
    });
    for (Operation *op : moved) {
      Expansion expansion(op);
      Value result = expansion.expand(op);
      // What is left is refused where its kernel is made, by name.
      if (!result)
        continue;
      Type type = op->getResult(0).getType();
      if (result.getType() != type) {
        OpBuilder builder(op);
        result = ReinterpretOp::create(builder, op->getLoc(), type, result);
      }
      op->replaceAllUsesWith(ValueRange{result});
      op->erase();
    }
  }
};

} // namespace
