# syntax=docker/dockerfile:1
# One image for web, worker and beat; the command says which. No secret is ever built in.
FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.production.lock .
RUN python -m venv /venv \
 && /venv/bin/pip install --require-hashes --only-binary :all: --no-binary plaid-python \
      -r requirements.production.lock

FROM python:3.13-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    STATIC_ROOT=/app/staticfiles DJANGO_SETTINGS_MODULE=robo.settings
RUN groupadd --system --gid 10001 robo \
 && useradd --system --uid 10001 --gid robo --home-dir /app --shell /usr/sbin/nologin robo
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py ./
COPY robo robo
COPY accounts accounts
COPY onboarding onboarding
COPY portfolios portfolios
COPY funding funding
COPY partners partners
COPY templates templates
COPY static static
ARG PARTNER
ENV PARTNER=$PARTNER
# Static files are collected at build time; the values below serve this one command only.
RUN SECRET_KEY=build SEAL_KEYS=build DATABASE_URL=postgres://build@127.0.0.1/build \
    REDIS_URL=redis://127.0.0.1/0 BLUUM_BASE_URL=http://127.0.0.1 BLUUM_API_KEY=build \
    BLUUM_API_SECRET=build python manage.py collectstatic --noinput --verbosity 0
USER robo
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s CMD \
  ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["gunicorn", "robo.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", \
     "--access-logfile", "/dev/null", "--no-control-socket"]
