"""What an approved request for project access sets up: the plan and its steps."""
