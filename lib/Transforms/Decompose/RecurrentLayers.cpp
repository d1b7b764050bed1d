// Recurrent layers: LSTM, GRU and RNN of several layers and directions as loops over time, and their cells. What does
// not depend on the state, the product with the inputs, is computed for all times at once.

#include "Call.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace tc::decompose {

namespace {
enum class CellKind { Lstm, Gru, Tanh, Relu };

/// The weights of one layer in one direction: of inputs and state, [gates * hidden, inputs or hidden], and of the
/// projection, [projected, hidden]. Biases and projection may be nothing.
struct Weights {
  Expr ih, hh, biasIh, biasHh, projection;
};

/// What a cell carries: h, and c for an LSTM.
using State = SmallVector<Expr, 2>;

struct Layer {
  Expr output;
  State state;
};
} // namespace

static Expr chunk(const Expr &gates, const Expr &hh, int64_t index) {
  SizeAttr hidden = hh.getSize(1);
  return slice(gates, -1, hidden * index, hidden);
}

// What the inputs [..., inputs] add to the gates.
static Expr inputGates(CellKind kind, const Expr &x, const Weights &w) {
  Expr gates = x.getRank() == 3 ? contract(x, w.ih, "tbi,gi->tbg") : contract(x, w.ih, "bi,gi->bg");
  if (w.biasIh)
    gates = gates + widen(w.biasIh);
  // The GRU's second bias is multiplied by a gate.
  return w.biasHh && kind != CellKind::Gru ? gates + widen(w.biasHh) : gates;
}

// One step: the gates of the inputs [batch, gates * hidden] and the state to the next state. h has the layer's element
// type, what is between is wide.
static State step(CellKind kind, const Expr &gates, const State &state, const Weights &w) {
  Type element = w.hh.getElementType();
  Expr h = widen(state[0]), fromState = contract(castTo(state[0], element), w.hh, "bh,gh->bg");
  auto narrow = [&](const Expr &x) { return castTo(x, state[0].getElementType()); };
  if (kind == CellKind::Gru) {
    // The state's size may be projected nowhere: gates are of size hidden.
    if (w.biasHh)
      fromState = fromState + widen(w.biasHh);
    auto both = [&](int64_t i) { return chunk(gates, w.hh, i) + chunk(fromState, w.hh, i); };
    Expr reset = sigmoid(both(0)), update = sigmoid(both(1));
    Expr candidate = tanh(chunk(gates, w.hh, 2) + reset * chunk(fromState, w.hh, 2));
    return {narrow(candidate + update * (h - candidate))};
  }
  Expr sums = gates + fromState;
  if (kind == CellKind::Tanh)
    return {narrow(tanh(sums))};
  if (kind == CellKind::Relu)
    return {narrow(maximum(sums, 0))};
  SizeAttr hidden = state[1].getSize(-1);
  auto part = [&](int64_t i) { return slice(sums, -1, hidden * i, hidden); };
  Expr c = sigmoid(part(1)) * widen(state[1]) + sigmoid(part(0)) * tanh(part(2));
  Expr output = sigmoid(part(3)) * tanh(c);
  if (w.projection)
    output = contract(castTo(output, element), w.projection, "bh,ph->bp");
  return {narrow(output), castTo(c, state[1].getElementType())};
}

static SmallVector<Value> getValues(ArrayRef<Expr> exprs) {
  return llvm::map_to_vector(exprs, [](const Expr &x) { return x.getValue(); });
}

