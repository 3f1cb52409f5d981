"""A vision transformer as small as it gets, in the layout of DINOv2's weights; its sizes are read from them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.errors import InputError

HEAD = 64
"""Width of an attention head, in all published sizes."""


class Attention(nn.Module):
    """Softmax attention over all tokens."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = max(1, width // HEAD)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, tokens, width)."""
        n, tokens, width = x.shape
        parts = self.qkv(x).view(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed: Tensor = F.scaled_dot_product_attention(*parts.unbind(0))
        out: Tensor = self.proj(mixed.transpose(1, 2).reshape(n, tokens, width))
        return out


class Scale(nn.Module):
    """A factor a channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Return γ x."""
        return x * self.gamma


class Mlp(nn.Module):
    """Two layers with a GELU between; or, in the largest size, gated by SiLU."""

    def __init__(self, width: int, hidden: int, *, gated: bool) -> None:
        super().__init__()
        self.gated = gated
        if gated:
            self.w12, self.w3 = nn.Linear(width, 2 * hidden), nn.Linear(hidden, width)
        else:
            self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, tokens, width)."""
        if self.gated:
            gate, value = self.w12(x).chunk(2, -1)
            out: Tensor = self.w3(F.silu(gate) * value)
        else:
            out = self.fc2(F.gelu(self.fc1(x)))
        return out


class Block(nn.Module):
    """x + γ₁ attention(norm(x)), then x + γ₂ mlp(norm(x))."""

    def __init__(self, width: int, hidden: int, *, gated: bool) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attn, self.ls1 = Attention(width), Scale(width)
        self.mlp, self.ls2 = Mlp(width, hidden, gated=gated), Scale(width)

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, tokens, width)."""
        x = x + self.ls1(self.attn(self.norm1(x)))
        out: Tensor = x + self.ls2(self.mlp(self.norm2(x)))
        return out


class Vit(nn.Module):
    """Patches, a class token, registers if there are any, blocks, a norm: the class token's features."""

    def __init__(
        self, *, width: int, depth: int, patch: int, places: int, hidden: int, gated: bool, registers: int
    ) -> None:
        super().__init__()
        self.patch, self.registers = patch, registers
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, places, width))
        if registers:
            self.register_tokens = nn.Parameter(torch.zeros(1, registers, width))
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, width, patch, stride=patch)})
        self.blocks = nn.ModuleList(Block(width, hidden, gated=gated) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        """Return features (n, width) of normalized RGB images whose sides are multiples of the patch."""
        grid = self.patch_embed["proj"](x)
        tokens = grid.flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token.expand(len(x), -1, -1), tokens], 1) + self._places(*grid.shape[2:])
        if self.registers:
            own = self.register_tokens.expand(len(x), -1, -1)
            tokens = torch.cat([tokens[:, :1], own, tokens[:, 1:]], 1)
        for block in self.blocks:
            tokens = block(tokens)
        out: Tensor = self.norm(tokens)[:, 0]
        return out

    def _places(self, height: int, width: int) -> Tensor:
        """Return the embeddings of places for a grid, stretched from the one they were learned on."""
        side = round((self.pos_embed.shape[1] - 1) ** 0.5)
        if (height, width) == (side, side):
            return self.pos_embed
        grid = self.pos_embed[:, 1:].view(1, side, side, -1).permute(0, 3, 1, 2)
        if self.registers:  # these were trained with antialiasing, the others with an offset of a tenth of a patch
            grid = F.interpolate(grid, (height, width), mode="bicubic", antialias=True)
        else:
            factor = ((height + 0.1) / side, (width + 0.1) / side)
            grid = F.interpolate(grid, scale_factor=factor, mode="bicubic")
        return torch.cat([self.pos_embed[:, :1], grid.flatten(2).transpose(1, 2)], 1)


def vit_of(tensors: Mapping[str, Tensor]) -> Vit:
    """Return the transformer that some weights were made for, with random weights.

    Raises: InputError when they are of no such network.
    """
    try:
        width, _, patch, _ = tensors["patch_embed.proj.weight"].shape
        places = tensors["pos_embed"].shape[1]
        depth = 1 + max(int(name.split(".")[1]) for name in tensors if name.startswith("blocks."))
        gated = "blocks.0.mlp.w3.weight" in tensors
        hidden = tensors["blocks.0.mlp.w3.weight"].shape[1] if gated else tensors["blocks.0.mlp.fc1.weight"].shape[0]
    except (KeyError, ValueError):
        raise InputError("expected the weights of a DINOv2 transformer, got those of another network") from None
    registers = tensors["register_tokens"].shape[1] if "register_tokens" in tensors else 0
    return Vit(width=width, depth=depth, patch=patch, places=places, hidden=hidden, gated=gated, registers=registers)
