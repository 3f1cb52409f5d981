"""Inference in GANs: nets that go from images to codes, or tell how much images say of codes, learned with G."""

from sparring.gan.inference._game import InferenceGame
from sparring.gan.inference._nets import Encoder, JointDiscriminator
from sparring.gan.inference.base import Inference, Made, encoder_of

__all__ = ["Encoder", "Inference", "InferenceGame", "JointDiscriminator", "Made", "encoder_of"]
