"""`migrate init`: a first plan, drafted from the users of an object or a module."""
