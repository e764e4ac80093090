-- What commands print. A slide names the commands, the build runs them
-- (tools/outputs.mjs), and what the last one says stands on the slide:
--
--     ::: {.output from="A and B are equal" lines=1}
--     ```commands
--     fishbowl demo golden --handler inline --ring before.ring
--     fishbowl demo golden --handler named --ring after.ring
--     fishbowl diff before.ring after.ring
--     ```
--     Caption: what to look for.
--     :::
local trouble = require("trouble")
local M = {}

local VERBS = {demo = true, diff = true, print = true, learn = true}
local ATTRIBUTES = {from = true, lines = true, status = true, show = true,
                    columns = true}

function M.is_commands(code)
    return code.classes[1] == "commands"
end

-- Words that need no shell, and stay in the folder that they are run in.
local function check_command(line)
    local verb, what = line:match("^fishbowl (%l+) ?(%S*)")

    if not VERBS[verb] or (verb == "learn" and what ~= "mutants") then
        trouble.say("an output is of fishbowl demo, diff, print or learn " ..
                    "mutants, not of: %s", line)
    elseif what == "" then
        trouble.say("an output: %s what? A name must follow", line)
    elseif line:match("[^%w%s=.,:_-]") or line:match("%.%.") then
        trouble.say("an output: %s: words of letters, digits and =.,:_- (no " ..
                    "folders, no shell)", line)
    end
end

local function check_attributes(div)
    for name, value in pairs(div.attributes) do
        if not ATTRIBUTES[name] then
            trouble.say("an output does not know %s", name)
        elseif (name == "lines" or name == "status" or name == "columns") and
            not value:match("^%d%d?$") then
            trouble.say("an output: %s=%s is no number", name, value)
        elseif name == "show" and value ~= "last" then
            trouble.say("an output: show=%s (show=last leaves out the " ..
                        "commands before the last)", value)
        end
    end
end

-- The commands of the div and its caption; the fields for the hook.
function M.make(div)
    local code = div.content[1]
    local fields = {kind = "output"}

    check_attributes(div)
    if code == nil or code.t ~= "CodeBlock" or not M.is_commands(code) or
        #div.content < 2 then
        trouble.say("an output is a block ```commands, and below it what to " ..
                    "look for")
        return nil
    end
    for line in (code.text .. "\n"):gmatch("(.-)\n") do
        check_command(line)
    end
    for name, value in pairs(div.attributes) do
        fields[name] = value
    end
    fields.commands = code.text
    div.content:remove(1)
    return fields, div.content
end

return M
