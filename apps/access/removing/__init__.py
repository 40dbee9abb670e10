"""Taking away what a project's access set up: what is in the way, the plan, and its steps."""
