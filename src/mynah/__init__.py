"""Mynah turns chats into a bot that talks like the people in them, on their own machine."""
