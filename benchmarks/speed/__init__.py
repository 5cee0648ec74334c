"""How long the tool and its peers take for the same job on the same trees, and what they make of it."""
