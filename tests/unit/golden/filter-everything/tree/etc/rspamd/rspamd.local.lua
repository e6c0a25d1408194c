-- Who may be signed for, and whose account something belongs to, by what the mail container says of our people.
local SIGNING = "/var/lib/signing"
local NAMES = { "senders", "selectors" }

local maps = {}
for _, name in ipairs(NAMES) do
  maps[name] = rspamd_config:add_map {
    type = "map",
    url = string.format("file://%s/%s.map", SIGNING, name),
    description = name,
  }
end

local function value(name, key)
  return maps[name] and maps[name]:get_key(key) or ""
end

-- What has just been written is in the file, and not in the map before rspamd has looked at its date (options.inc).
local function newest(name, key)
  local known, file = value(name, key), io.open(string.format("%s/%s.map", SIGNING, name))
  if known ~= "" or not file then
    return known
  end
  for line in file:lines() do
    if line:sub(1, #key + 1) == key .. " " then
      known = line:sub(#key + 2)
      break
    end
  end
  file:close()
  return known
end

-- The logins that may send as an address, in the order of the directory; alice+lists@ is alice's.
local function logins(address, look)
  local user, domain = (address or ""):lower():match("^(.+)@([^@]+)$")
  local found = {}
  if user then
    local known = look("senders", user .. "@" .. domain)
    if known == "" then
      known = look("senders", (user:match("^[^+]+") or user) .. "@" .. domain)
    end
    for login in known:gmatch("[^,]+") do
      table.insert(found, login)
    end
  end
  return found
end

-- A domain's keys that sign, RSA first: where the mail container puts them.
local function keys(domain)
  local found = {}
  for selector in newest("selectors", domain):gmatch("[^,]+") do
    local path = string.format("%s/keys/%s.%s.key", SIGNING, domain, selector)
    table.insert(found, { domain = domain, selector = selector, key = path })
  end
  return found
end

local function belongs(task, address)
  local login, sender = task:get_user():lower(), (task:get_from("smtp") or {})[1]
  -- Postfix has seen that the sender on the envelope is the login's, by the expressions of the directory too.
  if sender and sender.addr:lower() == address:lower() then
    return true
  end
  for _, one in ipairs(logins(address, newest)) do
    if one == login then
      return true
    end
  end
  return false
end

mailstead = {}

-- The account behind a login or an address, whatever name it goes by; what is nobody's stands for itself.
function mailstead.account(name)
  return name and (logins(name, value)[1] or name:lower())
end

-- Sign for who has signed in, under the one From there is, if it is his.
function mailstead.signatures(task)
  local from = task:get_from("mime") or {}
  local alone = #from == 1 and task:get_header_count("From") == 1
  if not task:get_user() or not alone or not belongs(task, from[1].addr) then
    return nil
  end
  local found = keys(from[1].domain:lower())
  return found[1] and found
end

-- A letter without our signature may pass for the other's all the same: so it is not sent.
rspamd_config.FROM_OF_ANOTHER = {
  callback = function(task)
    local login = task:get_user()
    for _, from in ipairs(login and task:get_from("mime") or {}) do
      if not belongs(task, from.addr) then
        local said = "%s is not an address of %s, who has signed in: it cannot stand in From"
        task:set_pre_result("reject", said:format(from.addr, login:lower()), "from")
        return true, from.addr
      end
    end
  end,
  score = 0.0,
  group = "policies",
  description = "From is not an address of whoever has signed in",
}

-- Seal what strangers send to us.
function mailstead.seal(task)
  local ip, to = task:get_from_ip(), task:get_recipients("smtp") or {}
  if task:get_user() or not to[1] or (ip and ip:is_local()) then
    return nil
  end
  return keys(to[1].domain:lower())[1]
end

require("lua_selectors").register_extractor(rspamd_config, "account", {
  get_value = function(task)
    local login = task:get_user()
    if login then
      return mailstead.account(login), "string"
    end
    return nil
  end,
  description = "The account of whoever has signed in",
})

-- There is no virus scanner: what Windows starts by a click is not taken from strangers at all, packed into an archive or not.
local PROGRAMS = {
  ["bat"] = true,
  ["chm"] = true,
  ["cmd"] = true,
  ["com"] = true,
  ["cpl"] = true,
  ["exe"] = true,
  ["hta"] = true,
  ["jar"] = true,
  ["js"] = true,
  ["jse"] = true,
  ["lnk"] = true,
  ["msi"] = true,
  ["msp"] = true,
  ["pif"] = true,
  ["ps1"] = true,
  ["reg"] = true,
  ["scr"] = true,
  ["sct"] = true,
  ["vbe"] = true,
  ["vbs"] = true,
  ["ws"] = true,
  ["wsf"] = true,
  ["wsh"] = true,
}

local function program(part)
  local names = part:is_archive() and part:get_archive():get_files(1000) or {}
  table.insert(names, part:get_filename() or "")
  table.insert(names, "." .. (part:get_detected_ext() or ""))
  for _, name in ipairs(names) do
    if PROGRAMS[(name:match("%.([^.]+)$") or ""):lower()] then
      return name
    end
  end
end

rspamd_config.PROGRAM_ATTACHED = {
  callback = function(task)
    for _, part in ipairs(task:get_parts() or {}) do
      local name = not part:is_text() and not part:is_multipart() and program(part)
      if name then
        task:set_pre_result("reject", "Programs are not accepted as attachments", "programs")
        return true, name
      end
    end
  end,
  score = 0.0,
  group = "mime_types",
  description = "A program is attached",
}

-- No databases of Hyperscan, which make expressions faster: they take 17 s of a processor to compile, 300 MB meanwhile and 60 MB
-- in each process from then on. disable_hyperscan leaves some of them in; so the store that is asked whether one is there
-- already never answers, and has none.
local nothing = {}
for _, name in ipairs({ "exists_async", "load_async", "save_async" }) do
  nothing[name] = function() end
end
for _, name in ipairs({ "exists_sync", "load_sync", "save_sync" }) do
  nothing[name] = function()
    return nil, "not kept"
  end
end
package.loaded["lua_hs_cache"] = {
  create_backend = function()
    return nothing
  end,
}
