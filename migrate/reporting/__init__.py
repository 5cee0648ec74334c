"""The report: what a migration did and what is left of it, as a page, as Markdown and as JSON."""
