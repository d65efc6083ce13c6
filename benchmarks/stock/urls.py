"""What a page without sockets asks for."""

from django.urls import path

from benchmarks.stock import views

urlpatterns = [
    path("messages/<str:room>/", views.messages),
    path("messages/<str:room>/wait/", views.wait),
]
