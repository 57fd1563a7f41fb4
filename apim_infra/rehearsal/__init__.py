"""The rehearsal: Pulumi's engine and the clouds, played by this library, for an unmodified program."""
