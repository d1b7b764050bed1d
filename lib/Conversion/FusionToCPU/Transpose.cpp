// Which reads to transpose, and transposing in registers.

#include "Transpose.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

TransposePlan tc::cpu::planTranspose(Frame &frame, ArrayRef<IndexUses> uses, const MergedSpace &space,
                                     int64_t vectorDim, int64_t lanes) {
  AffineExpr zero = frame.getConstantExpr(0), one = frame.getConstantExpr(1);
  // Lane 0 of either kind of vector is a multiple of the lanes.
  auto strideAlong = [&](AffineExpr address, int64_t dim) { return getLaneStride(address, {dim, lanes}); };
  TransposePlan best;
  for (int64_t dim = 0; dim < static_cast<int64_t>(space.sizes.size()); ++dim) {
    std::optional<int64_t> size = space.getConstantSize(dim);
    if (dim == vectorDim || (size && *size < 4))
      continue;
    TransposePlan plan{dim, {}};
    for (auto [number, use] : llvm::enumerate(uses))
      for (auto [read, address] : use.reads) {
        AffineExpr merged = frame.simplify(address.replaceDims(space.arguments));
        AffineExpr here = strideAlong(merged, vectorDim);
        bool dataDependent = false;
        for (unsigned opaque = space.arguments.size(); opaque < space.arguments.size() + 64; ++opaque)
          dataDependent |= address.isFunctionOfDim(opaque);
        bool known = frame.storages.contains(stripReshapes(read.getSource()));
        if (known && !dataDependent && here != zero && here != one && strideAlong(merged, dim) == one)
          plan.reads.push_back({static_cast<unsigned>(number), read});
      }
    if (plan.reads.size() > best.reads.size())
      best = std::move(plan);
  }
  return best;
}

/// a[i], b[i] for each index of `picks`, which count through a and then b.
static Value shuffle(ImplicitLocOpBuilder &builder, Value a, Value b, function_ref<int64_t(int64_t)> pick) {
  int64_t lanes = cast<VectorType>(a.getType()).getDimSize(0);
  return vector::ShuffleOp::create(builder, a, b, llvm::map_to_vector(llvm::seq(lanes), pick));
}

SmallVector<Value> tc::cpu::transposeVectors(ImplicitLocOpBuilder &builder, ArrayRef<Value> rows) {
  int64_t lanes = rows.size();
  SmallVector<Value> current(rows);
  if (lanes == 2)
    return {shuffle(builder, rows[0], rows[1], [&](int64_t i) { return i == 0 ? 0 : 2; }),
            shuffle(builder, rows[0], rows[1], [&](int64_t i) { return i == 0 ? 1 : 3; })};
  // 4 × 4 blocks within quarters of the lanes: these are x86's unpack instructions.
  for (int64_t group = 0; group < lanes; group += 4) {
    auto unpack = [&](Value a, Value b, int64_t width, bool high) {
      return shuffle(builder, a, b, [&](int64_t i) {
        int64_t quad = i / 4 * 4, element = i % 4 / width;     // element of the interleaved pairs
        int64_t source = element / 2 + (high ? 2 / width : 0); // in the quad, in units of width
        return quad + source * width + i % width + (element % 2 ? lanes : 0);
      });
    };
    Value r0 = current[group], r1 = current[group + 1], r2 = current[group + 2], r3 = current[group + 3];
    Value low01 = unpack(r0, r1, 1, false), high01 = unpack(r0, r1, 1, true);
    Value low23 = unpack(r2, r3, 1, false), high23 = unpack(r2, r3, 1, true);
    current[group] = unpack(low01, low23, 2, false);
    current[group + 1] = unpack(low01, low23, 2, true);
    current[group + 2] = unpack(high01, high23, 2, false);
    current[group + 3] = unpack(high01, high23, 2, true);
  }
  // Then whole quads: swap off-diagonal blocks of 4, 8, … lanes.
  for (int64_t block = 4; block < lanes; block *= 2)
    for (int64_t row = 0; row < lanes; ++row) {
      if (row & block)
        continue;
      Value a = current[row], b = current[row + block];
      current[row] = shuffle(builder, a, b, [&](int64_t i) { return i & block ? lanes + i - block : i; });
      current[row + block] = shuffle(builder, a, b, [&](int64_t i) { return i & block ? lanes + i : i + block; });
    }
  return current;
}
