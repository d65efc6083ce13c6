"""Nothing over HTTP."""

urlpatterns: list[object] = []
