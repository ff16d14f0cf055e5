"""
The REST API from Python, with httpx (pip install httpx, or apt install python3-httpx) and nothing else: a computer is created, opens a page, runs a command,
is clicked, is looked at, and is deleted. Run it beside a service: `python3 examples/rest_httpx.py [folder for the picture]`. VITRINE_URL and VITRINE_API_KEY are
as everywhere.
"""

import base64
import os
import pathlib
import sys

import httpx

folder = sys.argv[1] if len(sys.argv) > 1 else "."
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
    computer = call("POST", "/v1/computers", json={"ttl_s": 1800, "browser": {"url": "data:text/html,<h1>Hello from Python"}})
    path = f"/v1/computers/{computer['id']}"
    try:
        print(f"{computer['name']} is {computer['status']}. Watch it at {computer['live_url']}")
        ran = call("POST", f"{path}/exec", json={"command": "uname -s; id -un"})
        print("It says:", ran["stdout"].split())
        actions = [{"type": "click", "x": 300, "y": 300}, {"type": "cursor_position"}]
        done = call("POST", f"{path}/actions", json={"actions": actions, "screenshot": "after"})
        pathlib.Path(folder, "rest_httpx.png").write_bytes(base64.b64decode(done["screenshot"]["data"]))
        print("The pointer is at", done["results"][1]["x"], done["results"][1]["y"])
    finally:
        call("DELETE", path)
    print("It is deleted.")
