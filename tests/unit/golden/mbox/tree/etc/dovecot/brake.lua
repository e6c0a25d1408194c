-- How many passwords are checked for one client: the first that Dovecot asks when somebody signs in (docs/guessing.md).
-- https://doc.dovecot.org/2.4/core/config/auth/databases/lua.html
--
-- All of Dovecot's logins go by one process, one after the other, so that no number of connections slips past. Whoever
-- signs in gets his check back: only wrong passwords use them up.
local MOST <const>, MINUTE <const>, SWEEP <const> = 10, 60, 1000
local RESULT <const> = dovecot.auth
local HELD <const> = "too many wrong passwords from %s; try again in a minute"

local checks, asked, gateways = {}, 0, {}

-- Docker's gateway stands for clients whose address nobody knows: each account is counted there by itself.
function script_init()
    for line in io.lines("/run/mailstead/gateways") do
        gateways[line:match("%S+")] = true
    end
    return 0
end

-- IPv6: one customer has a /64 at least.
local function network(address)
    if not address:find(":", 1, true) then
        return address
    end
    local head, tail = address:match("^(.-)::(.*)$")
    local parts = {}
    for part in (head or address):gmatch("[^:]+") do
        parts[#parts + 1] = part
    end
    for _ = 1, head and 8 - #parts - select(2, tail:gsub("[^:]+", "")) or 0 do
        parts[#parts + 1] = "0"
    end
    for part in (tail or ""):gmatch("[^:]+") do
        parts[#parts + 1] = part
    end
    return table.concat(parts, ":", 1, 4) .. "::/64"
end

local function who(request)
    local address = request.remote_ip
    return gateways[address] and request.user .. " by " .. address or network(address)
end

-- Those of the last minute.
local function recent(one, now)
    local kept = {}
    for _, time in ipairs(checks[one] or {}) do
        if now - time < MINUTE then
            kept[#kept + 1] = time
        end
    end
    checks[one] = #kept > 0 and kept or nil
    return kept
end

local function sweep(now)
    asked = asked + 1
    if asked % SWEEP == 0 then
        for one in pairs(checks) do
            recent(one, now)
        end
    end
end

function auth_password_verify(request)
    if not request.remote_ip or request.remote_ip == "" then
        return RESULT.PASSDB_RESULT_NEXT
    end
    local one, now = who(request), os.time()
    local before = recent(one, now)
    if #before >= MOST then
        return RESULT.PASSDB_RESULT_INTERNAL_FAILURE, HELD:format(one)
    end
    before[#before + 1] = now
    checks[one] = before
    sweep(now)
    return RESULT.PASSDB_RESULT_NEXT
end

-- Asked of an account that has just signed in, and of every recipient, who comes from nowhere.
function auth_userdb_lookup(request)
    if request.remote_ip and request.remote_ip ~= "" then
        table.remove(checks[who(request)] or {})
    end
    return RESULT.USERDB_RESULT_USER_UNKNOWN
end

function auth_userdb_iterate()
    return {}
end
