"""`sparring demo`: a cat becomes an iguana, noise becomes an iguana, and a classifier is audited."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sparring.attacks import attack
from sparring.audit import audit
from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._bar import Bar
from sparring.cli._pictures import attack_pictures, audit_pictures, short
from sparring.core.levels import from_bytes, nearest_levels
from sparring.core.runs import new_run_dir, versions, write_json
from sparring.core.seeds import Streams, sample_keys
from sparring.data import Dataset, load_data, read_image, write_png
from sparring.errors import missing_extra
from sparring.models import LoadedModel, Trainable, accuracy, find_class, fit, load_model, save_model
from sparring.registry import parse
from sparring.report import Forged, Picture, audit_page, demo_page, write_report

CAT_THREAT, CAT_ATTACK = "linf(4/255)", "pgd(steps=40)"
FORGE, ONE_STEP = "forge(steps=40, loss='l2', confidence=0.99)", "forge(steps=1)"
DIGIT_STEP = "forge(steps=1, step_size=0.2)"
DIGITS_THREAT, DIGITS_MODEL, EPOCHS = "linf(0.1)", "cnn", 8
SAMPLES = 500


@app.command()
def demo(out: opt.Out = None, seed: opt.Seed = 0, quiet: opt.Quiet = False) -> int:
    """See it all once, on real networks and real images: about a minute on two cores."""
    started = time.perf_counter()
    network = load_model("efficientnet-lite0")
    iguana = find_class("common iguana", network.classes or ())
    picture = from_bytes(read_image(_cat(), (224, 224), 3))[None]  # before a directory is made: packages may be missing
    folder = out if out is not None else new_run_dir("demo", "cat-noise-digits")
    cat, cats = _cat_to_iguana(network, picture, iguana, folder, seed, quiet)
    noise = [
        _from_noise(network, "From noise to an iguana", FORGE, iguana, folder / "forged.png", seed, quiet),
        _from_noise(network, "One gradient step from noise", ONE_STEP, iguana, folder / "one-step.png", seed, quiet),
    ]
    classifier, test = _train_digits(folder, seed, quiet)
    title = "One gradient step from noise, a digit classifier"
    noise.append(_from_noise(classifier, title, DIGIT_STEP, None, folder / "one-step-digit.png", seed, quiet))
    audited, digits = _audit_digits(classifier, test, folder, seed, quiet)
    seconds = time.perf_counter() - started
    write_json(folder / "spec.json", {"seed": seed, "versions": versions(), "command": opt.command_line()})
    write_json(folder / "result.json", {"kind": "demo", "cat": cat, "audit": audited, "seconds": round(seconds, 1)})
    page = demo_page(cat, cats, noise, audited, digits, seconds=seconds, command=opt.command_line())
    print(f"done in {seconds:.0f} s; the report: {write_report(folder / 'report.html', page)}")
    return 0


def _cat() -> Path:
    """Return scikit-image's cat, which lies inside the package."""
    try:
        import skimage.data
    except ImportError:
        raise missing_extra("scikit-image", "demo") from None
    return Path(skimage.data.__file__).parent / "chelsea.png"


def _cat_to_iguana(
    network: LoadedModel, x: Tensor, iguana: int, folder: Path, seed: int, quiet: bool
) -> tuple[dict[str, Any], list[Picture]]:
    with Bar("cat to iguana", 1, quiet=quiet) as bar:
        found = attack(
            network.module, x, None, CAT_ATTACK, CAT_THREAT, targets=iguana, seed=seed, early_stop=False, valid="8bit"
        )
        names = [short(name) for name in network.classes or ()]
        sure = float(found.logits.softmax(1)[0, iguana])
        bar.advance(1, f"{names[iguana]} {sure:.1%}")
    write_png(folder / "cat.png", nearest_levels(x[0]))
    write_png(folder / "cat-as-iguana.png", nearest_levels(found.images[0]))
    before = found.logits_before.softmax(1)[0]
    was, now = int(before.argmax()), int(found.logits[0].argmax())
    print(f"cat: {names[was]} ({float(before.max()):.1%}) -> {names[now]} ({sure:.1%}), within {CAT_THREAT}")
    result = {
        "kind": "attack",
        "attack": found.attack,
        "threat": found.threat,
        "target": names[iguana],
        "n": 1,
        "n_correct": 1,
        "success_rate": float(found.success.double().mean()),
        "forwards": int(found.forwards.sum()),
        "backwards": int(found.backwards.sum()),
        "seconds": round(found.seconds, 3),
        "valid": "8bit",
        "samples": [
            {
                "file": "cat.png",
                "before": [names[was], float(before.max())],
                "after": [names[now], float(found.logits.softmax(1)[0, now])],
                "success": bool(found.success[0]),
                "distance": float(found.distance[0]) if bool(found.success[0]) else None,
            }
        ],
        "model": network.text,
        "command": f"sparring attack {folder / 'cat.png'} '{CAT_ATTACK}' --model efficientnet-lite0 "
        f"--target 'common iguana' --threat '{CAT_THREAT}' --valid 8bit",
    }
    return result, attack_pictures(x, found, names, truth=False)


