-- How often strangers may try the password of one account, from however many addresses: asked when no app password was the right
-- one, before the account's own is checked (docs/guessing.md).
--
-- A stranger is an address from which nobody has signed in to this account for 30 days, as far as is known since the start.
local MOST <const>, HOUR <const>, MONTH <const> = 60, 3600, 30 * 86400
local RESULT <const> = dovecot.auth
local HELD <const> = "too many wrong passwords for %s; try again in an hour, or with an app password"

local counted = dofile("/etc/dovecot/counts.lua")
local checks, friends = counted("strangers", HOUR), counted("friends", MONTH)

local function pair(request)
    return request.user .. " from " .. request.remote_ip
end

function auth_password_verify(request)
    if not request.remote_ip or request.remote_ip == "" or friends.of(pair(request)) > 0 then
        return RESULT.PASSDB_RESULT_NEXT
    end
    if not checks.add_below(request.user, MOST) then
        return RESULT.PASSDB_RESULT_INTERNAL_FAILURE, HELD:format(request.user)
    end
    return RESULT.PASSDB_RESULT_NEXT
end

-- Asked of an account that has just signed in, and of every recipient, who comes from nowhere.
function auth_userdb_lookup(request)
    if request.remote_ip and request.remote_ip ~= "" then
        friends.renew(pair(request))
    end
    return RESULT.USERDB_RESULT_USER_UNKNOWN
end

function auth_userdb_iterate()
    return {}
end
