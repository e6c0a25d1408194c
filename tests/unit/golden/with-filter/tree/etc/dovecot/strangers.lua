-- How often strangers may try the password of one account, from however many addresses: asked when no app password was the right
-- one, before the account's own is checked (docs/guessing.md).
--
-- A stranger is an address from which nobody has signed in to this account for 30 days, as far as this process remembers.
local MOST <const>, HOUR <const>, MONTH <const>, SWEEP <const> = 60, 3600, 30 * 86400, 1000
local RESULT <const> = dovecot.auth
local HELD <const> = "too many wrong passwords for %s; try again in an hour, or with an app password"

local checks, friends, asked = {}, {}, 0

local function pair(request)
    return request.user .. " " .. request.remote_ip
end

local function recent(account, now)
    local kept = {}
    for _, time in ipairs(checks[account] or {}) do
        if now - time < HOUR then
            kept[#kept + 1] = time
        end
    end
    checks[account] = #kept > 0 and kept or nil
    return kept
end

local function sweep(now)
    asked = asked + 1
    if asked % SWEEP == 0 then
        for account in pairs(checks) do
            recent(account, now)
        end
        for one, time in pairs(friends) do
            friends[one] = now - time < MONTH and time or nil
        end
    end
end

function auth_password_verify(request)
    local now = os.time()
    if not request.remote_ip or request.remote_ip == "" or now - (friends[pair(request)] or 0) < MONTH then
        return RESULT.PASSDB_RESULT_NEXT
    end
    local before = recent(request.user, now)
    if #before >= MOST then
        return RESULT.PASSDB_RESULT_INTERNAL_FAILURE, HELD:format(request.user)
    end
    before[#before + 1] = now
    checks[request.user] = before
    sweep(now)
    return RESULT.PASSDB_RESULT_NEXT
end

-- Asked of an account that has just signed in, and of every recipient, who comes from nowhere.
function auth_userdb_lookup(request)
    if request.remote_ip and request.remote_ip ~= "" then
        friends[pair(request)] = os.time()
    end
    return RESULT.USERDB_RESULT_USER_UNKNOWN
end

function auth_userdb_iterate()
    return {}
end
