# Each day's snapshot, if the shared secret says where to: one archive a node, none left on the disk.
cat >/usr/local/bin/blob-put <<'PUT'
#!/usr/bin/python3
"""Puts standard input into a blob, in blocks and with the machine's own identity."""
import base64, json, sys, urllib.request as web
BLOCK = 64 * 1024 * 1024
def put(url, body):
    way = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01"
    way += "&resource=https%3A%2F%2Fstorage.azure.com%2F&client_id=$client"
    token = json.load(web.urlopen(web.Request(way, headers={"Metadata": "true"}), timeout=30))["access_token"]
    headers = {"Authorization": "Bearer " + token, "x-ms-version": "2023-11-03"}
    web.urlopen(web.Request(url, data=body, headers=headers, method="PUT"), timeout=600).close()
blocks = []
while data := sys.stdin.buffer.read(BLOCK):
    block = base64.b64encode(b"%09d" % len(blocks)).decode()
    put(f"{sys.argv[1]}?comp=block&blockid={block}", data)
    blocks.append(f"<Latest>{block}</Latest>")
body = "<?xml version='1.0' encoding='utf-8'?><BlockList>" + "".join(blocks) + "</BlockList>"
put(f"{sys.argv[1]}?comp=blocklist", body.encode())
PUT
cat >/usr/local/bin/cassandra-snapshot <<'SNAPSHOT'
#!/bin/bash
set -euo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
container=$$(vault-secret $shared_secret | python3 -c 'import json, sys; print(json.load(sys.stdin).get("snapshots", ""))')
[ -n "$$container" ] || exit 0
name=$$(date -u +%Y-%m-%d)
trap 'nodetool clearsnapshot -t "daily-$$name" >/dev/null' EXIT
nodetool snapshot -t "daily-$$name" >/dev/null
cd /var/lib/cassandra/data
find . -type d -path "*/snapshots/daily-$$name" -print0 |
  tar --create --gzip --null --files-from=- | blob-put "$$container/$node/$$name.tar.gz"
SNAPSHOT
chmod 755 /usr/local/bin/blob-put /usr/local/bin/cassandra-snapshot
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
