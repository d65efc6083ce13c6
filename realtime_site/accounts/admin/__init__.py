"""People in Django's admin, and one door to it: the site's own login, with its throttling and second factor."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin

from realtime_site.accounts.admin import credentials, people  # noqa: F401  they register their models

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth documents it
# Every page has the line of places instead; all tables are on the first page.
admin.site.enable_nav_sidebar = False
