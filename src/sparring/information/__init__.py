"""How much one array says of another: mutual information in nats, by nets that are trained for it."""

from sparring.information._mine import Information, mine

__all__ = ["Information", "mine"]
