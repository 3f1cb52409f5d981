"""Train a GAN: resumable, watched, and with pictures of how it comes along."""

from sparring.train._load import load_discriminator, load_encoder, load_generator
from sparring.train._train import Trained, train
from sparring.train._watch import Alarm, Limits

__all__ = ["Alarm", "Limits", "Trained", "load_discriminator", "load_encoder", "load_generator", "train"]
