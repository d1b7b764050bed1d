"""Parts that models of other kinds are made of: what the libraries' architectures do not have."""

import torch
from torch import nn
from torch.nn import functional

from models import Model

BATCH = {0: "batch"}


class Diffusion(nn.Module):
    """A residual block of a diffusion model: group norms, scaled and shifted by the time's embedding."""

    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList([nn.GroupNorm(4, 8), nn.GroupNorm(4, 16)])
        self.convolutions = nn.ModuleList([nn.Conv2d(8, 16, 3, padding=1), nn.Conv2d(16, 16, 3, padding=1)])
        self.time, self.skip, self.up = nn.Linear(8, 32), nn.Conv2d(8, 16, 1), nn.ConvTranspose2d(16, 8, 4, 2, 1)

    def forward(self, x, t):
        angles = t[:, None] * torch.exp(torch.arange(4, dtype=x.dtype) * -2)
        scale, shift = self.time(torch.cat([angles.cos(), angles.sin()], -1))[:, :, None, None].chunk(2, 1)
        h = self.convolutions[0](functional.silu(self.norms[0](x)))
        h = self.convolutions[1](functional.silu(self.norms[1](h) * (1 + scale) + shift))
        return self.up(functional.interpolate(h + self.skip(x), scale_factor=2.0))


class Waves(nn.Module):
    """Dilated, causal convolutions over sound, gated, with normalised weights."""

    def __init__(self):
        super().__init__()
        norm = nn.utils.parametrizations.weight_norm
        self.first, self.last = nn.Conv1d(1, 8, 1), nn.Conv1d(8, 4, 1)
        self.layers = nn.ModuleList([norm(nn.Conv1d(8, 16, 2, dilation=2**i)) for i in range(3)])

    def forward(self, x):
        x = self.first(x)
        for i, layer in enumerate(self.layers):
            values, gates = layer(functional.pad(x, (2**i, 0))).chunk(2, 1)
            x = x + torch.tanh(values) * torch.sigmoid(gates)
        return self.last(functional.relu(x))


class GraphAttention(nn.Module):
    """Attention over the edges of a graph."""

    def __init__(self):
        super().__init__()
        self.project, self.score = nn.Linear(8, 16, bias=False), nn.Parameter(torch.randn(32))

    def forward(self, x, edges):
        h, (source, target) = self.project(x), edges
        scores = functional.leaky_relu(torch.cat([h[source], h[target]], -1) @ self.score, 0.2)
        largest = torch.full_like(x[:, 0], -1e9).scatter_reduce(0, target, scores, "amax")
        weights = (scores - largest[target]).exp()
        total = torch.zeros_like(x[:, 0]).scatter_add(0, target, weights)
        return torch.zeros_like(h).index_add(0, target, (weights / (total[target] + 1e-9))[:, None] * h[source])


class Rotary(nn.Module):
    """Rotary embeddings as complex numbers, and causal linear attention."""

    def __init__(self):
        super().__init__()
        angles = torch.outer(torch.arange(16.0), 0.1 ** torch.arange(4.0))
        self.register_buffer("turns", torch.polar(torch.ones_like(angles), angles), persistent=False)
        self.project = nn.Linear(8, 24)

    def forward(self, x):
        queries, keys, values = self.project(x).chunk(3, -1)

        def turn(y):
            pairs = torch.view_as_complex(y.float().unflatten(-1, (4, 2)).contiguous())
            return functional.elu(torch.view_as_real(pairs * self.turns[:y.shape[1]]).flatten(2).to(x.dtype)) + 1

        queries, keys = turn(queries), turn(keys)
        sums = torch.cumsum(keys[..., :, None] * values[..., None, :], 1)
        return torch.einsum("bnd,bnde->bne", queries, sums) / (queries * keys.cumsum(1)).sum(-1, keepdim=True)


class Codebook(nn.Module):
    """The nearest entries of a codebook, with the gradient passed straight through."""

    def __init__(self):
        super().__init__()
        self.encode, self.entries = nn.Conv1d(2, 8, 4, 2, 1), nn.Embedding(16, 8)
        self.decode = nn.ConvTranspose1d(8, 2, 4, 2, 1)

    def forward(self, x):
        z = self.encode(x).transpose(1, 2)
        nearest = self.entries(torch.cdist(z, self.entries.weight[None]).argmin(-1))
        straight = z + (nearest - z).detach()
        return self.decode(straight.transpose(1, 2)), functional.mse_loss(nearest, z.detach())


def parts():
    sizes = ({"batch": 2}, {"batch": 3})
    yield Model("diffusion", lambda: Diffusion().eval(), lambda batch: (torch.randn(batch, 8, 8, 8), torch.rand(batch)),
                {"batch": 2}, (BATCH, BATCH), sizes)
    yield Model("waves", lambda: Waves().eval(), lambda batch: (torch.randn(batch, 1, 40),), {"batch": 2}, (BATCH,), sizes)
    yield Model("graph_attention", lambda: GraphAttention().eval(),
                lambda batch: (torch.randn(12, 8), torch.randint(12, (2, 10 * batch))), {"batch": 3}, ({}, {}), ({"batch": 3},))
    yield Model("rotary", lambda: Rotary().eval(), lambda batch: (torch.randn(batch, 7, 8),), {"batch": 2}, (BATCH,), sizes)
    yield Model("codebook", lambda: Codebook().eval(), lambda batch: (torch.randn(batch, 2, 16),), {"batch": 2}, (BATCH,), sizes)
