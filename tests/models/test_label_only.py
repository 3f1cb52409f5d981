"""Labels alone."""

import torch

from sparring.models.label_only import LabelOnly


def test_the_answer_is_the_class_and_nothing_else(fooled):
    net, x, _, strongest = fooled
    defended = LabelOnly().wrap(net)
    for images in (x, strongest):
        answer = defended(images.clone().requires_grad_(True))
        assert not answer.requires_grad
        assert torch.equal(answer, torch.nn.functional.one_hot(net(images).argmax(1), 10).float())
    assert defended(x.new_zeros(1, 1, 8, 8)).dtype == torch.float32