// A layer over inputs [time, batch, inputs], the first time last if `reverse`.
static Layer runLayer(Call &c, CellKind kind, const Expr &x, const State &initial, const Weights &w, bool reverse) {
  Expr gates = inputGates(kind, x, w);
  SizeAttr length = x.getSize(0);
  Expr zero = full(c, {}, 0, c.i64());
  Expr output = full(c, {length, x.getSize(1), initial[0].getSize(-1)}, 0, initial[0].getElementType());
  SmallVector<Expr> carried{zero, output};
  llvm::append_range(carried, initial);
  SmallVector<Value> operands = getValues(carried);
  if (c.isRejected() || c.isWrong() || llvm::is_contained(operands, Value()))
    return {};
  TypeRange types = ValueRange(operands).getTypes();
  SmallVector<Location> locations(operands.size(), c.loc);
  auto loop = scf::WhileOp::create(c, c.loc, types, operands);
  OpBuilder::InsertionGuard guard(c);
  Block *before = c.createBlock(&loop.getBefore(), {}, types, locations);
  Expr isWithin = Expr(c, before->getArgument(0)) < Expr(length);
  Value condition = ItemOp::create(c, c.loc, c.getI1Type(), isWithin.getValue());
  scf::ConditionOp::create(c, c.loc, condition, before->getArguments());

  Block *body = c.createBlock(&loop.getAfter(), {}, types, locations);
  auto argument = [&](unsigned i) { return Expr(c, body->getArgument(i)); };
  Expr time = reverse ? Expr(length) - 1 - argument(0) : argument(0);
  State state;
  for (unsigned i = 2; i < operands.size(); ++i)
    state.push_back(argument(i));
  state = step(kind, gather(gates, time, 0, Range::Known), state, w);
  SmallVector<Expr> next{argument(0) + 1, scatter(argument(1), time, state[0], 0, std::nullopt, Range::Known)};
  llvm::append_range(next, state);
  SmallVector<Value> yielded = getValues(next);
  if (c.isRejected() || c.isWrong() || llvm::is_contained(yielded, Value()) ||
      ValueRange(yielded).getTypes() != types) {
    c.fail("weights and states of sizes that do not fit");
    yielded.assign(body->getArguments().begin(), body->getArguments().end());
  }
  scf::YieldOp::create(c, c.loc, yielded);
  Layer result{Expr(c, loop.getResult(1)), {}};
  for (unsigned i = 2; i < operands.size(); ++i)
    result.state.push_back(Expr(c, loop.getResult(i)));
  return result;
}

// x.input(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first): the output, and the
// last states of all layers and directions, stacked.
template <CellKind kind> static Results layers(Call &c) {
  SmallVector<Expr> initial = kind == CellKind::Lstm ? c.exprs(1) : SmallVector<Expr>{c.expr(1)}, params = c.exprs(2);
  Expr x = c.expr(0);
  bool hasBiases = c.flag(3), isBidirectional = c.flag(7), batchFirst = c.flag(8);
  int64_t count = c.integer(4), directions = isBidirectional ? 2 : 1;
  bool isProjected = kind == CellKind::Lstm && initial.size() == 2 && initial[0].getSize(-1) != initial[1].getSize(-1);
  size_t perLayer = 2 + 2 * hasBiases + isProjected;
  if (x.getRank() != 3 || initial.size() != (kind == CellKind::Lstm ? 2 : 1) || count < 1 ||
      params.size() != perLayer * count * directions)
    c.fail("a recurrent layer of sizes that do not fit");
  if (c.number(5, 0) > 0 && c.flag(6, false) && count > 1)
    c.reject("dropout between recurrent layers");
  if (c.isWrong() || c.isRejected())
    return Expr();
  if (batchFirst)
    x = swapDims(x, 0, 1);
  SmallVector<SmallVector<Expr>> last(initial.size());
  for (int64_t layer = 0; layer < count; ++layer) {
    SmallVector<Expr> outputs;
    for (int64_t direction = 0; direction < directions; ++direction) {
      int64_t number = layer * directions + direction;
      auto p = ArrayRef<Expr>(params).slice(number * perLayer, perLayer);
      Weights w{p[0], p[1], hasBiases ? p[2] : Expr(), hasBiases ? p[3] : Expr(), isProjected ? p.back() : Expr()};
      State state;
      for (const Expr &h : initial)
        state.push_back(at(h, 0, c.size(number)));
      Layer done = runLayer(c, kind, x, state, w, direction == 1);
      if (c.isWrong() || c.isRejected())
        return Expr();
      outputs.push_back(done.output);
      for (auto [all, one] : llvm::zip_equal(last, done.state))
        all.push_back(unsqueeze(one, 0));
    }
    x = concat(outputs, 2);
  }
  SmallVector<Expr> results{batchFirst ? swapDims(x, 0, 1) : x};
  for (ArrayRef<Expr> states : last)
    results.push_back(concat(states, 0));
  return results;
}

