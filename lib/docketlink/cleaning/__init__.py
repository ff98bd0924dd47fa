"""Texts in, values out: the cleaning rules for one value, in plain Python. ``kernel_*`` modules of ``transforms`` run them on executors."""
