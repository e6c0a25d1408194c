-- Run for each message that somebody who has signed in sends, once its header is there (opendkim-lua(3)).
-- Its one From must be an address of the login: then it is signed with the key of the domain in it; if not, final.lua refuses it.

-- A value of one of the directory's tables, a constant database (mailstead/cdb.py); nil where it has none.
local function value(path, key)
  local file = assert(io.open(path, "rb"))
  local function pair(place)
    file:seek("set", place)
    return string.unpack("<I4I4", file:read(8))
  end
  local hash = 5381
  for place = 1, #key do
    hash = (hash * 33 & 0xffffffff) ~ key:byte(place)
  end
  local begin, slots = pair(hash % 256 * 8)
  local found
  for step = 0, slots - 1 do
    local known, place = pair(begin + (hash // 256 + step) % slots * 8)
    if place == 0 then break end
    if known == hash then
      local length, rest = pair(place)
      if file:read(length) == key then
        found = file:read(rest)
        break
      end
    end
  end
  file:close()
  return found
end

local function domain(address)
  return address:match("@([^@]*)$") or ""
end

-- The address in a From; Postfix has let none pass that could be read in two ways (from.pcre).
local function address(text)
  local found = text:match("<%s*([^<>]-)%s*>%s*$") or text:gsub("%b()%s*$", ""):match("^%s*(%S+)%s*$")
  return (found or ""):lower()
end

local function without_detail(address)
  return (address:gsub("%+[^@]*@", "@"))
end

local function belongs(author, login)
  -- Postfix has seen that the sender on the envelope is the login's, by the expressions of the directory too.
  local sender = (odkim.get_envfrom(ctx) or ""):lower():gsub("[<>]", "")
  if author == sender then return true end
  local logins = value("/var/lib/mailstead/projection/senders.cdb", author) or value("/var/lib/mailstead/projection/senders.cdb", without_detail(author)) or ""
  return ("," .. logins .. ","):find("," .. login .. ",", 1, true) ~= nil
end

local function refusal(author, login)
  if odkim.get_header(ctx, "From", 1) then return "a letter has one From; this one has more" end
  if not belongs(author, login) then
    return author .. " is not an address of " .. login .. ", who has signed in: it cannot stand in From"
  end
end

local function sign(with)
  if odkim.sign(ctx, with) ~= 1 then odkim.set_result(ctx, SMFIS_TEMPFAIL) end
end

local from = odkim.get_header(ctx, "From", 0)
-- What OpenDKIM says when it tries this script at its start, without a message.
if from == "dkimf_xs_getheader" then return nil end

local author, login = address(from), (odkim.get_mtasymbol(ctx, "{auth_authen}") or ""):lower()
local refused = refusal(author, login)
local ours = domain(author) ~= "mail.example.org" and value("/var/lib/mailstead/projection/domains.cdb", domain(author))
if refused then
  -- Only what is to be signed comes to final.lua, which is where a sentence can be said.
  sign(domain(login))
elseif ours then
  sign(domain(author))
end
odkim.export(ctx, "verdict", refused or "good")
return nil
