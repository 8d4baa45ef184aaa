"""Everything that runs Carillon: locally, in containers, in the demo."""
