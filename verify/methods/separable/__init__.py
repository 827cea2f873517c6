"""Networks of sums of one-variable functions, decided on l2 balls by comparing squares."""
