"""The journal of touched files, their pre-images, and the way back to them."""
