"""One spider class, a spider for each profile folder, and what its arguments mean."""
