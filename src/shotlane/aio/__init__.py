"""The async face: a twin of every blocking public name."""
