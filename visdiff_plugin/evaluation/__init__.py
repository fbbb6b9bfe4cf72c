"""How often known differences are found, on tables of pairs: see docs/evaluation.md."""
