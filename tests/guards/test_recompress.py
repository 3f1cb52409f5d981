import io

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.errors import InputError
from sparring.guards.recompress import Recompress


def test_it_is_what_a_real_file_gives_back() -> None:
    levels = torch.randint(0, 256, (3, 16, 16), dtype=torch.uint8)
    file = io.BytesIO()
    Image.fromarray(levels.permute(1, 2, 0).numpy()).save(file, "JPEG", quality=40)
    back = torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1).float() / 255
    assert torch.equal(Recompress(quality=40).layer()(levels[None].float() / 255)[0], back)


def test_a_lower_quality_changes_more() -> None:
    x = torch.rand(2, 1, 16, 16)
    low, high = (float((Recompress(quality).layer()(x) - x).abs().mean()) for quality in (10, 90))
    assert low > 2 * high > 0


@pytest.mark.parametrize("quality", [0, 96])
def test_quality_out_of_range_is_refused(quality: int) -> None:
    with pytest.raises(InputError, match="quality of recompress"):
        Recompress(quality)
