"""Disaster recovery: the platform rebuilt in another region from its backups."""
