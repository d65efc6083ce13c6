"""`manage.py doctor`: what an operator would find out on a bad day, found out before.

A module a subject. Each measures in one function, which may fail or hang, and judges in others, which are pure. Changes
nothing at the site.
"""
