"""Figures and tables of what is proved, and the numbers behind them."""
