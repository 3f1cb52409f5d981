"""Mathematics and bookkeeping that both halves share."""
