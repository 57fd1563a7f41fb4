"""The policy pack of the platform: what `pulumi preview --policy-pack policies` and `apim policy check` both hold a stack to."""
