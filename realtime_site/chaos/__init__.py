"""People who talk while things break, and an account of what became of every message.

`link`, `client`, `roomlog`, `checker` and `traffic` need nothing but an address and a token. `site`, `scene`,
`workers`, `faults`, `run` and `report` are what `manage.py chaos` puts around them at an operator's own site.
"""
