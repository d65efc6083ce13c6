"""A person's own page, the pictures, and the first minute of a site. Everything else about accounts is allauth's."""

from allauth.account.adapter import get_adapter
from allauth.decorators import rate_limit
from allauth.mfa.base.views import authenticate as mfa_authenticate
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseNotFound
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from realtime_site.accounts import arrival, avatars, first_run, tokens
from realtime_site.accounts.forms import ProfileForm, SetupForm, TokenForm
from realtime_site.accounts.models import User
from realtime_site.live.errors import ClientError

# A year: a picture's name is random and its bytes never change, so a new picture is a new address.
_FOR_EVER = "private, max-age=31536000, immutable"
_SETUP_STATUS: dict[first_run.TokenState, int] = {"wrong": 404, "old": 410, "used": 410}


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="change_profile")  # type: ignore[untyped-decorator]  # allauth has no types
def profile(request: HttpRequest) -> HttpResponse:
    user = _person(request)
    if request.method != "POST":
        return _profile_page(request)
    form = ProfileForm(request.POST, request.FILES, user=user)
    if not form.is_valid():
        return _profile_page(request, form=form, status=400)
    User.objects.filter(pk=user.pk).update(display_name=form.cleaned_data["display_name"])
    if form.cleaned_data["picture"]:
        avatars.replace(user_id=user.pk, webp=form.cleaned_data["picture"])
    messages.success(request, "Saved.")
    return redirect("accounts:profile")


@login_required
@require_POST
def remove_picture(request: HttpRequest) -> HttpResponse:
    avatars.remove(user_id=_person(request).pk)
    messages.success(request, "The picture is gone.")
    return redirect("accounts:profile")


@login_required
@never_cache
@require_POST
@rate_limit(action="create_token")  # type: ignore[untyped-decorator]  # allauth has no types
def create_token(request: HttpRequest) -> HttpResponse:
    """Answers with the page itself: a redirect would have to keep the secret somewhere on the way."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _profile_page(request, token_form=form, status=400)
    try:
        token, secret = tokens.create(user_id=_person(request).pk, name=form.cleaned_data["name"])
    except ClientError as error:
        form.add_error("name", error.detail)
        return _profile_page(request, token_form=form, status=400)
    return _profile_page(request, new_token=token, secret=secret)


@login_required
@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    try:
        tokens.revoke(user_id=_person(request).pk, token_id=token_id)
    except ClientError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, "The token is revoked.")
    return redirect("accounts:profile")


@require_safe
def avatar(request: HttpRequest, name: str) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponseForbidden("Log in to see this picture.", content_type="text/plain")
    picture = avatars.read(name)
    if picture is None:
        return HttpResponseNotFound("No such picture.", content_type="text/plain")
    return HttpResponse(picture, content_type="image/webp", headers={"Cache-Control": _FOR_EVER})


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    state = first_run.token_state(token)
    if state != "valid":
        return _setup_over(request, state)
    form = SetupForm(request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/setup.html", {"form": form}, status=400 if form.is_bound else 200)
    try:
        user = first_run.create_first_account(**form.cleaned_data)
    except first_run.AlreadySetUpError:
        return _setup_over(request, "used")
    get_adapter(request).login(request, user)
    return redirect(arrival.first_room_path())


def second_step(request: HttpRequest) -> HttpResponse:
    """allauth's page for the code, without forms that lack one: it would take those for a security key."""
    if request.method == "POST" and "code" not in request.POST:
        return redirect("mfa_authenticate")
    response: HttpResponse = mfa_authenticate(request)
    return response


def _setup_over(request: HttpRequest, state: first_run.TokenState) -> HttpResponse:
    return render(request, "accounts/setup_over.html", {"state": state}, status=_SETUP_STATUS[state])


def _profile_page(request: HttpRequest, *, status: int = 200, **context: object) -> HttpResponse:
    user = _person(request)
    context = {
        "form": ProfileForm(user=user),
        "token_form": TokenForm(),
        "tokens": user.access_tokens.all(),
        **context,
    }
    return render(request, "accounts/profile.html", context, status=status)


def _person(request: HttpRequest) -> User:
    """The person behind `login_required`."""
    user = request.user
    assert isinstance(user, User)
    return user
