"""The memory of an audit does not grow with the number of samples."""

import subprocess
import sys

import pytest

MEASURE = """
import resource
import torch
import sparring
from sparring.data import Dataset

n = {n}
g = torch.Generator().manual_seed(0)
torch.manual_seed(0)
net = sparring.parse("resnet(width=8)").build((1, 28, 28), 10).eval()
x = torch.rand(n, 1, 28, 28, generator=g)
with torch.no_grad():
    y = torch.cat([net(part).argmax(1) for part in x.split(250)])
data = Dataset((255 * x).to(torch.uint8), y)
sparring.audit(net, data, "linf(0.002)", n=n, attacks=("pgd(steps=5)",), curve=0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_ten_times_the_samples_take_the_same_memory() -> None:
    """Batches of every size are met, and records kept; images are not: 10,000 samples of 28 x 28 alone are 31 MB."""
    peaks = [
        int(
            subprocess.run(
                [sys.executable, "-c", MEASURE.format(n=n)], capture_output=True, text=True, check=True
            ).stdout
        )
        for n in (1000, 10000)
    ]
    assert peaks[1] - peaks[0] < 150
