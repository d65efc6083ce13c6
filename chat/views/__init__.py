"""The pages of chat.

Each is a plain page that works without JavaScript, and a fragment when the chat page asks for it in a dialog.
"""
