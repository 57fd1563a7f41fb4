# $fingerprint
for _ in $$(seq $attempts); do
  state=$$(nodetool status 2>/dev/null || true)
  if grep -Eq "^UN +$address " <<<"$$state" && ! grep -Eq "^(D.|U[JLM]) " <<<"$$state"; then exit 0; fi
  sleep 10
done
echo "$address is not up and normal, or another node is not: $$state"
exit 1
