-- Posts the bodies of a file in turn; at the end prints one line of JSON.
-- usage: wrk ... -s wrk.lua URL -- FILE [numbered]
-- FILE has one body per line or, where its name ends in .framed, each body after its length and a line end.
-- "numbered" gives each request an id of its own, as many proxies do.

local requests = {}
local sent = 0
local is_numbered = false

local function add(body)
  requests[#requests + 1] = wrk.format(nil, nil, nil, body)
end

function init(args)
  wrk.method = "POST"
  is_numbered = args[2] == "numbered"
  wrk.headers["Content-Type"] = "application/json"
  if args[1]:match("%.framed$") then
    local file = assert(io.open(args[1], "rb"))
    local length = file:read("*l")
    while length do
      add(file:read(tonumber(length)))
      length = file:read("*l")
    end
    file:close()
  else
    for body in io.lines(args[1]) do
      add(body)
    end
  end
end

function request()
  sent = sent + 1
  local following = requests[(sent - 1) % #requests + 1]
  if is_numbered then
    local ends = following:find("\r\n", 1, true)
    return following:sub(1, ends + 1) .. string.format("X-Request-Id: request-%d\r\n", sent) .. following:sub(ends + 2)
  end
  return following
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nresult {"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
