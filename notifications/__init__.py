"""Push notifications. Nothing is here yet but the app's place in the house; the roadmap is in the README."""
