"""
The REST API from Python, with httpx (pip install httpx, or apt install python3-httpx) and nothing else: a computer is created, opens a page, is looked at, runs
a command and is deleted. Run it beside a service: `python3 examples/rest_httpx.py`. VITRINE_URL and VITRINE_API_KEY are as everywhere.
"""

import base64
import os
import pathlib

import httpx

url = os.environ.get("VITRINE_URL", "http://127.0.0.1:7780")
data = pathlib.Path(os.environ.get("XDG_DATA_HOME") or pathlib.Path.home() / ".local/share")
key = os.environ.get("VITRINE_API_KEY") or (data / "vitrine/api-key").read_text().strip()

# A create waits until the computer runs, and a machine without KVM takes its time.
with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=600) as vitrine:

    def call(method, path, **options):
        answer = vitrine.request(method, path, **options)
        if answer.is_error:  # {"error": {"code", "message", "details", "request_id"}}
            raise SystemExit(f"{method} {path}: {answer.text}")
        return answer.json() if answer.content else None

    # ttl_s: should this program be killed, the computer is deleted all the same.
    computer = call("POST", "/v1/computers", json={"ttl_s": 1800})
    path = f"/v1/computers/{computer['id']}"
    try:
        print(f"{computer['name']} is {computer['status']}. Watch it at {computer['live_url']}")
        ran = call("POST", f"{path}/exec", json={"command": "uname -s; id -un"})
        print("It says:", ran["stdout"].split())
        actions = [{"type": "navigate", "url": "data:text/html,<title>Hello</title><h1>Hello from Python"}]
        done = call("POST", f"{path}/actions", json={"actions": actions, "screenshot": "after"})
        picture = base64.b64decode(done["screenshot"]["data"])
        print("The page opened:", done["results"][0]["ok"], "- the picture has", len(picture), "bytes")
    finally:
        call("DELETE", path)
    print("It is deleted.")
