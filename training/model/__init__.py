"""Ovis-U1 in plain PyTorch: same tensor names, shapes and order as the published checkpoint, one file per network."""
