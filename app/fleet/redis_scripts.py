"""What has to happen in one step at the Redis. Times are the server's: the clocks of machines differ."""

_NOW = "local time = redis.call('TIME')\nlocal now = time[1] * 1000 + math.floor(time[2] / 1000)\n"

TAKE_LINE = (
    _NOW
    + """
local lines, holder_key = KEYS[1], KEYS[2]
local session, call, process, limit, lease = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
if call ~= '' then
    local holder = redis.call('GET', holder_key)
    if holder and holder ~= process then return {'held-elsewhere', holder} end
end
redis.call('ZREMRANGEBYSCORE', lines, '-inf', now)
if limit > 0 and redis.call('ZCARD', lines) >= limit then return {'full', ''} end
redis.call('ZADD', lines, now + lease, session)
redis.call('PEXPIRE', lines, lease)
if call ~= '' then redis.call('SET', holder_key, process, 'PX', lease) end
return {'given', ''}
"""
)

TAKE_ORDER = (
    _NOW
    + """
local orders, limit, order = KEYS[1], tonumber(ARGV[1]), ARGV[2]
redis.call('ZREMRANGEBYSCORE', orders, '-inf', now - 60000)
if redis.call('ZCARD', orders) >= limit then
    return redis.call('ZRANGE', orders, 0, 0, 'WITHSCORES')[2] + 60000 - now
end
redis.call('ZADD', orders, now, order)
redis.call('PEXPIRE', orders, 60000)
return 0
"""
)

BEAT = (
    _NOW
    + """
local lines, processes = KEYS[1], KEYS[2]
local process, lease, channel = ARGV[1], tonumber(ARGV[2]), ARGV[3]
for index = 4, #ARGV do redis.call('ZADD', lines, now + lease, ARGV[index]) end
for index = 3, #KEYS do redis.call('SET', KEYS[index], process, 'PX', lease) end
redis.call('ZADD', processes, now + lease, process)
redis.call('PEXPIRE', lines, lease)
redis.call('PEXPIRE', processes, lease)
redis.call('ZREMRANGEBYSCORE', lines, '-inf', now)
redis.call('ZREMRANGEBYSCORE', processes, '-inf', now)
redis.call('PUBLISH', channel, process)
return {redis.call('ZCARD', lines), redis.call('ZCARD', processes)}
"""
)