// mkldnn_rnn_layer(input, w_ih, w_hh, b_ih, b_hh, hx, cx, reverse, batch_sizes, mode, hidden_size, num_layers,
// has_biases, bidirectional, batch_first, train) -> (output, hy, cy, workspace): what AOTAutograd makes of one layer of
// an LSTM.
static Results oneLayer(Call &c) {
  constexpr int64_t lstm = 2;
  if (c.integer(9) != lstm || c.integer(11) != 1 || c.flag(13) || c.flag(15) || !c.sizes(8).empty())
    c.reject("a recurrent layer of this kind");
  if (c.isUsed(3))
    c.reject("a recurrent layer whose workspace is used, as its backward does");
  Expr x = c.expr(0);
  if (x.getRank() != 3)
    c.fail("expected inputs of three dimensions");
  if (c.isWrong() || c.isRejected())
    return Expr();
  if (c.flag(14))
    x = swapDims(x, 0, 1);
  // Under autocast inputs may be narrower than weights.
  Type element = x.getElementType();
  auto like = [&](size_t i) { return castTo(c.expr(i), element); };
  bool hasBiases = c.flag(12);
  Weights w{like(1), like(2), hasBiases ? like(3) : Expr(), hasBiases ? like(4) : Expr(), Expr()};
  auto state = [&](size_t i) {
    Expr h = like(i);
    return h.getRank() == 3 ? at(h, 0, c.size(0)) : h;
  };
  Layer done = runLayer(c, CellKind::Lstm, x, {state(5), state(6)}, w, c.flag(7));
  if (c.isWrong() || c.isRejected())
    return Expr();
  Expr output = c.flag(14) ? swapDims(done.output, 0, 1) : done.output;
  return {output, reshape(done.state[0], c.resultSizes(1)), reshape(done.state[1], c.resultSizes(2)), Expr()};
}

// x_cell(input, hx, w_ih, w_hh, b_ih, b_hh).
template <CellKind kind> static Results cell(Call &c) {
  Weights w{c.expr(2), c.expr(3), c.expr(4), c.expr(5), Expr()};
  State state = kind == CellKind::Lstm ? State(c.exprs(1)) : State{c.expr(1)};
  if (c.expr(0).getRank() != 2 || state.size() != (kind == CellKind::Lstm ? 2 : 1)) {
    c.reject("a recurrent cell without a batch dimension");
    return Expr();
  }
  return ArrayRef<Expr>(step(kind, inputGates(kind, c.expr(0), w), state, w));
}

void addRecurrentLayers(Decompositions &d) {
  d.add("lstm.input", layers<CellKind::Lstm>);
  d.add("gru.input", layers<CellKind::Gru>);
  d.add("rnn_tanh.input", layers<CellKind::Tanh>);
  d.add("rnn_relu.input", layers<CellKind::Relu>);
  d.add("mkldnn_rnn_layer", oneLayer);
  d.add("lstm_cell", cell<CellKind::Lstm>);
  d.add("gru_cell", cell<CellKind::Gru>);
  d.add("rnn_tanh_cell", cell<CellKind::Tanh>);
  d.add("rnn_relu_cell", cell<CellKind::Relu>);
}

} // namespace tc::decompose
