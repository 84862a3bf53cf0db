"""Masked convolutions that predict each code of a map from those before it."""

from torch import Tensor, nn
from torch.nn.functional import pad

from aevb.checks import whole_number
from aevb.networks.code_prior import CodePrior


def gate(maps: Tensor) -> Tensor:
    """tanh(a) ⊙ σ(b) for the two halves a, b of the channels: (B, 2C, h, w) -> (B, C, h, w)."""
    a, b = maps.chunk(2, dim=1)
    return a.tanh() * b.sigmoid()


class GatedLayer(nn.Module):
    """One layer of both stacks (van den Oord et al. 2016b, figure 2).

    The vertical stack sees its own row and those above, the horizontal one its own position and those to the left;
    it also takes what the vertical stack has, and adds to what it was given.

    Shapes: vertical, horizontal (B, C, h, w) -> the same two.
    """

    def __init__(self, channels: int, kernel_size: int) -> None:
        super().__init__()
        self.reach = kernel_size // 2
        self.vertical = nn.Conv2d(channels, 2 * channels, (self.reach + 1, kernel_size))
        self.horizontal = nn.Conv2d(channels, 2 * channels, (1, self.reach + 1))
        self.across = nn.Conv2d(2 * channels, 2 * channels, 1)
        self.residual = nn.Conv2d(channels, channels, 1)

    def forward(self, vertical: Tensor, horizontal: Tensor) -> tuple[Tensor, Tensor]:
        # Zeros on the left, right and top only, so that nothing below or to the right is seen.
        above = self.vertical(pad(vertical, (self.reach, self.reach, self.reach, 0)))  # (B, 2C, h, w)
        left = self.horizontal(pad(horizontal, (self.reach, 0)))
        return gate(above), horizontal + self.residual(gate(left + self.across(above)))


class GatedPixelCNN(CodePrior):
    """p(k) = ∏ᵢ p(kᵢ | k_<i) by two stacks of gated convolutions.

    van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves & Kavukcuoglu 2016, "Conditional Image Generation with
    PixelCNN Decoders". Instead of masking the first layer, its inputs are shifted: by a row for the vertical stack and
    by a column for the horizontal one. So there is no blind spot.

    num_codes: K, how many values a code has.
    channels: of each stack.
    layers, kernel_size: a code sees those at most layers · (kernel_size // 2) columns to the side and about as many
        rows up: all of a 7×7 map with 6 layers of kernel_size=3.

    Shapes: codes (B, h, w), from 0 to K - 1 -> logits (B, K, h, w).
    """

    def __init__(self, num_codes: int, channels: int = 64, layers: int = 6, kernel_size: int = 3) -> None:
        super().__init__()
        whole_number("channels", channels)
        if whole_number("kernel_size", kernel_size, at_least=3) % 2 == 0:
            raise ValueError(f"kernel_size={kernel_size}: expected an odd number")
        self.embedding = nn.Embedding(whole_number("num_codes", num_codes), channels)
        self.layers = nn.ModuleList([GatedLayer(channels, kernel_size) for _ in range(whole_number("layers", layers))])
        self.logits = nn.Sequential(
            nn.ReLU(), nn.Conv2d(channels, channels, 1), nn.ReLU(), nn.Conv2d(channels, num_codes, 1)
        )

    def forward(self, codes: Tensor) -> Tensor:
        embedded = self.embedding(codes).movedim(-1, 1)  # (B, C, h, w)
        vertical = pad(embedded, (0, 0, 1, 0))[:, :, :-1]  # the row above
        horizontal = pad(embedded, (1, 0))[..., :-1]  # the code to the left
        for layer in self.layers:
            vertical, horizontal = layer(vertical, horizontal)
        logits: Tensor = self.logits(horizontal)
        return logits