class _Recorder:
    """A model that remembers how sure it was of one class, image by image."""

    def __init__(self, network: LoadedModel, index: int) -> None:
        self.module, self.index, self.curve = network.module, index, list[float]()

    def __call__(self, x: Tensor) -> Tensor:
        logits: Tensor = self.module(x)
        self.curve.append(float(logits.detach().softmax(1)[0, self.index]))
        return logits


def _from_noise(
    network: LoadedModel, title: str, text: str, target: int | None, path: Path, seed: int, quiet: bool
) -> Forged:
    """Forge the target, or the class that comes second, out of white noise, and say what the model makes of both."""
    names = [short(name) for name in network.classes or ()]
    assert network.input_shape is not None
    noise = Streams(sample_keys(torch.zeros(1, 1), seed)).uniform(network.input_shape)
    if target is None:
        with torch.no_grad():
            target = int(network.module(noise)[0].topk(2).indices[1])
    recorder = _Recorder(network, target)
    with Bar(title.lower(), 1, quiet=quiet) as bar:
        found = attack(recorder, noise, None, text, targets=target, seed=seed, fast=False)
        image = found.images if bool(found.success[0]) else found.strongest
        with torch.no_grad():
            before, after = (network.module(each).softmax(1)[0] for each in (noise, image))
        bar.advance(1, f"{names[target]} {float(after[target]):.1%}")
    write_png(path, nearest_levels(image[0]))
    was, now = int(before.argmax()), int(after.argmax())
    note = f"{names[target]}: {float(before[target]):.2%} before, {float(after[target]):.2%} after"
    print(
        f"{title.lower()}: {names[was]} ({float(before.max()):.1%}) -> {names[now]} ({float(after.max()):.1%}); {note}"
    )
    first, last = (names[was], float(before.max())), (names[now], float(after.max()))
    curve = tuple(recorder.curve) if len(recorder.curve) > 3 else ()
    return Forged(title, noise[0], image[0], first, last, curve=curve, note=note)


def _train_digits(folder: Path, seed: int, quiet: bool) -> tuple[LoadedModel, Dataset]:
    train, test = load_data("mnist5k:train"), load_data("mnist5k:test")
    unit = parse(DIGITS_MODEL, "model")
    assert isinstance(unit, Trainable)
    net = unit.build(train.shape, len(train.classes), seed=seed)
    with Bar("training a digit classifier", EPOCHS, quiet=quiet) as bar:
        fit(net, train, epochs=EPOCHS, seed=seed, progress=lambda record: bar.advance(1, f"loss {record['loss']:.3f}"))
    home = save_model(folder / "digits", unit, net, input_shape=train.shape, classes=train.classes, data=train.name)
    print(f"a digit classifier, trained just now: {accuracy(net, test):.1%} right on {test.name}")
    return load_model(home), test


def _audit_digits(
    model: LoadedModel, test: Dataset, folder: Path, seed: int, quiet: bool
) -> tuple[dict[str, Any], list[Picture]]:
    with Bar("auditing it", SAMPLES, quiet=quiet) as bar:
        state = {"done": 0}

        def progress(done: int, total: int, right: int, standing: int) -> None:
            bar.advance(done - state["done"], f"{standing / done:.1%} stand")
            state["done"] = done

        command = f"sparring audit --model {model.text} --data {test.name} --threat '{DIGITS_THREAT}' --n {SAMPLES}"
        found = audit(
            model, test, DIGITS_THREAT, n=SAMPLES, seed=seed, curve=100, out=folder / "audit", command=command,
            progress=progress,
        )  # fmt: skip
    low, high = found.interval
    print(
        f"under {DIGITS_THREAT}: {found.robust_accuracy:.1%} of {SAMPLES} are right whatever the attacker does "
        f"(95 % interval {low:.1%} to {high:.1%})"
    )
    pictures = audit_pictures(found, model, test)
    write_report(folder / "audit" / "report.html", audit_page(found.result, pictures))
    return found.result, pictures
