"""What `mynah analyze` finds in a project's messages, a module a question, and the page that shows it."""
