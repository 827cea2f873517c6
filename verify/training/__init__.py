"""Networks trained by gradient descent, plainly or against perturbations, and what is proved of them."""
