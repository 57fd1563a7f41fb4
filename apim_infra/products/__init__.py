"""Gateway products: what each needs, and the values of its chart made from settings and the platform's outputs."""
