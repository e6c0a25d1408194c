-- Run before a signature is put on a message: refuses what setup.lua has found to be forged.
if verdict == nil then
  odkim.set_result(ctx, SMFIS_TEMPFAIL)
elseif verdict ~= "good" then
  odkim.set_reply(ctx, "550", "5.7.1", verdict)
  odkim.set_result(ctx, SMFIS_REJECT)
end
return nil
