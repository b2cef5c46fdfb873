"""Finding and fetching a case beyond the own clinic (异地查询、调档)."""
