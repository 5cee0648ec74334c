"""What the tool and its peers make of the same source, side by side."""
