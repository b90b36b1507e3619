"""Drawing: a picture's figures in, a PNG out, in a process of its own that ends with the picture."""
