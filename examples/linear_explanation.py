"""Why small changes are enough: each adds a little to the score, all in the same direction, and the littles add up."""

import torch

from sparring.explain import explain_linear

w = torch.tensor([1.0, 3, -1, 2, 2, 3])
x = torch.tensor([1.0, -1, 2, 0, 3, -2])
print(f"the score of x:             {w @ x:.1f}")
print(f"after x + 0.2 w:            {w @ (x + 0.2 * w):.1f}   (0.2 ‖w‖² = {0.2 * w @ w:.1f} more)")
print(f"after x + 0.2 sign(w):      {w @ (x + 0.2 * w.sign()):.1f}  (0.2 ‖w‖₁ = {0.2 * w.abs().sum():.1f} more)")

print("\nWith random weights, the score grows like √d, the shift like d:")
print(f"{'inputs d':>9} {'typical score':>14} {'shift at 0.2':>13} {'ratio':>7}")
for row in explain_linear(0.2, draws=50)["growth"]:
    print(f"{row['dimension']:>9,} {row['score']:>14.1f} {row['shift']:>13.1f} {row['ratio']:>7.1f}")
print("An image has thousands of inputs: a change far below what one can see outweighs everything in it.")
