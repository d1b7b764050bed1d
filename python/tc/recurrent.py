"""LSTM layers of graphs that are trained, step by step."""

import torch


def _lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """PyTorch's own formula of aten.lstm, by the layer that has gradients."""
    from torch._decomp import decompositions as formulas

    params = formulas.gather_params(params, has_biases, hx[0].size(2) != hx[1].size(2))
    output, hidden = formulas._rnn_helper(
        input, list(zip(*hx)), params, has_biases, num_layers, dropout, train, bidirectional, batch_first,
        formulas.one_layer_lstm)
    h, c = zip(*hidden)
    return output, torch.stack(h, 0), torch.stack(c, 0)


def unroll(gm):
    """With oneDNN, PyTorch traces an LSTM as one operator a layer, which has a formula forwards only."""
    for graph in gm.modules():
        if not isinstance(graph, torch.fx.GraphModule):
            continue
        # The other overload, of packed sequences, has a tensor where this one has the states.
        nodes = [node for node in graph.graph.nodes
                 if node.target in (torch.lstm, torch.ops.aten.lstm.input) and isinstance(node.args[1], (list, tuple))]
        for node in nodes:
            node.target = _lstm
        if nodes:
            graph.recompile()
    return gm
