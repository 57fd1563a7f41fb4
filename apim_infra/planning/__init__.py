"""Planning: from settings to addresses, allowed flows, placement and hosts, and every reason to refuse; no pulumi."""
