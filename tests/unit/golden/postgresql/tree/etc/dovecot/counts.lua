-- What the scripts beside this one count, in files on tmpfs: Dovecot gives each passdb and userdb of each protocol a Lua of its own.
-- All run in one process, one after the other, so that nothing need be locked. A line is a time and what was counted then.
local FOLDER <const>, BUCKETS <const> = "/run/dovecot-counts", 256

local function place(kind, key)
    local sum = 0
    for index = 1, #key do
        sum = (sum * 31 + key:byte(index)) % BUCKETS
    end
    return ("%s/%s-%d"):format(FOLDER, kind, sum)
end

local function read(path, span)
    local lines, file = {}, io.open(path)
    for line in file and file:lines() or function() end do
        if os.time() - (tonumber(line:match("^%d+")) or 0) < span then
            lines[#lines + 1] = line
        end
    end
    if file then
        file:close()
    end
    return lines
end

local function write(path, lines)
    local file <close> = assert(io.open(path, "w"))
    for _, line in ipairs(lines) do
        file:write(line, "\n")
    end
end

local function counted(line)
    return line:match("^%d+ (.*)$")
end

local function number(lines, key)
    local found = 0
    for _, line in ipairs(lines) do
        found = found + (counted(line) == key and 1 or 0)
    end
    return found
end

-- Of a kind, for so many seconds.
return function(kind, span)
    local counts = {}

    function counts.of(key)
        return number(read(place(kind, key), span), key)
    end

    -- Count once more, unless it is as many already; whether it was counted.
    function counts.add_below(key, most)
        local path = place(kind, key)
        local lines = read(path, span)
        if number(lines, key) >= most then
            return false
        end
        lines[#lines + 1] = os.time() .. " " .. key
        write(path, lines)
        return true
    end

    -- The last one is as if it had not been.
    function counts.take_back(key)
        local path = place(kind, key)
        local lines = read(path, span)
        for index = #lines, 1, -1 do
            if counted(lines[index]) == key then
                table.remove(lines, index)
                break
            end
        end
        write(path, lines)
    end

    -- One, of now, in place of all that were.
    function counts.renew(key)
        local path = place(kind, key)
        local kept = {}
        for _, line in ipairs(read(path, span)) do
            if counted(line) ~= key then
                kept[#kept + 1] = line
            end
        end
        kept[#kept + 1] = os.time() .. " " .. key
        write(path, kept)
    end

    return counts
end
