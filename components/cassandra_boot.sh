#!/bin/bash
# Boots $node of $cluster. Holds no secret: certificates and passwords are fetched with $identity.
set -euo pipefail
exec >/var/log/cassandra-boot.log 2>&1
$begin

# The data volume outlives the instance: it is formatted once, when it is empty.
$device
for _ in $$(seq 120); do [ -e "$$device" ] && break; sleep 5; done
blkid "$$device" || mkfs.xfs "$$device"
mkdir -p /var/lib/cassandra
grep -q /var/lib/cassandra /etc/fstab || echo "$$device /var/lib/cassandra xfs defaults,noatime,nofail 0 2" >>/etc/fstab
mountpoint -q /var/lib/cassandra || mount /var/lib/cassandra

if [ "$install" = yes ]; then
$install_packages
  mkdir -p /opt/jmx-exporter
  curl --fail --silent --show-error --location --retry 5 --output /opt/jmx-exporter/agent.jar $exporter
fi
chown cassandra:cassandra /var/lib/cassandra

cat >/usr/local/bin/cassandra-materials <<'MATERIALS'
#!/bin/bash
# Fetches certificates and seeds; Cassandra reloads changed key stores by itself.
set -euo pipefail
umask 077
$environment
store=/etc/cassandra/tls
mkdir -p $$store
[ -s $$store/password ] || openssl rand -hex 24 >$$store/password
shared=$$($fetch_shared)
own=$$($fetch_own)
pick() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]], end="")' "$$1"; }
pick authority <<<"$$shared" >$$store/authority.pem
pick seeds <<<"$$shared" >$$store/seeds
pick certificate <<<"$$own" >$$store/node.pem
pick key <<<"$$own" >$$store/node.key
openssl pkcs12 -export -name node -in $$store/node.pem -inkey $$store/node.key -certfile $$store/authority.pem \
  -passout file:$$store/password -out $$store/keystore.new
rm -f $$store/truststore.new
keytool -importcert -noprompt -alias authority -file $$store/authority.pem -storetype PKCS12 \
  -storepass:file $$store/password -keystore $$store/truststore.new
mv $$store/keystore.new $$store/keystore.p12
mv $$store/truststore.new $$store/truststore.p12
chown -R cassandra:cassandra $$store
MATERIALS
chmod 755 /usr/local/bin/cassandra-materials
for _ in $$(seq 30); do /usr/local/bin/cassandra-materials && break; sleep 10; done
cat >/etc/systemd/system/cassandra-materials.service <<'SERVICE'
[Service]
Type=oneshot
ExecStart=/usr/local/bin/cassandra-materials
SERVICE
cat >/etc/systemd/system/cassandra-materials.timer <<'TIMER'
[Timer]
OnCalendar=daily
RandomizedDelaySec=1h
[Install]
WantedBy=timers.target
TIMER
systemctl daemon-reload
systemctl enable --now cassandra-materials.timer

password=$$(cat /etc/cassandra/tls/password)
seeds=$$(cat /etc/cassandra/tls/seeds)
umask 027
cat >$$conf/cassandra.yaml <<CONFIGURATION
$configuration
CONFIGURATION
cat >$$conf/cassandra-rackdc.properties <<'PLACE'
dc=$datacenter
rack=$zone
PLACE
cat >/etc/cassandra/exporter.yaml <<EXPORTER
httpServer:
  ssl:
    keyStore: {filename: /etc/cassandra/tls/keystore.p12, type: PKCS12, password: $$password}
    certificate: {alias: node}
    protocols: TLSv1.2,TLSv1.3
lowercaseOutputName: true
rules:
  - pattern: org.apache.cassandra.metrics<type=(Connection|Streaming), scope=(\S*), name=(\S*)><>(Count|Value)
    name: cassandra_\$$1_\$$3
  - pattern: org.apache.cassandra.metrics<type=(\S*)(?:, scope=(\S*))?, name=(\S*)><>(Count|Value|99thPercentile)
    name: cassandra_\$$1_\$$3_\$$4
EXPORTER
grep -q jmx-exporter $$conf/cassandra-env.sh ||
  echo 'JVM_OPTS="$$JVM_OPTS -javaagent:/opt/jmx-exporter/agent.jar=$exporter_port:/etc/cassandra/exporter.yaml"' >>$$conf/cassandra-env.sh
$permissions
mkdir -p /root/.cassandra
cat >/root/.cassandra/cqlshrc <<'CQLSH'
[connection]
hostname = $address
port = $native_port
ssl = true
[ssl]
certfile = /etc/cassandra/tls/authority.pem
usercert = /etc/cassandra/tls/node.pem
userkey = /etc/cassandra/tls/node.key
validate = true
CQLSH
systemctl enable cassandra
systemctl restart cassandra
$finish