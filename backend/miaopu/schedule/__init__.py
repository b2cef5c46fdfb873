"""The schedule engine from Python: running it, importing and finding schedules (免疫程序)."""
