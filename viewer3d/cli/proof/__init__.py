"""The verbs that prove what pictures and numbers are made of."""
