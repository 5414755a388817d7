"""The nouns, options, plug-ins and the project folder. Imports nothing of ours."""
