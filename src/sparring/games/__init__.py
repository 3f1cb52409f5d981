"""Games: who plays, what each wants, who moves when; and the one loop that trains them all."""
