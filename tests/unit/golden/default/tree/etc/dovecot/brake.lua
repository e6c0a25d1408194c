-- How many passwords are checked for one client: the first that Dovecot asks when somebody signs in (docs/guessing.md).
-- https://doc.dovecot.org/2.4/core/config/auth/databases/lua.html
--
-- All logins go by one process, one after the other, so that no number of connections slips past. Whoever signs in gets his check
-- back, so that only wrong passwords use them up; but for who sends, of whom Dovecot hears nothing more.
local MOST <const>, MINUTE <const> = 10, 60
local RESULT <const> = dovecot.auth
local HELD <const> = "too many wrong passwords from %s; try again in a minute"

local counted = dofile("/etc/dovecot/counts.lua")
local reading, sending = counted("reading", MINUTE), counted("sending", MINUTE)
local gateways = {}

-- Docker's gateway stands for clients whose address nobody knows: each account is counted there by itself.
function script_init()
    for line in io.lines("/run/mailstead/gateways") do
        gateways[line:match("%S+")] = true
    end
    return 0
end

-- IPv6: one customer has a /64 at least. Its first four parts, the zeros of a :: put in.
local function network(address)
    if not address:find(":", 1, true) then
        return address
    end
    local head, tail = address:match("^(.-)::(.*)$")
    local parts = {}
    for part in (head or address):gmatch("[^:]+") do
        parts[#parts + 1] = part
    end
    local _, behind = (tail or ""):gsub("[^:]+", "")
    for _ = 1, head and 8 - #parts - behind or 0 do
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

function auth_password_verify(request)
    if not request.remote_ip or request.remote_ip == "" then
        return RESULT.PASSDB_RESULT_NEXT
    end
    local one, checks = who(request), request.protocol == "smtp" and sending or reading
    if not checks.add_below(one, MOST) then
        return RESULT.PASSDB_RESULT_INTERNAL_FAILURE, HELD:format(one)
    end
    return RESULT.PASSDB_RESULT_NEXT
end

-- Asked of an account that has just signed in, and of every recipient, who comes from nowhere.
function auth_userdb_lookup(request)
    if request.remote_ip and request.remote_ip ~= "" then
        reading.take_back(who(request))
    end
    return RESULT.USERDB_RESULT_USER_UNKNOWN
end

function auth_userdb_iterate()
    return {}
end
