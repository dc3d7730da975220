-- Dead letters that nobody has dealt with, by stage, and of these the ones that failed within some seconds
-- before a moment.
SELECT
    d.stage AS stage, countIf(d.failed_at > toDateTime({at:String}, 'UTC') - toIntervalSecond({seconds:Int64})) AS recent,
    count() AS open, argMax(d.reason, d.failed_at) AS reason
FROM v_dead AS d
WHERE d.state = 'open' AND d.failed_at <= toDateTime({at:String}, 'UTC')
GROUP BY d.stage
ORDER BY stage
LIMIT {rows_max:UInt64}
