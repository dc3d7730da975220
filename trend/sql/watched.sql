-- The weeks or months in which any board was healthy: seen whole, or, of a thread of posts, seen at all. In others
-- nobody looked, and no vacancy is not a zero.
--   unit       week or month
SELECT DISTINCT arrayJoin(if({unit:String} = 'week', arrayMap(day -> toMonday(day), healthy_days), [month])) AS start
FROM v_board_months
WHERE notEmpty(healthy_days)
ORDER BY start
