"""Sums of codes: what a generator makes of A − B + C."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor

from sparring.core.seeds import child_seed
from sparring.errors import InputError
from sparring.gan import Generator, codes, generate
from sparring.models import LoadedModel


def arithmetic(plus: Sequence[Tensor], minus: Sequence[Tensor] = ()) -> Tensor:
    """Return the code Σ mean(plus) − Σ mean(minus), (latent,).

    What A has and B has not, added to C, is A − B + C. A term is one code (latent,), or several (k, latent) that are
    averaged first: one example has much about it that is its own, and the mean of a few has less.

    Raises: InputError without terms to add, and for codes of different lengths.

    Source: Radford, Metz and Chintala 2016, arXiv 1511.06434, section 6.3.2. **Differs**: nothing.

    >>> a, b, c = torch.tensor([[2.0, 0.0], [4.0, 0.0]]), torch.tensor([1.0, 1.0]), torch.tensor([0.0, 5.0])
    >>> arithmetic([a, c], [b]).tolist()
    [2.0, 4.0]
    """
    if not plus:
        raise InputError("expected at least one term to add, got none")
    means = [_mean(term) for term in (*plus, *minus)]
    if len({len(mean) for mean in means}) > 1:
        raise InputError(f"expected codes of one length, got {', '.join(str(len(mean)) for mean in means)}")
    signs = torch.tensor([1.0] * len(plus) + [-1.0] * len(minus), dtype=means[0].dtype)
    return (signs[:, None] * torch.stack(means)).sum(0)


def neighbors(code: Tensor, n: int = 8, scale: float = 0.25, seed: int = 0) -> Tensor:
    """Return n codes around a code (latent,), each z + scale · noise, (n, latent).

    What they have in common is what the code means, and not an accident of one point.

    Args: scale: ≥ 0, of the normal noise, where codes are normal with 1.

    Source: Radford, Metz and Chintala 2016, arXiv 1511.06434, figure 7. **Differs**: normal noise, as codes are
    normal; the paper's are uniform, with ± 0.25 added.

    >>> torch.equal(neighbors(torch.ones(3), 2, scale=0.0), torch.ones(2, 3))
    True
    """
    if n < 1 or not scale >= 0:
        raise InputError(f"expected n >= 1 neighbors and scale >= 0, got {n} and {scale}")
    return code + scale * codes(n, len(code), child_seed(seed, "neighbors"))


def class_codes(generator: Generator, model: LoadedModel, label: int, *, n: int = 1000, seed: int = 0) -> Tensor:
    """Return those of n random codes whose images a classifier gives a class, (k, latent), k ≥ 1.

    No image has to be inverted: their mean says what codes of the class have in common. It is far shorter than a code
    of that kind is.

    Raises: InputError when the classifier names none of the images so.

    Cost: n forwards of the generator and of the classifier.

    Source: Radford, Metz and Chintala 2016, arXiv 1511.06434, section 6.3.1. **Differs**: a classifier labels samples,
    where the paper labels some by hand.
    """
    if generator.classes:
        raise InputError(
            f"expected a generator without classes for a classifier to name its images, got one of "
            f"{generator.classes}: it is told the class anyway"
        )
    z = codes(n, generator.latent, child_seed(seed, "class codes"))
    images = generate(generator, n, z=z)
    victim = model.victim()
    with victim.frozen():
        said = victim.answer(images)
    named = said if victim.access == "decision" else said.argmax(1)
    if not bool((named == label).any()):
        counts = ", ".join(f"{number} of {each}" for each, number in sorted(Counter(named.tolist()).items()))
        raise InputError(f"expected images of class {label} by {model.text} among {n} samples, got {counts}")
    return z[named == label]


def _mean(term: Tensor) -> Tensor:
    if term.ndim not in (1, 2) or not term.numel():
        raise InputError(f"expected a code (latent,) or several (k, latent) as a term, got {tuple(term.shape)}")
    return term if term.ndim == 1 else term.mean(0)
