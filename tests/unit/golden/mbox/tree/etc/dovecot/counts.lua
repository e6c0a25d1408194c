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

-- Of a kind, for so many seconds.
return function(kind, span)
    local counts = {}

    function counts.of(key)
        local found = 0
        for _, line in ipairs(read(place(kind, key), span)) do
            found = found + (line:match("^%d+ (.*)$") == key and 1 or 0)
        end
        return found
    end

    function counts.add(key)
        local path = place(kind, key)
        local lines = read(path, span)
        lines[#lines + 1] = os.time() .. " " .. key
        write(path, lines)
    end

    -- The last one, or all.
    function counts.take_back(key, all)
        local path = place(kind, key)
        local lines = read(path, span)
        for index = #lines, 1, -1 do
            if lines[index]:match("^%d+ (.*)$") == key then
                table.remove(lines, index)
                if not all then
                    break
                end
            end
        end
        write(path, lines)
    end

    return counts
end
