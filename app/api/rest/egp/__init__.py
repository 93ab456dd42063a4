"""Scale's EGP (Spellbook): its chat completions, on the same models as all the rest."""
