"""A client of the webhook, signing by the reference library of Standard Webhooks."""

import datetime
import hashlib
import json
import uuid

import requests
from standardwebhooks.webhooks import Webhook


class Client:
    def __init__(self, url, secret):
        self.url, self.signer = url, Webhook(secret)

    def signed(self, method, path, body="", minutes_ago=0):
        # The id carries method, path and query into the signature.
        identity = f"{uuid.uuid4().hex}_{hashlib.sha256(f'{method} {path}'.encode()).hexdigest()}"
        at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes_ago)
        headers = {
            "content-type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self.signer.sign(identity, at, body),
        }
        return requests.Request(method, f"{self.url}{path}", headers=headers, data=body.encode()).prepare()

    def ask(self, method, path, value=None):
        return send(self.signed(method, path, json.dumps(value) if value is not None else ""))


def send(request):
    with requests.Session() as session:
        return session.send(request)
