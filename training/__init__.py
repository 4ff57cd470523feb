"""Recipe of Toybox, the built-in model: its world, its networks, its training and its export."""
