INSERT INTO run_effects (source, board, run_id, listed, opened, changed, closed, reopened, suspect, version, recorded_at)
SELECT source, board, run_id, 10, 0, 0, 0, 0, false, 1, observed_at + toIntervalMinute(1)
FROM ({crawls})
