"""What a plan would break, found before anything is touched."""
