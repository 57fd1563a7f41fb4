# Each day's snapshot, if the shared secret says where to: one archive a node, none left on the disk.
cat >/usr/local/bin/blob-store <<'STORE'
#!/usr/bin/python3
"""Puts standard input into a blob, or removes blobs that are older than some days."""
import base64, datetime, email.utils, json, sys, urllib.request as web
import xml.etree.ElementTree as tree
BLOCK = 64 * 1024 * 1024
def call(method, url, body=None):
    way = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01"
    way += "&resource=https%3A%2F%2Fstorage.azure.com%2F&client_id=$client"
    token = json.load(web.urlopen(web.Request(way, headers={"Metadata": "true"}), timeout=30))["access_token"]
    headers = {"Authorization": "Bearer " + token, "x-ms-version": "2023-11-03"}
    return web.urlopen(web.Request(url, data=body, headers=headers, method=method), timeout=600).read()
def put(container, blob):
    blocks = []
    while data := sys.stdin.buffer.read(BLOCK):
        block = base64.urlsafe_b64encode(b"%08d" % len(blocks)).decode()
        call("PUT", f"{container}/{blob}?comp=block&blockid={block}", data)
        blocks.append(f"<Latest>{block}</Latest>")
    body = "<?xml version='1.0' encoding='utf-8'?><BlockList>" + "".join(blocks) + "</BlockList>"
    call("PUT", f"{container}/{blob}?comp=blocklist", body.encode())
def prune(container, prefix, days):
    oldest = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=int(days))
    found = tree.fromstring(call("GET", f"{container}?restype=container&comp=list&prefix={prefix}"))
    for blob in found.iter("Blob"):
        if email.utils.parsedate_to_datetime(blob.findtext("Properties/Last-Modified")) < oldest:
            call("DELETE", f"{container}/{blob.findtext('Name')}")
{"put": put, "prune": prune}[sys.argv[1]](*sys.argv[2:])
STORE
cat >/usr/local/bin/cassandra-snapshot <<'SNAPSHOT'
#!/bin/bash
set -euo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
read -r container days < <(vault-secret $shared_secret | python3 -c '
import json, sys
wanted = json.load(sys.stdin).get("snapshots")
print(wanted["container"], wanted["days"]) if wanted else print("none 0")')
[ "$$container" != none ] || exit 0
name=$$(date -u +%Y-%m-%d)
trap 'nodetool clearsnapshot -t "daily-$$name" >/dev/null' EXIT
nodetool snapshot -t "daily-$$name" >/dev/null
cd /var/lib/cassandra/data
find . -type d -path "*/snapshots/daily-$$name" -print0 |
  tar --create --gzip --null --files-from=- | blob-store put "$$container" "$node/$$name.tar.gz"
blob-store prune "$$container" "$node/" "$$days"
SNAPSHOT
chmod 755 /usr/local/bin/blob-store /usr/local/bin/cassandra-snapshot
cat >/etc/systemd/system/cassandra-snapshot.service <<'SERVICE'
[Service]
Type=oneshot
ExecStart=/usr/local/bin/cassandra-snapshot
SERVICE
cat >/etc/systemd/system/cassandra-snapshot.timer <<'TIMER'
[Timer]
OnCalendar=*-*-* $hour:00:00 UTC
RandomizedDelaySec=${spread}m
Persistent=true
[Install]
WantedBy=timers.target
TIMER
systemctl daemon-reload
systemctl enable --now cassandra-snapshot.timer
