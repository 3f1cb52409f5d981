"""A cat that a real ImageNet network calls an iguana, though no pixel value moves by more than 4 of 255 levels."""

from pathlib import Path

import skimage.data

import sparring
from sparring.data import read_image, write_png
from sparring.models import find_class, load_model

cat = Path(skimage.data.__file__).parent / "chelsea.png"
model = load_model("efficientnet-lite0")
assert model.classes is not None
iguana = find_class("common iguana", model.classes)

x = read_image(cat, size=224, channels=3)[None] / 255
found = sparring.attack(
    model.module, x, None, "pgd(steps=20)", "linf(4/255)", targets=iguana, early_stop=False, valid="8bit"
)
for when, logits in (("before", found.logits_before), ("after", found.logits)):
    confidence, answer = logits.softmax(1)[0].max(0)
    print(f"{when:>6}: {model.classes[int(answer)].split(',')[0]} ({confidence:.1%})")

levels = ((found.images - x) * 255).abs().max().round()
png = write_png("runs/cat-as-iguana.png", found.images[0])
print(f"no value moved by more than {levels:.0f} levels; {png} is what the network saw, exactly")
