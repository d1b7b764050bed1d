// Arithmetic of 32 bits as it is written: thread numbers, offsets in shared memory. None of these values is negative.
#ifndef TC_LIB_CONVERSION_FUSIONTOGPU_WORD_H
#define TC_LIB_CONVERSION_FUSIONTOGPU_WORD_H

#include "Frame.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace tc::gpu {

class Word {
public:
  Word(mlir::ImplicitLocOpBuilder &builder, Value value) : builder(&builder), value(value) {}
  Word(mlir::ImplicitLocOpBuilder &builder, int64_t constant)
      : Word(builder, mlir::arith::ConstantIntOp::create(builder, constant, 32)) {}
  static Word ofIndex(Frame &frame, Value index) { return {frame.getBuilder(), frame.toI32(index)}; }
  static Word thread(Frame &frame) { return ofIndex(frame, frame.getThread()); }

  mlir::ImplicitLocOpBuilder &getBuilder() const { return *builder; }
  operator Value() const { return value; }
  AffineExpr toLeaf(Frame &frame) const {
    return frame.leaf(mlir::arith::IndexCastUIOp::create(*builder, builder->getIndexType(), value));
  }
  Word constant(int64_t number) const { return {*builder, number}; }

  Word operator+(Word other) const { return emit<mlir::arith::AddIOp>(other); }
  Word operator*(Word other) const { return emit<mlir::arith::MulIOp>(other); }
  Word operator^(Word other) const { return emit<mlir::arith::XOrIOp>(other); }
  Word operator/(Word other) const { return emit<mlir::arith::DivUIOp>(other); }
  Word operator%(Word other) const { return emit<mlir::arith::RemUIOp>(other); }
  Word operator+(int64_t other) const { return other == 0 ? *this : *this + constant(other); }
  Word operator*(int64_t other) const { return other == 1 ? *this : *this * constant(other); }
  Word operator^(int64_t other) const { return other == 0 ? *this : *this ^ constant(other); }
  Word operator/(int64_t other) const { return other == 1 ? *this : *this / constant(other); }
  Word operator%(int64_t other) const { return other == 1 ? constant(0) : *this % constant(other); }
  Value operator<(int64_t other) const {
    return mlir::arith::CmpIOp::create(*builder, mlir::arith::CmpIPredicate::ult, value, constant(other));
  }
  Value operator==(int64_t other) const {
    return mlir::arith::CmpIOp::create(*builder, mlir::arith::CmpIPredicate::eq, value, constant(other));
  }

private:
  template <typename Op> Word emit(Word other) const {
    return {*builder, builder->createOrFold<Op>(value, other.value)};
  }

  mlir::ImplicitLocOpBuilder *builder;
  Value value;
};

/// An address so many bytes further.
inline Value getSharedPointer(Value base, Word offset) {
  mlir::ImplicitLocOpBuilder &builder = offset.getBuilder();
  return mlir::LLVM::GEPOp::create(builder, base.getType(), builder.getI8Type(), base,
                                   llvm::ArrayRef<mlir::LLVM::GEPArg>{Value(offset)});
}
inline Value getSharedPointer(mlir::ImplicitLocOpBuilder &builder, Value base, int64_t offset) {
  if (offset == 0)
    return base;
  return mlir::LLVM::GEPOp::create(builder, base.getType(), builder.getI8Type(), base,
                                   llvm::ArrayRef<mlir::LLVM::GEPArg>{static_cast<int32_t>(offset)});
}

} // namespace tc::gpu

#endif
