# SPDX-License-Identifier: Apache-2.0
"""What a running natmill answers over HTTP."""

import http.client
import json

from exposition import Metrics


def get(process, path, method="GET"):
    """Status and text. process: or HOST:PORT where it answers."""
    at = process if isinstance(process, str) else process.http_at()
    connection = http.client.HTTPConnection(at, timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def status(process):
    code, text = get(process, "/status")
    assert code == 200, text
    return json.loads(text)


def metrics(process):
    code, text = get(process, "/metrics")
    assert code == 200, text
    return Metrics(text)
